"""The three endpoints of the protocol, put together from oauthlib's parts: only the grants that the hub gives."""

from __future__ import annotations

from allauth.idp.oidc.internal.oauthlib.utils import convert_response, extract_params
from allauth.idp.oidc.models import Client
from django.http import HttpRequest, HttpResponse
from oauthlib.common import Request, urlencode
from oauthlib.oauth2.rfc6749.endpoints.revocation import RevocationEndpoint
from oauthlib.oauth2.rfc6749.endpoints.token import TokenEndpoint
from oauthlib.oauth2.rfc6749.grant_types import RefreshTokenGrant
from oauthlib.oauth2.rfc6749.tokens import BearerToken
from oauthlib.oauth2.rfc8628.endpoints.device_authorization import DeviceAuthorizationEndpoint
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant

from hub.actors import Actor
from hub.oauth.validator import Validator
from hub.services.devices import Pair

GRANTS = {
    str(Client.GrantType.DEVICE_CODE): DeviceCodeGrant,
    str(Client.GrantType.REFRESH_TOKEN): RefreshTokenGrant,
}


def device_authorization(request: HttpRequest, by: Actor) -> tuple[str, list[str]]:
    """The client and the scopes of a request for codes. Raises oauthlib's OAuth2Error."""
    asked = Request(*_params(request))
    DeviceAuthorizationEndpoint(Validator(by), "").validate_device_authorization_request(asked)
    return asked.client.id, list(asked.scopes)


def token_response(request: HttpRequest, by: Actor) -> HttpResponse:
    """The answer of the token endpoint. Raises oauthlib's OAuth2Error for a request that is none."""
    validator = Validator(by)

    def pair() -> Pair:
        assert validator.pair is not None  # noqa: S101  # oauthlib makes no token before the validator agreed
        return validator.pair

    bearer = BearerToken(
        validator,
        token_generator=lambda _: pair().access,
        refresh_token_generator=lambda _: pair().refresh,
        expires_in=lambda _: pair().expires_in,
    )
    grants = {name: grant(validator) for name, grant in GRANTS.items()}
    endpoint = TokenEndpoint(next(iter(grants)), bearer, grants)
    return _django(endpoint.create_token_response(*_params(request)))


def revocation_response(request: HttpRequest, by: Actor) -> HttpResponse:
    """The answer of the revocation endpoint: 200 whether or not there was anything to revoke."""
    return _django(RevocationEndpoint(Validator(by)).create_revocation_response(*_params(request)))


def _params(request: HttpRequest) -> tuple[str, str, str, dict[str, str]]:
    """A request as oauthlib wants it. What is sent without a value counts as left out (RFC 6749, 3.1); a repetition stays one."""
    uri, method, _, headers = extract_params(request)
    sent = [(name, value) for name, values in request.POST.lists() for value in values if value]
    return uri, method, urlencode(sent), headers


def _django(answer: tuple[dict[str, str], str, int]) -> HttpResponse:
    response: HttpResponse = convert_response(*answer)
    return response
