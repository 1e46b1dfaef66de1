"""API tokens: the service, and the pages where people make and revoke them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from hub.actors import ANONYMOUS, Actor
from hub.domain import tokens as domain
from hub.domain.decisions import PermissionRefused
from hub.models import ApiToken, AuditEvent, User
from hub.services import audit, tokens
from tests.hub.together import together

TOKEN = re.compile(r"ahub_[0-9A-Za-z]{38}")


@pytest.fixture
def ada(build_user: Callable[..., User]) -> User:
    return build_user("ada")


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    """Ada's browser."""
    client.force_login(ada, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def made_for(user: User, **more: Any) -> tokens.NewToken:
    return tokens.create(by=Actor(user), **{"name": "laptop", "scopes": ["read"], **more})


def form(**more: Any) -> dict[str, Any]:
    return {"name": "laptop", "scopes": ["read"], "lifetime": "90", **more}


# --- the service


def test_a_token_is_stored_as_a_digest_only(ada: User) -> None:
    made = made_for(ada, scopes=["publish", "read", "read"])

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM hub_apitoken t WHERE id = %s", [made.token.id])
        row = cursor.fetchone()[0]
    assert made.secret.removeprefix(domain.PREFIX) not in row
    assert domain.digest(made.secret) in row
    assert made.token.scopes == ["publish", "read"]
    event = AuditEvent.objects.get(action="hub.token.create")
    assert (event.actor, event.target_id, event.namespace) == (ada, made.token.id, ada.namespace)
    assert made.secret not in str(event.data) + event.target_label


def test_a_token_in_force_is_found(ada: User) -> None:
    made = made_for(ada, expires_at=timezone.now() + dt.timedelta(hours=1))

    found = tokens.find(made.secret)

    assert found == made.token
    assert found is not None
    assert found.user == ada


@pytest.mark.parametrize(
    "text", ["", "ahub_", "ahub_" + "a" * 38, "con_" + "a" * 38, "x" * 10_000, "ahub_é" + "a" * 37]
)
def test_what_is_not_a_token_is_not_looked_up(text: str) -> None:
    assert tokens.find(text) is None  # without the `db` fixture, a query would fail


def test_a_well_formed_token_that_nobody_has_is_not_found(db: None) -> None:
    assert tokens.find(domain.generate()) is None


def test_a_revoked_token_is_refused(ada: User) -> None:
    made = made_for(ada)

    assert tokens.revoke(by=Actor(ada), token=made.token) is True
    assert tokens.revoke(by=Actor(ada), token=made.token) is False

    assert tokens.find(made.secret) is None
    assert AuditEvent.objects.filter(action="hub.token.revoke").count() == 1


def test_an_expired_token_is_refused(ada: User) -> None:
    made = made_for(ada, expires_at=timezone.now() - dt.timedelta(seconds=1))

    assert tokens.find(made.secret) is None


def test_the_token_of_somebody_who_may_not_sign_in_is_refused(ada: User) -> None:
    made = made_for(ada)
    User.objects.filter(id=ada.id).update(is_active=False)

    assert tokens.find(made.secret) is None


def test_a_use_is_noted_at_most_once_a_minute(ada: User, django_assert_num_queries: Any) -> None:
    made = made_for(ada)
    tokens.find(made.secret)
    first = ApiToken.objects.get(id=made.token.id).last_used_at

    with django_assert_num_queries(1):
        tokens.find(made.secret)
    assert ApiToken.objects.get(id=made.token.id).last_used_at == first

    long_ago = timezone.now() - dt.timedelta(seconds=61)
    ApiToken.objects.filter(id=made.token.id).update(last_used_at=long_ago)
    tokens.find(made.secret)
    noted = ApiToken.objects.get(id=made.token.id).last_used_at
    assert noted is not None
    assert noted > long_ago


@pytest.mark.parametrize("scopes", [[], ["admin"], ["read", "everything"]])
def test_a_token_has_known_scopes(ada: User, scopes: list[str]) -> None:
    with pytest.raises(ValueError, match=r"[Ss]cope"):
        made_for(ada, scopes=scopes)


def test_neither_a_stranger_nor_a_token_makes_or_revokes_tokens(ada: User, stranger: Actor) -> None:
    made = made_for(ada)
    by_token = Actor(ada, token=made.token)

    for actor in (ANONYMOUS, by_token):
        with pytest.raises(PermissionRefused):
            tokens.create(by=actor, name="more", scopes=["read"])
    for actor in (ANONYMOUS, by_token, stranger):
        with pytest.raises(PermissionRefused):
            tokens.revoke(by=actor, token=made.token)
    assert tokens.find(made.secret) == made.token


def test_without_its_audit_event_nothing_is_made_or_revoked(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_for(ada)

    def fail(*_: object, **__: object) -> None:
        raise OSError("no log")

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(OSError, match="no log"):
        made_for(ada, name="second")
    with pytest.raises(OSError, match="no log"):
        tokens.revoke(by=Actor(ada), token=made.token)

    assert ApiToken.objects.get().revoked_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_revocations_at_once_one_ends_the_token(build_user: Callable[..., User]) -> None:
    ada = build_user("ada")
    made = made_for(ada)

    def call() -> object:
        return tokens.revoke(by=Actor(ada), token=made.token)

    assert sorted(map(str, together(call, call))) == ["False", "True"]
    assert AuditEvent.objects.filter(action="hub.token.revoke").count() == 1


# --- the pages


def test_the_secret_is_in_the_answer_to_the_form_and_nowhere_else(page: Client, ada: User, settings: Any) -> None:
    settings.BASE_URL = "https://hub.example.com"

    answer = page.post("/settings/tokens", form())

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    secret = TOKEN.search(answer.content.decode())
    assert secret is not None
    assert tokens.find(secret[0]) is not None
    lines = answer.content.decode()
    assert "CONTINUE_API_BASE=https://hub.example.com/\n" in lines
    assert f"CONTINUE_API_KEY={secret[0]}\n" in lines
    assert not TOKEN.search(page.get("/settings/tokens").content.decode())
    assert secret[0] not in str(dict(page.session))


def test_the_list_tells_tokens_apart_by_state(page: Client, ada: User, stranger: Actor) -> None:
    made_for(ada, name="in use")
    made_for(ada, name="old", expires_at=timezone.now() - dt.timedelta(days=1))
    tokens.revoke(by=Actor(ada), token=made_for(ada, name="lost").token)
    made_for(stranger.user, name="not yours")  # type: ignore[arg-type]  # the fixture has a person

    text = page.get("/settings/tokens").content.decode()

    for word in ("in use", "In force", "old", "Expired", "lost", "Revoked"):
        assert word in text
    assert "not yours" not in text


@pytest.mark.parametrize(
    ("lifetime", "days"), [("30", 30), ("90", 90), ("365", 365)], ids=["a month", "a quarter", "a year"]
)
def test_a_lifetime_counts_from_now(page: Client, ada: User, lifetime: str, days: int) -> None:
    page.post("/settings/tokens", form(lifetime=lifetime))

    ends = ApiToken.objects.get().expires_at
    assert ends is not None
    assert abs(ends - timezone.now() - dt.timedelta(days=days)) < dt.timedelta(minutes=1)


def test_a_token_lasts_until_the_end_of_the_chosen_day(page: Client, ada: User, settings: Any) -> None:
    settings.TIME_ZONE = "America/New_York"
    today = timezone.localdate()

    page.post("/settings/tokens", form(lifetime="date", expires_on=today.isoformat()))

    ends = ApiToken.objects.get().expires_at
    assert ends is not None
    midnight = timezone.localtime(ends)
    assert (midnight.date(), midnight.time()) == (today + dt.timedelta(days=1), dt.time.min)


def test_a_token_may_last_for_ever(page: Client) -> None:
    page.post("/settings/tokens", form(lifetime="never"))

    assert ApiToken.objects.get().expires_at is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\0b"},
        {"name": "a\nb"},
        {"scopes": []},
        {"scopes": ["admin"]},
        {"lifetime": "forever"},
        {"lifetime": "date"},
        {"lifetime": "date", "expires_on": "2020-01-01"},
        {"lifetime": "date", "expires_on": "9999-12-31"},
        {"lifetime": "date", "expires_on": "soon"},
    ],
    ids=str,
)
def test_a_wrong_form_is_shown_again(page: Client, wrong: dict[str, Any]) -> None:
    answer = page.post("/settings/tokens", form(**wrong))

    assert answer.status_code == 422
    assert "Please mend this first" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_revoking_asks_first(page: Client, ada: User) -> None:
    made = made_for(ada)

    question = page.get(f"/settings/tokens/{made.token.id}/revoke")
    assert question.status_code == 200
    assert tokens.find(made.secret) is not None

    answer = page.post(f"/settings/tokens/{made.token.id}/revoke")
    assert (answer.status_code, answer["Location"]) == (302, "/settings/tokens")
    assert tokens.find(made.secret) is None
    again = page.post(f"/settings/tokens/{made.token.id}/revoke", follow=True)
    assert "had been revoked before" in again.content.decode()


