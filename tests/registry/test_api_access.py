"""How callers of the REST API prove who they are: tokens with scopes, sessions with CSRF, and how fast a no is heard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.utils import timezone

from hub import shortcache
from hub.actors import Actor
from hub.models import ApiToken, Role
from hub.services import organizations, tokens
from registry.models import Package, Visibility
from registry.services import packages
from tests.support.problems import problem

type Build = Callable[..., Package]

NEW = {"namespace": "acme", "name": "made", "kind": "rule"}
RELEASE = {"version": "2.0.0", "manifest": "name: own\nversion: 2.0.0\nrules:\n  - Be brief.\n"}


@pytest.fixture
def call(client: Client) -> Callable[..., Any]:
    """Calls the API with a given token."""

    def send(method: str, path: str, secret: str, body: Any = None) -> Any:
        content = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(client, method)(f"/api/v1/{path}", headers={"Authorization": f"Bearer {secret}"}, **content)

    return send


def test_a_token_that_only_reads_changes_nothing(call: Any, build_package: Build, owner: Actor, token_of: Any) -> None:
    build_package("own", "1.0.0", visibility="private")
    secret = token_of(owner, "read")
    assert call("get", "packages/acme/own/releases/latest", secret).status_code == 200
    for method, path, body in (
        ("post", "packages", NEW),
        ("post", "packages/acme/own/releases", RELEASE),
        ("post", "packages/acme/own/releases/1.0.0/yank", {"reason": "r"}),
        ("post", "packages/acme/own/releases/1.0.0/unyank", None),
        ("delete", "packages/acme/own", None),
    ):
        refused = problem(call(method, path, secret, body), 403, "not_allowed")
        assert ("manage" if method == "delete" else "publish") in refused["detail"], path
    assert Package.objects.present().count() == 1


def test_a_token_that_only_publishes_reads_what_is_public_and_no_more(
    call: Any, build_package: Build, owner: Actor, token_of: Any
) -> None:
    build_package("own", "1.0.0", visibility="private")
    build_package("open", "1.0.0", visibility="public")
    secret = token_of(owner, "publish")
    problem(call("get", "packages/acme/own", secret), 404)
    problem(call("get", "packages/acme/own/releases/1.0.0/manifest", secret), 404)
    assert [item["name"] for item in call("get", "packages", secret).json()["items"]] == ["open"]
    assert call("post", "packages", secret, NEW).status_code == 201
    release = RELEASE | {"manifest": RELEASE["manifest"].replace("own", "open")}
    assert call("post", "packages/acme/open/releases", secret, release).status_code == 201


@pytest.mark.parametrize(
    "secret", ["ahub_x", "", "undefined", "ahub_" + "0" * 38, "é", "con_key", "a b c", "x" * 10_000, "ahub_" + "é" * 38]
)
def test_a_token_that_is_none_is_refused_also_where_anonymous_would_do(
    call: Any, build_package: Build, secret: str
) -> None:
    build_package("open", "1.0.0")
    for method, path in (("get", "packages/acme/open"), ("get", "packages"), ("post", "packages"), ("get", "me")):
        answer = call(method, path, secret)
        problem(answer, 401, "authentication_failed")
        assert answer["WWW-Authenticate"] == 'Bearer realm="Assistant Hub"'


@pytest.mark.parametrize("header", ["", "Basic b2xnYTpwdw==", "Token abc", "Digest", "ahub_abc", "Bearer", " Bearer x"])
def test_another_form_of_authorization_never_breaks_the_answer(
    client: Client, build_package: Build, header: str
) -> None:
    build_package("open", "1.0.0")
    answer = client.get("/api/v1/packages/acme/open", headers={"Authorization": header})
    assert answer.status_code == (401 if header.strip().lower() == "bearer" else 200)
    assert client.post("/api/v1/packages", headers={"Authorization": header}).status_code == 401


def test_the_scheme_is_read_in_any_letter_case(client: Client, owner: Actor, token_of: Any) -> None:
    for scheme in ("bearer", "BEARER", "Bearer "):
        assert client.get("/api/v1/me", headers={"Authorization": f"{scheme} {token_of(owner)}"}).status_code == 200


def test_a_revoked_token_is_refused_at_once_in_this_process(call: Any, owner: Actor, build_package: Build) -> None:
    build_package("own", "1.0.0", visibility="private")
    made = tokens.create(by=owner, name="ci", scopes=["read", "publish"])
    assert call("get", "packages/acme/own", made.secret).status_code == 200
    tokens.revoke(by=owner, token=made.token)
    problem(call("get", "packages/acme/own", made.secret), 401)
    problem(call("post", "packages", made.secret, NEW), 401)


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of decisions."""
    made = Clock()
    monkeypatch.setattr(shortcache.decisions, "_clock", made)
    return made


