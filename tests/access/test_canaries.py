"""Secrets that are planted wherever people put them come out nowhere: no log, error, audit row, export or dump has them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from hub.actors import Actor
from hub.models import User
from hub.services import secrets, tokens
from tests.access.test_table import ROWS, send
from tests.access.world import EVERY_SCOPE, World, build

PASSWORD = "canary-Password-4711-long"  # planted, to be looked for
VALUE = "canary-secret-value-4711"
WRONG = "canary-wrong-password-4711"
# Of the shape of a token, checksum apart, so that whatever keeps "an unknown token" would keep it.
MADE_UP = "ahub_" + "C4n4ry" * 6 + "Xy"


@pytest.fixture
def world(db: None) -> World:
    """The company, whose owner has a password that is looked for."""
    made = build()
    owner = made.people["owner"]
    owner.set_password(PASSWORD)
    owner.save()
    secrets.put(by=Actor(owner), name="CANARY", value=VALUE)
    return made


def _answers(world: World, token: str) -> Iterator[Any]:
    """Answers to what people do with secrets, and to what they get wrong."""
    browser = Client(raise_request_exception=False)
    for password in (WRONG, PASSWORD):
        yield browser.post("/accounts/login/", {"login": "the-owner", "password": password})
    signed_up = {"username": "newcomer", "email": "newcomer@example.com", "password1": PASSWORD, "password2": PASSWORD}
    yield Client().post("/accounts/signup/", signed_up | {"email": "no address"})
    yield Client().post("/accounts/signup/", signed_up)
    yield browser.post("/accounts/password/change/", {"oldpassword": WRONG, "password1": VALUE, "password2": PASSWORD})
    yield browser.post("/settings/secrets", {"name": "not a name", "value": VALUE})
    yield browser.post("/settings/secrets", {"name": "SECOND", "value": VALUE})
    yield browser.post("/settings/secrets/CANARY", {"value": VALUE + "\0"})
    for secret in (token, MADE_UP, token[:-1] + "x"):
        caller = Client(headers={"Authorization": f"Bearer {secret}"}, raise_request_exception=False)
        for path in ("me", "packages/acme/hidden", "packages/acme/none", "organizations/acme/audit-events/export"):
            yield caller.get(f"/api/v1/{path}")
        yield caller.put("/api/v1/organizations/acme/sso", {"secret": VALUE, "issuer": "x"}, "application/json")
        yield caller.post("/api/v1/packages", "{not json", "application/json")
        yield caller.post("/ide/sync-secrets", {"fqsns": [VALUE]}, "application/json")
        yield caller.get("/scim/v2/acme/Users")
        yield Client().post("/identity/o/api/token", {"refresh_token": secret, "grant_type": "refresh_token"})
        yield Client().post("/auth/refresh", {"refreshToken": secret}, "application/json")
        yield Client().post("/api/v1/trusted-publishing/token", {"token": secret, "package": "a/b"}, "application/json")


def _dump() -> str:
    """Every row of every table as text; sessions with what is in them."""
    lines = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT row_to_json(t)::text FROM {name} t")  # names from the database itself
            lines += [f"{table}: {row[0]}" for row in cursor.fetchall()]
    lines += [json.dumps(session.get_decoded(), default=str) for session in Session.objects.all()]
    return "\n".join(lines)


def test_secrets_come_out_nowhere(
    world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    # What statements carry is the dump's matter; no hub logs them.
    caplog.set_level(logging.INFO, "django.db.backends")
    owner = world.people["owner"]
    made = tokens.create(by=Actor(owner), name="canary", scopes=EVERY_SCOPE)
    token = made.secret
    planted = {"password": PASSWORD, "value": VALUE, "wrong password": WRONG, "token": token, "made up": MADE_UP}

    answers = list(_answers(world, token))
    world.sign_in("owner")
    read = [send(world, row, "owner") for row in ROWS if row.method == "GET" and row.statuses["owner"] < 300]

    def fail(**_: Any) -> None:
        raise RuntimeError("something unexpected")

    monkeypatch.setattr("hub.services.secrets.put", fail)
    broken = world.client("page", "owner")
    broken.raise_request_exception = False
    answers.append(broken.post("/settings/secrets", {"name": "THIRD", "value": VALUE}))
    assert answers[-1].status_code == 500

    told = capfd.readouterr()
    places = {
        "log": caplog.text,
        "output": told.out + told.err,
        "dump": _dump(),
        "errors": "\n".join(one.content.decode() for one in answers if one.status_code >= 400),
        "pages and exports": "\n".join(_text(one) for one in read),
    }
    assert "something unexpected" in places["log"], "the log is what is looked at"
    assert f'"username":"{owner.username}"' in places["dump"].replace(" ", "")
    assert "hub.audit.read" in places["pages and exports"]
    assert [(place, name) for place, text in places.items() for name, secret in planted.items() if secret in text] == []
    assert User.objects.get(pk=owner.pk).check_password(PASSWORD)


def _text(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode(errors="replace")
