"""The lines of docs/device-login.md, as they are printed there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

from django.test import Client

from hub.actors import Actor
from hub.models import Device, User
from hub.services import device_requests
from tests.repository.documents import ROOT, blocks

VARIABLE = re.compile(r"\$([A-Z]+)")


def send(client: Client, command: str, **values: str) -> Any:
    """What the hub answers to a curl command with these variables: every `-d` is a part of the form, as curl joins them."""
    words = shlex.split(VARIABLE.sub(lambda match: values[match[1]], command))
    assert words[0] == "curl"
    assert set(words[2::2]) == {"-d"}
    body = "&".join(words[3::2])
    return client.post(words[1], body, content_type="application/x-www-form-urlencoded")


def test_a_device_is_signed_in_renewed_and_signed_out_as_printed(
    client: Client, build_user: Callable[..., User]
) -> None:
    ask, collect, renew, revoke = (block.strip() for block in blocks(ROOT / "docs/device-login.md", "sh"))
    asked = send(client, ask, HUB="").json()
    assert send(client, collect, HUB="", DEVICECODE=asked["device_code"]).json()["error"] == "authorization_pending"
    found = device_requests.find(asked["user_code"])
    assert found is not None
    device_requests.confirm(by=Actor(build_user("ada"), source="browser"), request=found)

    first = send(client, collect, HUB="", DEVICECODE=asked["device_code"])
    assert first.status_code == 200, first.content
    assert first.json()["scope"].split() == ["publish", "read"]
    second = send(client, renew, HUB="", REFRESHTOKEN=first.json()["refresh_token"]).json()
    bearer = {"Authorization": f"Bearer {second['access_token']}"}
    assert client.get("/ide/list-organizations", headers=bearer).status_code == 200
    assert send(client, revoke, HUB="", ACCESSTOKEN=second["access_token"]).status_code == 200
    assert not Device.objects.signed_in().exists()
