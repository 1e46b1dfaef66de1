"""Who reads the audit log, and how it is searched: pages, API and export."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from hub.actors import Actor
from hub.domain import audit_exports
from hub.domain.actions import HubAction
from hub.models import AuditEvent, Organization, User
from hub.services import audit, audit_seals, organizations, secrets, tokens
from hub.services.audit_reading import Filters, of_namespace

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PAGE = "/organizations/acme/activity"
API = "/api/v1/organizations/acme/audit-events"
CANARY = "canary-9f31c7-do-not-keep"


@pytest.fixture
def auditor(organization: Organization, owner: Actor, build_user: Callable[..., User]) -> Actor:
    """An auditor of acme."""
    user = build_user("audrey")
    organizations.add_member(by=owner, organization=organization, user=user, role="auditor")
    return Actor(user)


def browser_of(actor: Actor) -> Client:
    client = Client()
    assert actor.user is not None
    client.force_login(actor.user, backend=BACKEND)
    return client


def bearer(actor: Actor, *scopes: str) -> dict[str, str]:
    secret = tokens.create(by=actor, name="reader", scopes=scopes or ["read", "audit"]).secret
    return {"Authorization": f"Bearer {secret}"}


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


ADDRESSES = [PAGE, f"{PAGE}/export", API, f"{API}/export"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_owners_and_auditors_read_and_that_is_recorded_once(
    address: str, owner: Actor, auditor: Actor, organization: Organization
) -> None:
    action = "hub.audit.export" if "export" in address else "hub.audit.read"
    for number, actor in enumerate((owner, auditor), 1):
        headers = bearer(actor) if address.startswith("/api") else {}
        answer = (Client() if headers else browser_of(actor)).get(address, headers=headers)
        assert answer.status_code == 200
        body_of(answer)
        assert AuditEvent.objects.filter(action=action).count() == number
        event = AuditEvent.objects.filter(action=action).latest("id")
        assert (event.actor, event.namespace) == (actor.user, organization.namespace)
        assert event.source == ("api" if headers else "browser")


@pytest.mark.parametrize("address", ADDRESSES)
def test_admins_and_members_are_refused_and_strangers_find_nothing(
    address: str, admin: Actor, member: Actor, stranger: Actor
) -> None:
    def status(actor: Actor, path: str) -> tuple[int, bytes]:
        headers = bearer(actor) if path.startswith("/api") else {}
        answer = (Client() if headers else browser_of(actor)).get(path, headers=headers)
        return answer.status_code, body_of(answer)

    assert status(admin, address)[0] == 403
    assert status(member, address)[0] == 403
    hidden, missing = status(stranger, address), status(stranger, address.replace("acme", "none"))
    assert hidden[0] == missing[0] == 404
    if address.startswith("/api"):
        assert hidden == missing
    assert not AuditEvent.objects.filter(action__startswith="hub.audit.").exists()


def test_anonymous_callers_are_led_to_sign_in_or_find_nothing(organization: Organization, client: Client) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.get(f"{PAGE}/export").status_code == 302
    assert client.get(API).status_code == client.get(f"{API}/export").status_code == 404
    assert client.get("/api/v1/me/audit-events").status_code == 401


def test_a_token_needs_the_scope_for_it(owner: Actor, client: Client) -> None:
    assert client.get(API, headers=bearer(owner, "read", "publish")).status_code == 403
    assert client.get("/api/v1/me/audit-events", headers=bearer(owner, "publish")).status_code == 403


def test_a_look_that_cannot_be_recorded_is_not_given(
    owner: Actor, monkeypatch: pytest.MonkeyPatch, organization: Organization
) -> None:
    browser, headers = browser_of(owner), bearer(owner)

    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(AuditEvent, "save", fail)
    for address in ADDRESSES:
        with pytest.raises(OSError, match="full"):
            browser.get(address, headers=headers if address.startswith("/api") else {})


# --- filters


@pytest.fixture
def varied(organization: Organization, owner: Actor, admin: Actor) -> Organization:
    """Acme with events by two people, by a token and by the shell."""
    token = tokens.create(by=owner, name="deploy-bot", scopes=["admin", "read"]).token
    with transaction.atomic():
        audit.record(owner, HubAction.TOKEN_CREATE, token, namespace=organization.namespace)
    organizations.update(by=admin, organization=organization, name="By adam", description="")
    organizations.update(
        by=Actor(owner.user, token, source="api"), organization=organization, name="By bot", description=""
    )
    organizations.update(
        by=Actor(owner.user, source="command"), organization=organization, name="Shell", description=""
    )
    return organization


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"actor": "ADA"}, {"actor_label": "adam"}),
        ({"action": "hub.membership.create"}, {"action": "hub.membership.create"}),
        ({"action": "hub.membership.*"}, {"action": "hub.membership.create"}),
        ({"action": "hub.membership."}, {"action": "hub.membership.create"}),
        ({"token": "deploy"}, {"token_label": "deploy-bot"}),
        ({"source": "command"}, {"source": "command"}),
        ({"target": "deploy"}, {"target_label__contains": "deploy"}),
    ],
)
def test_filters_find_what_they_say_everywhere(
    varied: Organization, owner: Actor, filters: dict[str, str], expected: dict[str, str]
) -> None:
    rows = AuditEvent.objects.filter(namespace=varied.namespace)
    wanted = set(rows.filter(**expected).values_list("id", flat=True))
    assert 0 < len(wanted) < rows.count()
    assert set(of_namespace(varied.namespace, Filters(**filters)).values_list("id", flat=True)) == wanted  # type: ignore[arg-type]
    headers = bearer(owner)
    answer = Client().get(API, filters, headers=headers).json()
    assert {item["id"] for item in answer["items"]} == wanted
    page = browser_of(owner).get(PAGE, filters).content.decode()
    assert len(re.findall("<tr>", page)) == len(wanted) + 1
    lines = [json.loads(line) for line in body_of(Client().get(f"{API}/export", filters, headers=headers)).splitlines()]
    assert {line["id"] for line in lines if line["type"] == "event"} == wanted


def test_times_restrict_too(varied: Organization, owner: Actor) -> None:
    first = AuditEvent.objects.filter(namespace=varied.namespace).order_by("id")[0]
    second = AuditEvent.objects.filter(namespace=varied.namespace).order_by("id")[1]
    headers = bearer(owner)
    until = Client().get(API, {"until": second.at.isoformat()}, headers=headers).json()
    assert [item["id"] for item in until["items"]] == [first.id]
    since = Client().get(API, {"since": second.at.isoformat(), "limit": 100}, headers=headers).json()
    assert first.id not in {item["id"] for item in since["items"]}
    today = f"{first.at:%Y-%m-%d}"
    browser = browser_of(owner)
    assert "olga" in browser.get(PAGE, {"since": today, "until": today}).content.decode()
    empty = browser.get(PAGE, {"since": "2001-01-01", "until": "2001-01-02"}).content.decode()
    assert "Nothing matches" in empty


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"},
        {"source": "carrier pigeon"},
        {"since": "2026-02-01", "until": "2026-01-01"},
        {"until": "9999-12-31"},
        {"actor": "a" * 151},
    ],
)
def test_a_filter_that_cannot_be_read_is_explained(owner: Actor, query: dict[str, str]) -> None:
    browser = browser_of(owner)
    for address in (PAGE, f"{PAGE}/export", "/settings/activity"):
        answer = browser.get(address, query)
        assert answer.status_code == 422
        assert re.search("<details[^>]* open>", answer.content.decode())


@pytest.mark.parametrize("query", [{"since": "yesterday"}, {"limit": "0"}, {"cursor": "made-up"}, {"actor": "a" * 151}])
def test_the_api_explains_too(owner: Actor, client: Client, query: dict[str, str]) -> None:
    answer = client.get(API, query, headers=bearer(owner))
    assert answer.status_code == 400
    assert answer.json()["status"] == 400


def test_links_between_pages_keep_the_filters(organization: Organization, owner: Actor) -> None:
    for number in range(30):
        organizations.update(by=owner, organization=organization, name=f"Name {number}", description="")
    browser = browser_of(owner)
    page = browser.get(PAGE, {"action": "hub.organization.*"}).content.decode()
    older = re.search(r'href="(\?cursor=[^"]+)" rel="next"', page)
    assert older is not None
    assert "action=hub.organization.%2A" in older[1]
    second = browser.get(PAGE + older[1].replace("&amp;", "&")).content.decode()
    assert "hub.organization.create" in second
    assert "hub.membership" not in second
    headers = bearer(owner)
    seen, cursor = [], ""
    while cursor is not None:
        body = (
            Client().get(API, {"action": "hub.organization.*", "limit": 10, "cursor": cursor}, headers=headers).json()
        )
        seen += [item["id"] for item in body["items"]]
        cursor = body["next"]
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 31


# --- what is shown


def test_the_page_says_how_far_the_log_is_sealed(owner: Actor) -> None:
    browser = browser_of(owner)
    assert "Nothing is sealed yet" in browser.get(PAGE).content.decode()
    audit_seals.seal_all()
    status = audit_seals.status()
    text = re.sub(r"\s+", " ", browser.get(PAGE).content.decode())
    assert f"sealed up to event {status.sealed_through}" in text
    assert status.key in text


def test_the_export_holds_what_the_api_says_and_can_be_verified(owner: Actor, client: Client) -> None:
    headers = bearer(owner)
    answer = client.get(f"{API}/export", headers=headers)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-acme.jsonl"'
    assert "no-store" in answer.headers["Cache-Control"]
    lines = body_of(answer).splitlines(keepends=True)
    report = audit_exports.check(lines)
    assert report.findings == []
    exported = [json.loads(line) for line in lines]
    events = {line["id"]: line["event"] for line in exported if line["type"] == "event"}
    listed = client.get(API, {"limit": 100}, headers=headers).json()["items"]
    assert report.events == len(events) == len(listed)
    for item in listed:
        number = item.pop("id")
        assert {**item, "at": events[number]["at"]} == events[number]


def test_the_command_exports_the_same(owner: Actor, organization: Organization, tmp_path: Any) -> None:
    from io import StringIO

    from django.core.management import CommandError, call_command

    out = StringIO()
    call_command("audit", "export", "--organization", "acme", stdout=out)
    report = audit_exports.check(out.getvalue().encode().splitlines(keepends=True))
    assert (report.findings, report.events) == ([], AuditEvent.objects.filter(namespace=organization.namespace).count())
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.actor_label, event.source) == ("hub.audit.export", "operator", "command")
    everything = StringIO()
    call_command("audit", "export", stdout=everything)
    assert audit_exports.check(everything.getvalue().encode().splitlines(keepends=True)).events > report.events
    with pytest.raises(CommandError, match="no organization"):
        call_command("audit", "export", "--organization", "olga")


def test_people_read_what_they_did_and_what_befell_their_account(
    organization: Organization, owner: Actor, member: Actor, admin: Actor, client: Client
) -> None:
    client.post("/accounts/login/", {"login": "mia", "password": "wrong"})
    headers = bearer(member)
    items = client.get("/api/v1/me/audit-events", headers=headers).json()["items"]
    assert {item["action"] for item in items} >= {"hub.account.create", "hub.session.refuse", "hub.token.create"}
    assert {item["actor"] for item in items} == {"mia", "anonymous"}
    page = browser_of(member).get("/settings/activity").content.decode()
    assert "hub.session.refuse" in page
    assert "adam" not in page
    one = browser_of(member).get("/settings/activity", {"action": "hub.token.*"}).content.decode()
    assert "hub.session.refuse" not in one
    assert "Nothing matches" in browser_of(member).get("/settings/activity", {"actor": "nobody"}).content.decode()


def test_no_secret_reaches_the_log(owner: Actor, client: Client, organization: Organization) -> None:
    secrets.put(by=owner, name="KEY", value=CANARY)
    token = tokens.create(by=owner, name="ci", scopes=["read", "audit"]).secret
    client.post("/accounts/login/", {"login": CANARY, "password": CANARY})
    client.post("/accounts/login/", {"login": "olga", "password": CANARY})
    client.post("/accounts/password/reset/", {"email": f"{CANARY}@example.com"})
    answer = client.get(f"{API}/export", {"actor": ""}, headers={"Authorization": f"Bearer {token}"})
    kept = body_of(answer) + repr(list(AuditEvent.objects.values())).encode()
    assert b"hub.session.refuse" in kept
    assert CANARY.encode() not in kept
    assert token.encode() not in kept