@pytest.mark.parametrize("number", [0, 10**30])
def test_a_token_that_is_not_there_is_not_found(page: Client, number: int) -> None:
    assert page.post(f"/settings/tokens/{number}/revoke").status_code == 404


def test_somebody_elses_token_is_not_found(page: Client, stranger: Actor) -> None:
    made = made_for(stranger.user)  # type: ignore[arg-type]  # the fixture has a person

    assert page.get(f"/settings/tokens/{made.token.id}/revoke").status_code == 404
    assert page.post(f"/settings/tokens/{made.token.id}/revoke").status_code == 404
    assert tokens.find(made.secret) is not None


def test_changes_need_the_forms_own_csrf_token(ada: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert browser.post("/settings/tokens", form()).status_code == 403
    assert not ApiToken.objects.exists()


def test_a_long_list_is_read_page_by_page_with_as_many_queries(
    page: Client, ada: User, django_assert_num_queries: Any
) -> None:
    made_for(ada, name="name 0")
    with django_assert_num_queries(3):
        page.get("/settings/tokens")
    for number in range(1, 60):
        made_for(ada, name=f"name {number}")

    seen, address = [], "/settings/tokens"
    while address:
        with django_assert_num_queries(3):
            text = page.get(address).content.decode()
        seen += re.findall(r"name (\d+) <span", text)
        older = re.search(r'href="(\?cursor=[^"]+)" rel="next"', text)
        address = f"/settings/tokens{older[1]}" if older else ""

    assert [int(number) for number in seen] == list(range(59, -1, -1))


def test_a_cursor_from_elsewhere_is_a_bad_request(page: Client) -> None:
    assert page.get("/settings/tokens?cursor=made-up").status_code == 400
