"""Signed-in devices: the services, and what their tokens are worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.utils import timezone

from hub import tasks
from hub.actors import ANONYMOUS, Actor
from hub.context import of_token
from hub.domain import devices as domain
from hub.domain import tokens as secrets
from hub.domain.decisions import PermissionRefused
from hub.domain.devices import Obstacle
from hub.models import ApiToken, AuditEvent, Device, DeviceRequest, Organization, RefreshToken, User
from hub.policies import devices as policies
from hub.policies import memberships
from hub.policies import tokens as token_policies
from hub.services import device_requests, devices, organizations, tokens
from tests.hub.devices import CLIENT, NOBODY, asked, renewed, signed_in, some_time_ago, spent
from tests.hub.sso import connected
from tests.hub.together import together

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
AFTER_THE_GRACE = domain.GRACE + MINUTE


@pytest.fixture
def ada(build_user: Callable[..., User]) -> Actor:
    """Ada in her browser."""
    return Actor(build_user("ada"), source="browser")


def actor_of(secret: str) -> Actor:
    """Who somebody is that sends this token."""
    token = tokens.find(secret)
    assert token is not None
    return of_token(token, source="api")


def collected(one: Any, client: str = CLIENT) -> devices.Pair | Obstacle:
    return devices.collect(by=NOBODY, client=client, device_code=one.device_code)


# --- codes


def test_a_code_is_easy_to_type_and_says_nothing_when_stored(db: None) -> None:
    one = asked()

    assert set(one.user_code.replace("-", "")) <= set(domain.USER_CODE_ALPHABET)
    assert (len(one.user_code), one.user_code[4]) == (9, "-")
    for typed in (one.user_code, one.user_code.lower(), one.user_code.replace("-", " "), f" {one.user_code}\n"):
        assert device_requests.find(typed) == one.row
    assert device_requests.find("BBBB-BBBB") is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM hub_devicerequest t")
        stored = cursor.fetchone()[0]
    assert one.user_code not in stored
    assert one.device_code not in stored


def test_a_code_is_found_after_the_hubs_key_was_replaced(db: None, settings: Any) -> None:
    one = asked()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]

    assert device_requests.find(one.user_code) == one.row


def test_what_a_client_calls_itself_is_cut_to_one_visible_line(db: None) -> None:
    long = asked(name="a" * 500)
    forged = asked(name="laptop\n\u202eConfirm \x00this")
    silent = asked(name=" \n ")

    assert len(long.row.name) == domain.NAME_MAX_LENGTH
    assert forged.row.name == "laptop Confirm this"
    assert silent.row.name == "unnamed device"


@pytest.mark.parametrize("scopes", [["admin"], ["read", "scim"], ["audit"], ["openid"]])
def test_a_device_gets_no_other_scopes(db: None, scopes: list[str]) -> None:
    with pytest.raises(device_requests.InvalidScope):
        asked(*scopes)
    assert not DeviceRequest.objects.exists()


def test_no_more_clients_wait_than_the_hub_takes(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_requests, "MAX_OPEN", 1)
    first = asked()
    with pytest.raises(device_requests.Busy):
        asked()
    some_time_ago(first.row, domain.CODE_LIFE, "expires_at")
    asked()


def test_a_code_that_another_request_has_is_not_given_out_again(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "generate_user_code", lambda: "BCDF-GHJK")
    asked()

    with pytest.raises(device_requests.Busy):
        asked()
    assert DeviceRequest.objects.count() == 1
    assert AuditEvent.objects.filter(action="hub.device.request").count() == 1


# --- a person's answer, and what the client then gets


def test_a_device_is_signed_in_once_its_person_has_confirmed(ada: Actor) -> None:
    one = asked("read", "publish")
    assert collected(one) == Obstacle.PENDING
    device_requests.confirm(by=ada, request=one.row)

    pair = collected(one)

    assert isinstance(pair, devices.Pair)
    assert pair.expires_in in range(7190, 7201)
    by = actor_of(pair.access)
    assert (by.user, by.confined_to, pair.scopes) == (ada.user, None, ("publish", "read"))
    assert by.token is not None
    assert by.token.scopes == ["publish", "read"]
    assert tokens.find(pair.refresh) is None, "a refresh token opens nothing by itself"
    assert [event.action for event in AuditEvent.objects.order_by("id")][-3:] == [
        "hub.device.request", "hub.device.confirm", "hub.device.sign-in",
    ]  # fmt: skip
    for action in ("hub.device.confirm", "hub.device.sign-in"):
        event = AuditEvent.objects.get(action=action)
        assert ada.user is not None
        assert (event.actor, event.namespace, event.target_label) == (ada.user, ada.user.namespace, "laptop")


def test_a_code_gives_tokens_once(ada: Actor) -> None:
    one = asked()
    device_requests.confirm(by=ada, request=one.row)
    collected(one)

    assert collected(one) == Obstacle.UNKNOWN
    assert Device.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_clients_with_one_code_one_is_signed_in(build_user: Any) -> None:
    one = asked()
    device_requests.confirm(by=Actor(build_user("ada")), request=one.row)

    outcomes = together(*[lambda: collected(one)] * 4)

    assert sum(isinstance(outcome, devices.Pair) for outcome in outcomes) == 1
    assert outcomes.count(Obstacle.UNKNOWN) == 3
    assert Device.objects.count() == ApiToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_the_first_counts(build_user: Any) -> None:
    one, people = asked(), [Actor(build_user(name)) for name in ("ada", "ben", "cleo")]

    def confirm(by: Actor) -> Callable[[], object]:
        return lambda: device_requests.confirm(by=by, request=one.row)

    outcomes = together(*map(confirm, people), lambda: device_requests.deny(by=people[0], request=one.row))

    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, device_requests.Closed) for outcome in outcomes) == 3
    assert AuditEvent.objects.filter(action__in=["hub.device.confirm", "hub.device.deny"]).count() == 1


def test_a_code_is_answered_once(ada: Actor, build_user: Any) -> None:
    one, row = asked(), asked().row
    device_requests.confirm(by=ada, request=one.row)
    device_requests.deny(by=ada, request=row)
    for answered in (one.row, row):
        for answer in (device_requests.confirm, device_requests.deny):
            with pytest.raises(device_requests.Closed):
                answer(by=Actor(build_user()), request=answered)
    assert one.row.user == ada.user


def test_a_denied_client_stays_out(ada: Actor) -> None:
    one = asked()
    device_requests.deny(by=ada, request=one.row)

    assert collected(one) == collected(one) == Obstacle.DENIED
    assert not Device.objects.exists()


def test_an_expired_code_is_neither_confirmed_nor_collected(ada: Actor) -> None:
    late, later = asked(), asked()
    some_time_ago(late.row, domain.CODE_LIFE, "expires_at")
    with pytest.raises(device_requests.Closed):
        device_requests.confirm(by=ada, request=late.row)
    device_requests.confirm(by=ada, request=later.row)
    some_time_ago(later.row, domain.CODE_LIFE, "expires_at")

    assert collected(late) == collected(later) == Obstacle.EXPIRED


def test_who_asks_too_often_waits_longer(db: None) -> None:
    one = asked()
    second = dt.timedelta(seconds=1)

    assert collected(one) == Obstacle.PENDING
    assert collected(one) == Obstacle.SLOW_DOWN
    assert one.row.interval == 10
    some_time_ago(one.row, 6 * second, "polled_at")
    assert collected(one) == Obstacle.SLOW_DOWN
    some_time_ago(one.row, 16 * second, "polled_at")
    assert collected(one) == Obstacle.PENDING


def test_a_code_is_worth_nothing_to_another_client(ada: Actor) -> None:
    one = asked()
    device_requests.confirm(by=ada, request=one.row)

    assert collected(one, client="another") == Obstacle.UNKNOWN
    assert isinstance(collected(one), devices.Pair)


def test_a_person_who_was_switched_off_meanwhile_gets_no_device(ada: Actor) -> None:
    one = asked()
    device_requests.confirm(by=ada, request=one.row)
    User.objects.update(is_active=False)

    assert collected(one) == Obstacle.DENIED


def test_only_people_in_a_browser_answer(ada: Actor, owner: Actor, token_of: Any) -> None:
    one, program = asked(), actor_of(token_of(owner))
    for by in (ANONYMOUS, program):
        for answer in (device_requests.confirm, device_requests.deny):
            with pytest.raises(PermissionRefused):
                answer(by=by, request=one.row)
    assert one.row.is_open()


def test_a_person_has_so_many_devices_at_most(ada: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_requests, "MAX_DEVICES", 2)
    pair, one = signed_in(ada), asked()
    device_requests.confirm(by=ada, request=one.row)
    more = asked()
    with pytest.raises(device_requests.TooManyDevices):
        device_requests.confirm(by=ada, request=more.row)

    devices.end(by=ada, device=pair.device)

    device_requests.confirm(by=ada, request=more.row)


# --- where it has power


def test_a_device_for_one_organization_has_power_there_alone(
    owner: Actor, organization: Organization, ada: Actor
) -> None:
    other = organizations.create(by=owner, slug="other", name="Other")

    by = actor_of(signed_in(owner, organization=organization).access)

    assert memberships.role_of(by, organization) == "owner"
    assert memberships.role_of(by, other) is None
    assert memberships.missing_proof(by, other) == "confined"
    with pytest.raises(PermissionRefused):
        device_requests.confirm(by=ada, request=asked().row, organization=organization)


def test_a_confined_session_signs_in_confined_devices(owner: Actor, organization: Organization) -> None:
    assert owner.user is not None
    confined = Actor(owner.user, confined_to=organization.id)
    elsewhere = organizations.create(by=owner, slug="other", name="Other")

    pair = signed_in(confined)

    assert pair.device.organization == organization
    assert actor_of(renewed(pair.refresh).access).confined_to == organization.id
    with pytest.raises(PermissionRefused):
        device_requests.confirm(by=confined, request=asked().row, organization=elsewhere)
    free = signed_in(owner).device
    assert set(policies.visible_to(confined)) == {pair.device}
    assert set(policies.visible_to(owner)) == {pair.device, free}
    with pytest.raises(PermissionRefused):
        devices.end(by=confined, device=free)


def test_who_leaves_takes_nothing_along(member: Actor, owner: Actor, organization: Organization) -> None:
    pair = signed_in(member)
    assert memberships.role_of(actor_of(pair.access), organization) == "member"
    assert member.user is not None

    organizations.remove_member(by=owner, organization=organization, user=member.user)

    assert memberships.role_of(actor_of(pair.access), organization) is None
    assert memberships.role_of(actor_of(renewed(pair.refresh).access), organization) is None


def test_a_device_proves_what_the_confirming_session_had_proved(member: Actor, organization: Organization) -> None:
    Organization.objects.update(second_factor_required=True, sso_required=True)
    organization.refresh_from_db()
    assert member.user is not None
    Authenticator.objects.create(user=member.user, type=Authenticator.Type.TOTP, data={})
    connected(organization, member.user)
    proved = Actor(member.user, sso=frozenset([organization.id]), second_factor=True)

    plain, full = signed_in(member), signed_in(proved)

    assert memberships.missing_proof(actor_of(plain.access), organization) == "sso"
    assert memberships.role_of(actor_of(full.access), organization) == "member"
    assert memberships.role_of(actor_of(renewed(full.refresh).access), organization) == "member"
    Authenticator.objects.all().delete()
    assert memberships.missing_proof(actor_of(full.access), organization) == "second-factor"


def test_the_longest_life_of_tokens_counts_from_the_sign_in(member: Actor, organization: Organization) -> None:
    Organization.objects.update(token_max_days=7)
    organization.refresh_from_db()
    pair = signed_in(member)
    assert memberships.role_of(actor_of(pair.access), organization) == "member"
    some_time_ago(pair.device, 7 * DAY, "created_at")

    later = actor_of(renewed(pair.refresh).access)

    assert memberships.missing_proof(later, organization) == "life"
    assert memberships.role_of(later, organization) is None


def test_the_tokens_of_devices_are_not_among_those_that_a_person_made(ada: Actor, monkeypatch: Any) -> None:
    pair = signed_in(ada)

    assert not token_policies.visible_to(ada).exists()
    monkeypatch.setattr(tokens, "MAX_IN_FORCE", 1)
    assert tokens.create(by=ada, name="ci", scopes=["read"])
    assert list(policies.visible_to(actor_of(pair.access))) == [pair.device]
    assert not policies.visible_to(ANONYMOUS).exists()


# --- renewing


def test_a_refresh_gives_new_tokens_and_leaves_the_old_access_token_its_time(ada: Actor) -> None:
    pair = signed_in(ada, "read", "publish")

    following = renewed(pair.refresh)

    assert len({pair.access, pair.refresh, following.access, following.refresh}) == 4
    assert all(secrets.is_well_formed(text) for text in (following.access, following.refresh))
    assert actor_of(following.access).user == actor_of(pair.access).user == ada.user
    assert following.scopes == ("publish", "read")
    assert following.expires_in in range(7190, 7201)
    event = AuditEvent.objects.get(action="hub.device.refresh")
    assert (event.actor, event.target_id) == (ada.user, pair.device.id)


def test_a_refresh_makes_the_device_last_longer(ada: Actor) -> None:
    pair = signed_in(ada)
    some_time_ago(pair.device, 20 * DAY, "expires_at", "refreshed_at")

    renewed(pair.refresh)

    left = Device.objects.get().expires_at - timezone.now()
    assert 29 * DAY < left <= 30 * DAY


def test_within_the_grace_the_same_request_is_answered_in_the_same_way(ada: Actor) -> None:
    pair = signed_in(ada)
    first = renewed(pair.refresh)
    spent(pair.refresh, domain.GRACE - MINUTE)

    again = renewed(pair.refresh)

    assert (again.access, again.refresh) == (first.access, first.refresh)
    assert ApiToken.objects.count() == RefreshToken.objects.count() == 2
    assert AuditEvent.objects.filter(action="hub.device.refresh").count() == 1
    assert renewed(again.refresh).device == pair.device


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_refresh_at_once_both_go_on(build_user: Any) -> None:
    pair = signed_in(Actor(build_user("ada")))

    outcomes = together(*[lambda: renewed(pair.refresh)] * 4)

    assert all(isinstance(one, devices.Pair) for one in outcomes), outcomes
    assert len({(one.access, one.refresh) for one in outcomes if isinstance(one, devices.Pair)}) == 1
    assert RefreshToken.objects.count() == 2


def test_a_refresh_token_that_is_used_again_after_the_grace_ends_everything(ada: Actor) -> None:
    pair, other = signed_in(ada), signed_in(ada)
    following = renewed(pair.refresh)
    spent(pair.refresh, AFTER_THE_GRACE)

    with pytest.raises(devices.InvalidRefreshToken):
        renewed(pair.refresh)

    assert tokens.find(pair.access) is tokens.find(following.access) is None
    with pytest.raises(devices.InvalidRefreshToken):
        renewed(following.refresh)
    assert tokens.find(other.access), "another device goes on"
    event = AuditEvent.objects.get(action="hub.device.end")
    assert event.data["reason"] == "a refresh token was used again"


def test_a_lost_answer_is_repeated_after_the_hubs_key_was_replaced(ada: Actor, settings: Any) -> None:
    pair = signed_in(ada)
    first, old = renewed(pair.refresh), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [old]

    assert renewed(pair.refresh).refresh == first.refresh

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(devices.InvalidRefreshToken):
        renewed(pair.refresh)
    assert renewed(first.refresh).device == pair.device, "not knowing the old key is no theft"


def test_fewer_scopes_may_be_asked_for_but_never_more(ada: Actor) -> None:
    pair = signed_in(ada, "read", "publish")
    with pytest.raises(devices.ScopeTooWide):
        renewed(pair.refresh, scopes=["read", "manage"])

    narrow = renewed(pair.refresh, scopes=["read"])

    assert (narrow.scopes, actor_of(narrow.access).token.scopes) == (("read",), ["read"])  # type: ignore[union-attr]
    whole = renewed(pair.refresh)
    assert (whole.refresh, whole.scopes) == (narrow.refresh, ("publish", "read"))
    assert actor_of(narrow.access).token.scopes == ["read"]  # type: ignore[union-attr]
    assert renewed(narrow.refresh).scopes == ("publish", "read"), "the next one may have all again (RFC 6749, 6)"


def test_a_refresh_token_is_worth_nothing_to_another_client(ada: Actor) -> None:
    pair = signed_in(ada)
    with pytest.raises(devices.InvalidRefreshToken):
        renewed(pair.refresh, client="another")
    assert renewed(pair.refresh, client=CLIENT)


@pytest.mark.parametrize("text", ["", "ahub_", "x" * 10_000, "ahub_" + "0" * 38])
def test_what_is_no_refresh_token_is_refused(db: None, text: str) -> None:
    with pytest.raises(devices.InvalidRefreshToken):
        renewed(text)


def test_an_access_token_is_no_refresh_token(ada: Actor) -> None:
    with pytest.raises(devices.InvalidRefreshToken):
        renewed(signed_in(ada).access)


def test_a_device_that_was_not_used_for_thirty_days_is_out(ada: Actor) -> None:
    pair = signed_in(ada)
    some_time_ago(RefreshToken.objects.get(), domain.REFRESH_LIFE, "expires_at")

    with pytest.raises(devices.InvalidRefreshToken):
        renewed(pair.refresh)
    assert not AuditEvent.objects.filter(action="hub.device.end").exists()


def test_a_person_who_is_switched_off_has_no_devices(ada: Actor) -> None:
    pair = signed_in(ada)
    User.objects.update(is_active=False)

    assert tokens.find(pair.access) is None
    with pytest.raises(devices.InvalidRefreshToken):
        renewed(pair.refresh)


# --- the end


def test_an_ended_device_has_nothing_left(ada: Actor) -> None:
    pair = signed_in(ada)
    following = renewed(pair.refresh)

    assert devices.end(by=ada, device=pair.device)

    for secret in (pair.access, following.access):
        assert tokens.find(secret) is tokens.find_for_reading(secret) is None
    for secret in (pair.refresh, following.refresh):
        with pytest.raises(devices.InvalidRefreshToken):
            renewed(secret)
    assert not devices.end(by=ada, device=pair.device)
    assert AuditEvent.objects.filter(action="hub.device.end").count() == 1


@pytest.mark.django_db(transaction=True)
def test_no_token_comes_out_of_a_refresh_that_races_with_the_end(build_user: Any) -> None:
    ada = Actor(build_user("ada"))
    pair = signed_in(ada)

    together(*[lambda: renewed(pair.refresh)] * 3, lambda: devices.end(by=ada, device=pair.device))

    assert not ApiToken.objects.in_force().exists()


def test_a_remembered_token_of_an_ended_device_is_forgotten_in_this_process_at_once(ada: Actor) -> None:
    pair = signed_in(ada)
    assert tokens.find_for_reading(pair.access)

    devices.end(by=ada, device=pair.device)

    assert tokens.find_for_reading(pair.access) is None


def test_nobody_ends_somebody_elses_device(ada: Actor, stranger: Actor, owner: Actor) -> None:
    pair, other = signed_in(ada), signed_in(ada)
    for by in (stranger, owner, ANONYMOUS, actor_of(other.access)):
        with pytest.raises(PermissionRefused):
            devices.end(by=by, device=pair.device)

    assert devices.end(by=actor_of(pair.access), device=pair.device), "its own"


@pytest.mark.parametrize("which", ["access", "refresh"])
def test_a_client_signs_its_own_device_out_by_either_token(ada: Actor, which: str) -> None:
    pair = signed_in(ada)

    assert not devices.end_by_token(by=NOBODY, token=getattr(pair, which), client="another")
    assert devices.end_by_token(by=NOBODY, token=getattr(pair, which), client=CLIENT)

    assert tokens.find(pair.access) is None
    assert not devices.end_by_token(by=NOBODY, token="ahub_nothing", client=CLIENT)


def test_a_token_that_a_person_made_is_not_revoked_in_this_way(ada: Actor) -> None:
    made = tokens.create(by=ada, name="ci", scopes=["read"])

    assert not devices.end_by_token(by=NOBODY, token=made.secret, client=CLIENT)
    assert tokens.find(made.secret)


def test_a_new_password_ends_devices_and_those_about_to_be_signed_in(ada: Actor, stranger: Actor) -> None:
    from allauth.account.adapter import get_adapter

    pair, other, waiting = signed_in(ada), signed_in(stranger), asked()
    device_requests.confirm(by=ada, request=waiting.row)

    get_adapter().set_password(ada.user, "another horse battery")

    assert tokens.find(pair.access) is None
    assert collected(waiting) == Obstacle.DENIED
    assert tokens.find(other.access)
    events = AuditEvent.objects.order_by("id").values_list("action", flat=True)
    assert list(events)[-2:] == ["hub.device.end", "hub.account.password-change"]


def test_what_ended_long_ago_is_cleared_away(ada: Actor) -> None:
    old, live, late = signed_in(ada), signed_in(ada), asked()
    devices.end(by=ada, device=old.device)
    some_time_ago(Device.objects.get(id=old.device.id), 31 * DAY, "ended_at")
    some_time_ago(late.row, 2 * DAY, "expires_at")
    events = AuditEvent.objects.count()

    tasks.clear_ended_devices()

    assert list(Device.objects.all()) == [live.device]
    assert [token.device for token in ApiToken.objects.all()] == [live.device]
    assert DeviceRequest.objects.count() == 2, "those of an hour ago stay"
    assert AuditEvent.objects.count() == events
    assert renewed(live.refresh)
    ApiToken.objects.update(expires_at=timezone.now() - 8 * DAY)
    tasks.clear_ended_devices()
    assert not ApiToken.objects.exists()
