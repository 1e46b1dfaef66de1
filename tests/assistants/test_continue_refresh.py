"""`POST /auth/refresh`, by which Continue's clients renew what they were signed in with."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client

from hub.actors import Actor
from hub.domain import devices as domain
from hub.models import AuditEvent, Organization, User
from hub.services import accounts, devices
from tests.hub.devices import signed_in, spent


@pytest.fixture
def ada(build_user: Any) -> Actor:
    """Ada, who has told the hub her name."""
    by = Actor(build_user("ada"))
    accounts.update(by=by, display_name="Ada Lovelace")
    assert by.user is not None
    return Actor(User.objects.get(id=by.user.id))


def send(client: Client, body: Any, content_type: str = "application/json", **headers: str) -> Any:
    data = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post("/auth/refresh", data, content_type=content_type, headers={"User-Agent": "node", **headers})


@pytest.mark.parametrize("content_type", ["application/json", "text/plain;charset=UTF-8", "application/octet-stream"])
def test_a_client_gets_new_tokens_and_whose_they_are(client: Client, ada: Actor, content_type: str) -> None:
    pair = signed_in(ada)

    answer = send(client, {"refreshToken": pair.refresh}, content_type)

    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    body = answer.json()
    assert set(body) == {"accessToken", "refreshToken", "user"}
    assert ada.user is not None
    assert body["user"] == {
        "id": f"user_{ada.user.id}", "email": "ada@example.com", "firstName": ada.user.first_name, "lastName": ada.user.last_name,
    }  # fmt: skip
    assert f"{body['user']['firstName']} {body['user']['lastName']}".strip() == "Ada Lovelace"
    for access in (pair.access, body["accessToken"]):
        bearer = {"Authorization": f"Bearer {access}"}
        assert client.get("/ide/list-organizations", headers=bearer).status_code == 200, "the old one keeps its time"
    assert send(client, {"refreshToken": body["refreshToken"]}).status_code == 200
    assert AuditEvent.objects.filter(action="hub.device.refresh", source="client").count() == 2


def test_the_person_need_not_have_said_a_name(client: Client, stranger: Actor) -> None:
    body = send(client, {"refreshToken": signed_in(stranger).refresh}).json()
    assert (body["user"]["firstName"], body["user"]["lastName"]) == ("", "")


def test_two_processes_get_the_same_answer_and_a_thief_ends_it(client: Client, ada: Actor) -> None:
    pair = signed_in(ada)
    first = send(client, {"refreshToken": pair.refresh}).json()
    assert send(client, {"refreshToken": pair.refresh}).json() == first
    spent(pair.refresh, domain.GRACE + dt.timedelta(minutes=1))

    assert send(client, {"refreshToken": pair.refresh}).status_code == 401
    assert send(client, {"refreshToken": first["refreshToken"]}).status_code == 401
    bearer = {"Authorization": f"Bearer {first['accessToken']}"}
    assert client.get("/ide/list-organizations", headers=bearer).status_code == 401


@pytest.mark.parametrize("state", ["unknown", "ended", "switched off", "access token"])
def test_a_token_that_is_not_good_is_refused_in_words_that_editors_know(client: Client, ada: Actor, state: str) -> None:
    pair = signed_in(ada)
    token = pair.refresh
    if state == "unknown":
        token = "ahub_made_up"
    elif state == "ended":
        devices.end(by=ada, device=pair.device)
    elif state == "switched off":
        User.objects.update(is_active=False)
    else:
        token = pair.access

    answer = send(client, {"refreshToken": token})

    assert answer.status_code == 401
    assert "Invalid refresh token" in answer.json()["message"]
    assert token not in answer.content.decode()


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", '"text"', "{}", '{"refreshToken": 7}', '{"refreshToken": null}', '{"refreshToken": "\\u0000"}', b"\xff",
     '{"refreshToken": "\\ud800"}', "[" * 100_000],
)  # fmt: skip
def test_what_cannot_be_read_is_a_bad_request(client: Client, db: None, body: Any) -> None:
    answer = send(client, body)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_too_large_a_body_is_refused(client: Client, db: None) -> None:
    assert send(client, {"refreshToken": "x" * (2 * 1024 * 1024)}).status_code == 413


def test_only_a_post_refreshes(client: Client, db: None) -> None:
    assert client.get("/auth/refresh").status_code == 405


def test_no_header_and_no_cookie_counts(client: Client, ada: Actor, stranger: Actor) -> None:
    client.force_login(stranger.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = send(client, {"refreshToken": signed_in(ada).refresh}, Authorization="Bearer undefined")
    assert answer.json()["user"]["email"] == "ada@example.com"


def test_the_scope_of_a_device_is_its_organization(client: Client, owner: Actor, organization: Organization) -> None:
    pair = signed_in(owner, organization=organization)
    access = send(client, {"refreshToken": pair.refresh}).json()["accessToken"]
    answer = client.get("/auth/scope", headers={"Authorization": f"Bearer {access}"})
    assert answer.json() == {"organizationId": f"org_{organization.id}"}
