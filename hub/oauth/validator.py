"""Answers oauthlib's questions from the hub's own rows: allauth knows the clients, the services know the tokens."""

from __future__ import annotations

from typing import Any

from allauth.idp.oidc.internal.oauthlib.request_validator import OAuthLibRequestValidator
from allauth.idp.oidc.models import Client
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import InvalidScopeError
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant

from hub.actors import Actor
from hub.domain.devices import SCOPES, Obstacle
from hub.oauth import clients
from hub.services import devices


class Validator(OAuthLibRequestValidator):
    """Made for one request. `pair` holds the tokens that the services gave out in its course."""

    def __init__(self, by: Actor) -> None:
        super().__init__()
        self.by = by
        self.pair: devices.Pair | None = None

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether the client may ask for these: never more than devices get, whatever its row says."""
        return bool(scopes) and set(scopes) <= set(client.get_scopes()) & set(map(str, SCOPES))

    def validate_device_code(self, client_id: str, device_code: str, request: Request, *args: Any) -> str | None:
        """What became of the code, in oauthlib's words. If its person has confirmed, the tokens are made here."""
        found = devices.collect(by=self.by, client=request.client.id, device_code=device_code)
        if isinstance(found, Obstacle):
            return None if found == Obstacle.UNKNOWN else str(found)
        self._take(request, found)
        authorized: str = DeviceCodeGrant.DEVICE_CODE_AUTHORIZED
        return authorized

    def validate_refresh_token(
        self, refresh_token: str, client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether the token is good; if so, what follows it is made here. Raises InvalidScopeError."""
        scopes = request.scope.split() if request.scope else None
        try:
            pair = devices.refresh(by=self.by, refresh_token=refresh_token, client=client.id, scopes=scopes)
        except devices.InvalidRefreshToken:
            return False
        except devices.ScopeTooWide:
            raise InvalidScopeError(request=request) from None
        self._take(request, pair)
        return True

    def get_original_scopes(self, refresh_token: str, request: Request, *args: Any, **kwargs: Any) -> list[str]:
        """The scopes of the tokens just made."""
        return list(self.pair.scopes) if self.pair is not None else []

    def rotate_refresh_token(self, request: Request) -> bool:
        """Always: each refresh token is used once."""
        return True

    def save_bearer_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        """Nothing to do: the service stored the tokens in the transaction that made them."""

    def revoke_token(
        self, token: str, token_type_hint: str | None, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Sign out the device of either of its tokens, if it is the asking client's."""
        devices.end_by_token(by=self.by, token=token, client=request.client.id)

    def _lookup_client(self, request: Request, client_id: str) -> Client | None:
        """In place of allauth's own, which would also take a web address for a client's id, and go there."""
        return clients.find(client_id)

    def _take(self, request: Request, pair: devices.Pair) -> None:
        self.pair = pair
        request.user = pair.device.user
        request.scopes = list(pair.scopes)
