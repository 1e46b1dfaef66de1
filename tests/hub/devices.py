"""A client that signs a device in, as the tests of devices need it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.utils import timezone

from hub.actors import Actor
from hub.domain import tokens as domain
from hub.models import Device, DeviceRequest, Organization, RefreshToken
from hub.services import device_requests, devices

CLIENT = "ahub-cli"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
NOBODY = Actor(source="client", ip_address="192.0.2.7")


@dataclass(frozen=True)
class Asked:
    """What a client was told when it asked for a code."""

    device_code: str
    user_code: str

    @property
    def row(self) -> DeviceRequest:
        return DeviceRequest.objects.get(device_digest=domain.digest(self.device_code))


def asked(*scopes: str, name: str = "laptop", client: str = CLIENT) -> Asked:
    """A request that waits for its person."""
    codes = device_requests.ask(by=NOBODY, client=client, name=name, scopes=scopes or ("read",))
    return Asked(codes.device_code, codes.user_code)


def confirmed(by: Actor) -> Asked:
    """A request that its person has confirmed."""
    one = asked()
    device_requests.confirm(by=by, request=one.row)
    return one


def signed_in(by: Actor, *scopes: str, organization: Organization | None = None, name: str = "laptop") -> devices.Pair:
    """The tokens of a device that `by` has confirmed."""
    one = asked(*scopes, name=name)
    device_requests.confirm(by=by, request=one.row, organization=organization)
    pair = devices.collect(by=NOBODY, client=CLIENT, device_code=one.device_code)
    assert isinstance(pair, devices.Pair), pair
    return pair


def renewed(token: str, **more: Any) -> devices.Pair:
    """What follows a refresh token."""
    return devices.refresh(by=NOBODY, refresh_token=token, **more)


def some_time_ago(row: DeviceRequest | Device | RefreshToken, ago: dt.timedelta, *fields: str) -> None:
    """Move times of a row back, as if `ago` had passed since."""
    kept = type(row)._default_manager.get(pk=row.pk)
    type(row)._default_manager.filter(pk=row.pk).update(**{name: getattr(kept, name) - ago for name in fields})


def spent(token: str, ago: dt.timedelta) -> None:
    """Make a refresh token one that was used `ago`."""
    RefreshToken.objects.filter(digest=domain.digest(token)).update(spent_at=timezone.now() - ago)


def get_code(client: Client, **fields: str) -> Any:
    """Ask the endpoint for codes."""
    return _post(client, "/identity/o/api/device/code", {"client_id": CLIENT, **fields})


def ask_for_tokens(client: Client, **fields: str) -> Any:
    """Ask the token endpoint."""
    return _post(client, "/identity/o/api/token", {"client_id": CLIENT, **fields})


def poll(client: Client, device_code: str, **fields: str) -> Any:
    """Ask whether the person has confirmed."""
    return ask_for_tokens(client, grant_type=DEVICE_GRANT, device_code=device_code, **fields)


def revoke(client: Client, token: str, **fields: str) -> Any:
    """Give a token back."""
    return _post(client, "/identity/o/api/revoke", {"client_id": CLIENT, "token": token, **fields})


def _post(client: Client, path: str, fields: dict[str, str]) -> Any:
    return client.post(path, urlencode(fields), content_type="application/x-www-form-urlencoded")