def test_another_process_hears_of_a_revocation_within_four_seconds(
    call: Any, owner: Actor, build_package: Build, clock: Clock
) -> None:
    assert shortcache.TTL <= 4.0
    build_package("own", "1.0.0", visibility="private")
    made = tokens.create(by=owner, name="ci", scopes=["read", "publish"])
    assert call("get", "packages/acme/own", made.secret).status_code == 200
    # Another process changed the row: nothing is cleared in this one.
    ApiToken.objects.filter(id=made.token.id).update(revoked_at=timezone.now())
    problem(call("post", "packages", made.secret, NEW), 401)
    clock.now += shortcache.TTL - 0.01
    assert call("get", "packages/acme/own", made.secret).status_code == 200
    clock.now += 0.01
    problem(call("get", "packages/acme/own", made.secret), 401)


def test_being_asked_again_does_not_keep_a_decision_alive(call: Any, owner: Actor, clock: Clock) -> None:
    made = tokens.create(by=owner, name="ci", scopes=["read"])
    assert call("get", "me", made.secret).status_code == 200
    ApiToken.objects.filter(id=made.token.id).update(revoked_at=timezone.now())
    seen = []
    for _ in range(5):
        clock.now += 1.0
        seen.append(call("get", "me", made.secret).status_code)
    assert seen == [200, 200, 200, 401, 401]


def test_a_decision_counts_from_before_it_was_asked_for(clock: Clock) -> None:
    def slow() -> str:
        clock.now += 3.0
        return "old"

    cache = shortcache.ShortCache(clock=clock)
    assert cache.get("key", slow) == "old"
    clock.now += 1.0
    assert cache.get("key", lambda: "new") == "new"


def test_an_expiry_is_seen_at_once_although_the_token_is_remembered(
    call: Any, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tokens.create(by=owner, name="ci", scopes=["read"], expires_at=timezone.now() + timedelta(hours=1))
    assert call("get", "me", made.secret).json()["token"]["expires_at"] is not None
    later = timezone.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr("hub.models.tokens.timezone.now", lambda: later)
    problem(call("get", "me", made.secret), 401)
    problem(call("post", "packages", made.secret, NEW), 401)


def test_a_person_who_may_not_sign_in_any_more_is_refused(call: Any, owner: Actor, token_of: Any) -> None:
    secret = token_of(owner)
    assert owner.user is not None
    type(owner.user).objects.filter(id=owner.user.id).update(is_active=False)
    problem(call("get", "me", secret), 401)


def test_leaving_an_organization_and_narrowing_a_package_take_effect_on_the_next_request(
    api: Any, build_assistant: Build, owner: Actor, member: Actor, stranger: Actor, organization: Any
) -> None:
    made = build_assistant("helper", "rules:\n  - Be brief.\n", visibility="internal")
    path = "assistants/acme/helper/bundle"
    assert api("get", path, member).status_code == 200
    organizations.remove_member(by=owner, organization=organization, user=member.user)
    problem(api("get", path, member), 404)
    packages.update(by=owner, package=made, visibility=Visibility.PUBLIC, summary="")
    assert api("get", path, stranger).status_code == 200
    assert api("get", path).status_code == 200
    packages.update(by=owner, package=made, visibility=Visibility.PRIVATE, summary="")
    problem(api("get", path, stranger), 404)
    problem(api("get", path), 404)
    organizations.add_member(by=owner, organization=organization, user=stranger.user, role=Role.ADMIN)
    assert api("get", path, stranger).status_code == 200


def test_a_session_reads_and_writes_with_a_csrf_token_and_only_with_one(owner: Actor, acme: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert owner.user is not None
    browser.force_login(owner.user)
    assert browser.get("/api/v1/me").json()["username"] == "olga"
    refused = problem(browser.post("/api/v1/packages", NEW, content_type="application/json"), 403)
    assert "CSRF" in refused["detail"]
    request = RequestFactory().get("/")
    secret = get_token(request)
    browser.cookies["csrftoken"] = request.META["CSRF_COOKIE"]
    made = browser.post("/api/v1/packages", NEW, content_type="application/json", headers={"X-CSRFToken": secret})
    assert made.status_code == 201, made.content


def test_a_token_needs_no_csrf_and_wins_over_the_session(owner: Actor, stranger: Actor, token_of: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert stranger.user is not None
    browser.force_login(stranger.user)
    headers = {"Authorization": f"Bearer {token_of(owner)}"}
    assert browser.get("/api/v1/me", headers=headers).json()["username"] == "olga"
    assert browser.post("/api/v1/packages", NEW, content_type="application/json", headers=headers).status_code == 201


def test_the_audit_log_names_the_token_and_the_request(api: Any, owner: Actor, acme: Any) -> None:
    answer = api("post", "packages", owner, NEW, **{"X-Request-Id": "build-42"})
    assert answer["X-Request-Id"] == "build-42"
    event = acme.audit_events.first()
    assert event is not None
    assert (event.actor_label, event.request_id, event.ip_address) == ("olga", "build-42", "127.0.0.1")
    assert event.token is not None
    assert event.token.last_used_at is not None
