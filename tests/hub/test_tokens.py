"""API tokens: the service, and the pages where people make and revoke them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from hub import sso_state
from hub.actors import ANONYMOUS, Actor
from hub.context import of_token
from hub.domain import tokens as domain
from hub.domain.decisions import PermissionRefused
from hub.models import ApiToken, AuditEvent, Organization, Role, User
from hub.policies import memberships, namespaces
from hub.policies import tokens as policies
from hub.redaction import RedactingFormatter
from hub.services import audit, organizations, tokens
from registry.models import Package
from tests.hub.together import together
from tests.support.environment import ROOT

TOKEN = re.compile(r"ahub_[0-9A-Za-z]{38}")
NOW, DAY = dt.timedelta(0), dt.timedelta(days=1)
LIST_QUERIES = 6  # session, person, memberships, organizations open now, tokens, successors


@pytest.fixture
def ada(build_user: Callable[..., User]) -> User:
    return build_user("ada")


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    """Ada's browser, whose session has been noted (hub/sessions.py does so every few minutes)."""
    client.force_login(ada, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get("/organizations")
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


@pytest.mark.parametrize("scopes", [[], ["root"], ["read", "everything"], ["scim"]])
def test_a_token_has_known_scopes(ada: User, scopes: list[str]) -> None:
    with pytest.raises(ValueError, match=r"[Ss]cope"):
        made_for(ada, scopes=scopes)


def test_neither_a_stranger_nor_a_token_makes_or_revokes_tokens(ada: User, stranger: Actor) -> None:
    made = made_for(ada)
    by_token = Actor(ada, token=made.token)

    for actor in (ANONYMOUS, by_token):
        with pytest.raises(PermissionRefused):
            tokens.create(by=actor, name="more", scopes=["read"])
    by_another_token = Actor(ada, token=made_for(ada).token)
    for actor in (ANONYMOUS, by_another_token, stranger):
        with pytest.raises(PermissionRefused):
            tokens.revoke(by=actor, token=made.token)
        with pytest.raises(PermissionRefused):
            tokens.rotate(by=actor, token=made.token, overlap=NOW)
    with pytest.raises(PermissionRefused):
        tokens.rotate(by=by_token, token=made.token, overlap=NOW)
    assert tokens.find(made.secret) == made.token


def test_a_program_may_end_its_own_token(ada: User) -> None:
    made = made_for(ada)

    assert tokens.revoke(by=Actor(ada, token=made.token), token=made.token) is True

    assert tokens.find(made.secret) is None


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
        {"scopes": ["root"]},
        {"scopes": ["scim"]},
        {"lifetime": "forever"},
        {"patterns": "acme"},
        {"patterns": "acme/*\n" * 21},
        {"patterns": "a" * 200 + "/*"},
        {"patterns": "acme/\0"},
        {"organization": "acme"},
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
    with django_assert_num_queries(LIST_QUERIES):
        page.get("/settings/tokens")
    for number in range(1, 60):
        made_for(ada, name=f"name {number}")

    seen, address = [], "/settings/tokens"
    while address:
        with django_assert_num_queries(LIST_QUERIES):
            text = page.get(address).content.decode()
        seen += re.findall(r"name (\d+) <span", text)
        older = re.search(r'href="(\?cursor=[^"]+)" rel="next"', text)
        address = f"/settings/tokens{older[1]}" if older else ""

    assert [int(number) for number in seen] == list(range(59, -1, -1))


def test_a_cursor_from_elsewhere_is_a_bad_request(page: Client) -> None:
    assert page.get("/settings/tokens?cursor=made-up").status_code == 400


# --- limits


def test_a_token_is_narrowed_to_packages(build_package: Callable[..., Package], owner: Actor) -> None:
    for name in ("web-ui", "web-api", "other"):
        build_package(name, "1.0.0", visibility="private")
    made = tokens.create(
        by=owner, name="ci", scopes=["read", "publish", "manage"], patterns=[" ACME/Web-* ", "acme/web-*"]
    )
    assert made.token.package_patterns == ["acme/web-*"]

    by = actor_of(made.secret)

    for rows in (Package.objects.visible_to(by), Package.objects.publishable_by(by), Package.objects.manageable_by(by)):
        assert set(rows.values_list("name", flat=True)) == {"web-ui", "web-api"}


def test_a_token_for_one_organization_reaches_neither_others_nor_its_persons_packages(
    organization: Organization, owner: Actor
) -> None:
    assert owner.user is not None
    other = organizations.create(by=owner, slug="widgets", name="Widgets")
    made = tokens.create(by=owner, name="ci", scopes=["read", "publish"], organization=organization)

    by = actor_of(made.secret)

    assert list(memberships.effective(by).values_list("organization", flat=True)) == [organization.id]
    assert list(namespaces.belonging(by)) == [organization.namespace]
    assert memberships.missing_proof(by, other) == "confined"


def test_a_token_is_made_only_for_an_organization_that_one_belongs_to(
    organization: Organization, stranger: Actor
) -> None:
    with pytest.raises(PermissionRefused, match="belong"):
        tokens.create(by=stranger, name="ci", scopes=["read"], organization=organization)


def test_a_sign_in_that_is_confined_makes_sees_and_changes_only_tokens_that_are(
    organization: Organization, owner: Actor
) -> None:
    everywhere = tokens.create(by=owner, name="everywhere", scopes=["read"])
    confined = dataclasses.replace(owner, confined_to=organization.id)

    made = tokens.create(by=confined, name="narrow", scopes=["read"])

    assert made.token.organization == organization
    assert list(policies.visible_to(confined)) == [made.token]
    for deed in (
        lambda: tokens.rotate(by=confined, token=everywhere.token, overlap=NOW),
        lambda: tokens.revoke(by=confined, token=everywhere.token),
    ):
        with pytest.raises(PermissionRefused):
            deed()
    assert tokens.find(everywhere.secret) is not None
    assert tokens.rotate(by=confined, token=made.token, overlap=NOW).token.organization == organization


def test_an_organizations_maximum_binds_its_own_tokens(organization: Organization, owner: Actor) -> None:
    limit_life(organization, 30)

    for ends in (None, timezone.now() + dt.timedelta(days=31)):
        with pytest.raises(tokens.TooLong, match="30 days"):
            tokens.create(by=owner, name="ci", scopes=["read"], organization=organization, expires_at=ends)
    ends = timezone.now() + dt.timedelta(days=30)
    made = tokens.create(by=owner, name="ci", scopes=["read"], organization=organization, expires_at=ends)
    assert memberships.role_of(actor_of(made.secret), organization) == "owner"


def test_lowering_the_maximum_shuts_tokens_out_at_once_and_raising_it_lets_them_in(
    organization: Organization, owner: Actor
) -> None:
    long = tokens.create(by=owner, name="long", scopes=["read"], expires_at=timezone.now() + dt.timedelta(days=90))
    endless = tokens.create(by=owner, name="endless", scopes=["read"])

    def in_power() -> list[bool]:
        return [memberships.role_of(actor_of(made.secret), organization) is not None for made in (long, endless)]

    assert in_power() == [True, True]
    limit_life(organization, 90)
    assert in_power() == [True, False]
    limit_life(organization, 89)
    assert in_power() == [False, False]
    assert memberships.missing_proof(actor_of(long.secret), organization) == "life"
    limit_life(organization, None)
    assert in_power() == [True, True]


def test_one_has_so_many_tokens_and_no_more(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_IN_FORCE", 2)
    kept = [made_for(ada), made_for(ada)]

    with pytest.raises(tokens.TooMany):
        made_for(ada)

    tokens.revoke(by=Actor(ada), token=kept[0].token)
    made_for(ada)


@pytest.mark.django_db(transaction=True)
def test_calls_at_once_count_each_others_tokens(
    build_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MAX_IN_FORCE", 1)
    ada = build_user("ada")

    results = together(lambda: made_for(ada), lambda: made_for(ada))

    assert sorted(type(result).__name__ for result in results) == ["NewToken", "TooMany"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\0b", "a\u202eb"])
def test_a_token_has_a_name_that_can_be_shown(ada: User, name: str) -> None:
    with pytest.raises(tokens.InvalidToken, match="name"):
        made_for(ada, name=name)


def test_a_token_ends_within_ten_years_or_never(ada: User) -> None:
    with pytest.raises(tokens.InvalidToken, match="ten years"):
        made_for(ada, expires_at=timezone.now() + dt.timedelta(days=3655))


def test_the_last_use_says_when_and_from_where(ada: User) -> None:
    made = made_for(ada)

    tokens.find(made.secret, "fe80::1%eth0")

    used = ApiToken.objects.get(id=made.token.id)
    assert used.last_used_at is not None
    assert used.last_used_ip == "fe80::1"


# --- rotation


def test_a_rotated_token_has_the_same_limits_and_a_new_secret(organization: Organization, owner: Actor) -> None:
    ends = timezone.now() + 30 * DAY
    old = tokens.create(
        by=owner,
        name="ci",
        scopes=["read", "publish"],
        patterns=["acme/*"],
        organization=organization,
        expires_at=ends,
    )
    age(old.token, 10 * DAY)

    new = tokens.rotate(by=owner, token=old.token, overlap=DAY)

    assert new.secret != old.secret
    for name in ("name", "kind", "scopes", "package_patterns", "organization", "user"):
        assert getattr(new.token, name) == getattr(old.token, name), name
    row = ApiToken.objects.get(id=new.token.id)
    assert row.replaces_id == old.token.id
    assert row.life_in_days() == pytest.approx(30, abs=0.001)
    event = AuditEvent.objects.get(action="hub.token.rotate")
    assert event.data["after"]["successor"] == new.token.id
    assert new.secret not in str(event.data)


def test_the_old_secret_works_until_the_overlap_ends_to_the_second(ada: User) -> None:
    old = made_for(ada)

    new = tokens.rotate(by=Actor(ada), token=old.token, overlap=dt.timedelta(hours=1))

    ends = ApiToken.objects.get(id=old.token.id).expires_at
    assert ends is not None
    assert abs(ends - timezone.now() - dt.timedelta(hours=1)) < dt.timedelta(seconds=5)
    assert ApiToken.objects.in_force(ends - dt.timedelta(seconds=1)).filter(id=old.token.id).exists()
    assert not ApiToken.objects.in_force(ends).filter(id=old.token.id).exists()
    assert tokens.find(old.secret) == old.token
    age(old.token, dt.timedelta(hours=1))
    assert tokens.find(old.secret) is None
    assert tokens.find(new.secret) == new.token


def test_without_an_overlap_the_old_secret_ends_at_once(ada: User) -> None:
    old = made_for(ada)

    new = tokens.rotate(by=Actor(ada), token=old.token, overlap=NOW)

    assert tokens.find(old.secret) is None
    assert tokens.find(new.secret) == new.token


def test_an_overlap_never_makes_a_token_live_longer(ada: User) -> None:
    ends = timezone.now() + dt.timedelta(minutes=5)
    old = made_for(ada, expires_at=ends)

    tokens.rotate(by=Actor(ada), token=old.token, overlap=DAY)

    assert ApiToken.objects.get(id=old.token.id).expires_at == ends


@pytest.mark.parametrize("overlap", [dt.timedelta(seconds=-1), dt.timedelta(days=7, seconds=1)])
def test_an_overlap_lasts_up_to_a_week(ada: User, overlap: dt.timedelta) -> None:
    with pytest.raises(tokens.InvalidToken, match="7 days"):
        tokens.rotate(by=Actor(ada), token=made_for(ada).token, overlap=overlap)


def test_a_token_that_is_over_is_not_rotated(ada: User) -> None:
    expired = made_for(ada, expires_at=timezone.now() - DAY).token
    revoked = made_for(ada).token
    tokens.revoke(by=Actor(ada), token=revoked)

    for token in (expired, revoked):
        with pytest.raises(tokens.NotInForce):
            tokens.rotate(by=Actor(ada), token=token, overlap=NOW)
    assert not AuditEvent.objects.filter(action="hub.token.rotate").exists()


def test_a_rotation_follows_a_maximum_that_was_lowered(organization: Organization, owner: Actor) -> None:
    old = tokens.create(by=owner, name="ci", scopes=["read"], organization=organization)
    limit_life(organization, 30)

    new = tokens.rotate(by=owner, token=old.token, overlap=NOW)

    assert memberships.role_of(actor_of(new.secret), organization) == "owner"


def test_a_rotation_proves_what_its_own_session_proved_and_no_more(ada: User) -> None:
    by = Actor(ada, second_factor=True, sso=frozenset({7}))
    old = tokens.create(by=by, name="ci", scopes=["read"])
    assert old.token.second_factor

    new = tokens.rotate(by=Actor(ada), token=old.token, overlap=NOW)

    assert not new.token.second_factor
    assert new.token.sso_organizations == []


@pytest.mark.django_db(transaction=True)
def test_of_two_rotations_at_once_one_makes_a_successor(build_user: Callable[..., User]) -> None:
    ada = build_user("ada")
    old = made_for(ada)

    def call() -> object:
        return tokens.rotate(by=Actor(ada), token=old.token, overlap=DAY)

    assert sorted(type(result).__name__ for result in together(call, call)) == ["NewToken", "RotatedAlready"]
    assert ApiToken.objects.filter(replaces=old.token).count() == 1


# --- what leaks nowhere


def test_a_documented_expression_finds_every_token_and_its_checksum_the_true_ones() -> None:
    text = (ROOT / "docs/tokens.md").read_text()
    written = re.search(r"```regex\n(.+)\n```", text)
    assert written is not None
    assert written[1] == domain.SCANNER_PATTERN
    for _ in range(200):
        secret = domain.generate()
        for around in ("{}", "key={}\n", '"{}"', "https://x.example/?t={}&b", "Bearer {}"):
            assert re.findall(written[1], around.format(secret)) == [secret]
    assert not re.search(written[1], "x" + secret)
    assert not re.search(written[1], secret + "0")
    steps = re.search(r"```python\n(.+?)```", text, re.DOTALL)
    assert steps is not None
    names: dict[str, Any] = {}
    exec(steps[1], names)
    assert names["is_token"](secret)
    swapped = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    assert not names["is_token"](swapped)


def test_a_secret_is_in_one_answer_and_in_nothing_else(
    page: Client, ada: User, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(1)
    first = TOKEN.search(page.post("/settings/tokens", form(scopes=["read", "admin"])).content.decode())
    assert first is not None
    token = ApiToken.objects.get()
    second = TOKEN.search(page.post(f"/settings/tokens/{token.id}/rotate", {"overlap": "24"}).content.decode())
    assert second is not None
    canaries = (first[0], second[0])
    assert tokens.find(first[0]) is not None
    answers = [
        page.get(address).content.decode()
        for address in ("/settings/tokens", "/settings/activity", "/api/v1/me/tokens", "/api/v1/me/audit-events")
    ]
    for canary in canaries:
        bearer = {"Authorization": f"Bearer {canary}"}
        answers += [
            Client().get(address, headers=bearer).content.decode()
            for address in ("/api/v1/me", "/api/v1/me/tokens", "/api/v1/organizations/x/security")
        ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row_to_json(e)::text, '') FROM hub_auditevent e")
        answers.append(cursor.fetchone()[0])
        cursor.execute("SELECT string_agg(row_to_json(t)::text, '') FROM hub_apitoken t")
        answers.append(cursor.fetchone()[0])
    written = "".join(capfd.readouterr())
    for canary in canaries:
        for text in (*answers, caplog.text, written, repr(tokens.NewToken(token, canary))):
            assert canary.removeprefix("ahub_") not in text


def test_a_token_that_somebody_puts_into_an_address_or_an_error_is_not_logged(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    secret = domain.generate()

    client.get(f"/api/v1/packages/x{secret}/name")
    logging.getLogger("hub").error("It failed: %s", secret, exc_info=ValueError(f"cannot read {secret!r}"))

    console = next(one for one in logging.getLogger().handlers if isinstance(one.formatter, RedactingFormatter))
    written = "".join(console.format(record) for record in caplog.records)
    assert "/api/v1/packages/xahub_…/name" in written
    assert "cannot read 'ahub_…'" in written
    assert secret.removeprefix("ahub_") not in written


# --- more pages


def test_rotating_asks_for_the_overlap_and_shows_the_new_secret_once(page: Client, ada: User) -> None:
    old = made_for(ada)
    address = f"/settings/tokens/{old.token.id}/rotate"
    assert "How long the old secret still works" in page.get(address).content.decode()
    assert page.post(address, {"overlap": "9999"}).status_code == 422

    answer = page.post(address, {"overlap": "24"})

    secret = TOKEN.search(answer.content.decode())
    assert secret is not None
    assert "no-store" in answer["Cache-Control"]
    assert tokens.find(secret[0]) is not None
    listed = page.get("/settings/tokens").content.decode()
    assert "Replaced" in listed
    assert f"by …{secret[0][-4:]}" in listed
    again = page.post(address, {"overlap": "24"}, follow=True).content.decode()
    assert "rotated already" in again
    assert not TOKEN.search(again)
    assert ApiToken.objects.count() == 2


def test_what_is_over_cannot_be_rotated_from_the_page(page: Client, ada: User) -> None:
    made = made_for(ada)
    tokens.revoke(by=Actor(ada), token=made.token)

    answer = page.post(f"/settings/tokens/{made.token.id}/rotate", {"overlap": "0"}, follow=True)

    assert "is over" in answer.content.decode()
    assert ApiToken.objects.count() == 1


def test_the_list_says_what_a_token_is_for_and_how_it_was_used(
    page: Client, organization: Organization, ada: User
) -> None:
    made = made_for(ada, name="soon", expires_at=timezone.now() + 6 * DAY, patterns=["acme/web-*"])
    tokens.find(made.secret, "192.0.2.7")
    made_for(ada, name="unused")

    text = page.get("/settings/tokens").content.decode()

    for words in ("Expires soon", "acme/web-*", "192.0.2.7", "just now", "never"):
        assert words in text


def test_the_page_tells_where_a_token_has_no_power(
    page: Client, organization: Organization, owner: Actor, ada: User
) -> None:
    organizations.add_member(by=owner, organization=organization, user=ada, role=Role.MEMBER)
    limit_life(organization, 30)
    assert "Acme: 30 days at most" in page.get("/settings/tokens").content.decode()

    made = page.post("/settings/tokens", form(lifetime="never")).content.decode()
    assert "No power in Acme: tokens there live 30 days at most" in made
    assert "No power in Acme" in page.get("/settings/tokens").content.decode()

    short = page.post("/settings/tokens", form(lifetime="30")).content.decode()
    assert "No power in" not in short
    refused = page.post("/settings/tokens", form(lifetime="90", organization="acme"))
    assert refused.status_code == 422
    assert "30 days at most" in refused.content.decode()


def test_a_form_with_patterns_names_the_line_at_fault(page: Client) -> None:
    text = page.post("/settings/tokens", form(patterns="acme/*\n\nacme\nacme/x.yaml")).content.decode()

    assert "Line 2: “acme” is no pattern" in text
    assert "Line 3: “acme/x.yaml” is no pattern" in text


def test_a_confined_session_sees_neither_other_tokens_nor_another_choice(
    client: Client, organization: Organization, owner: Actor
) -> None:
    made = tokens.create(by=owner, name="elsewhere", scopes=["read"])
    client.force_login(owner.user, backend="allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[arg-type]
    session = client.session
    sso_state.note(session, organization.id, seconds=60, began_session=True)
    session.save()

    text = client.get("/settings/tokens").content.decode()

    assert "elsewhere" not in text
    assert "Everywhere" not in text
    assert client.get(f"/settings/tokens/{made.token.id}/rotate").status_code == 404
    assert client.post(f"/settings/tokens/{made.token.id}/revoke").status_code == 404


# --- the API


def test_a_person_lists_and_revokes_tokens_and_a_token_itself(page: Client, ada: User, stranger: Actor) -> None:
    mine, other = made_for(ada, name="one"), made_for(ada, name="two")
    foreign = tokens.create(by=stranger, name="foreign", scopes=["read"])

    def seen(**headers: str) -> set[str]:
        answer = (Client() if headers else page).get("/api/v1/me/tokens", headers=headers)
        return {item["name"] for item in answer.json()["items"]}

    def end(token: ApiToken, secret: str) -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        return Client().delete(f"/api/v1/me/tokens/{token.id}", headers=headers).status_code

    assert seen() == {"one", "two"}
    assert seen(Authorization=f"Bearer {mine.secret}") == {"one"}
    assert end(other.token, mine.secret) == 404
    assert end(foreign.token, mine.secret) == 404
    assert page.delete(f"/api/v1/me/tokens/{foreign.token.id}").status_code == 404
    assert {tokens.find(made.secret) is not None for made in (mine, other, foreign)} == {True}
    assert end(mine.token, mine.secret) == 204
    assert page.delete(f"/api/v1/me/tokens/{other.token.id}").status_code == 204
    assert [tokens.find(made.secret) for made in (mine, other)] == [None, None]
    assert Client().get("/api/v1/me/tokens").status_code == 401


def actor_of(secret: str) -> Actor:
    """Who calls with this secret."""
    token = tokens.find(secret)
    assert token is not None
    return of_token(token, source="api")


def limit_life(organization: Organization, days: int | None) -> None:
    Organization.objects.filter(id=organization.id).update(token_max_days=days)
    organization.refresh_from_db()


def age(token: ApiToken, by: dt.timedelta) -> None:
    """Let so much time pass for a token."""
    row = ApiToken.objects.get(id=token.id)
    ends = row.expires_at - by if row.expires_at else None
    ApiToken.objects.filter(id=token.id).update(created_at=row.created_at - by, expires_at=ends)
