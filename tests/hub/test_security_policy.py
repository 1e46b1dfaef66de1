"""What an organization requires of sign-ins and tokens: whom it locks out, when, and whom it never does by accident."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from hub import shortcache, sso_state, totp
from hub.actors import ANONYMOUS, Actor
from hub.context import of_token
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Membership, Organization, User
from hub.policies import memberships
from hub.services import audit, organizations, security, service_accounts, tokens
from hub.services.security import SecurityPolicy
from registry.models import Package
from tests.hub.sso import connected
from tests.hub.together import together
from tests.support.problems import problem

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PAGE = "/organizations/acme/security"
NOTHING = SecurityPolicy(second_factor_required=False, sso_required=False, token_max_days=None)
FACTOR = dataclasses.replace(NOTHING, second_factor_required=True)
SSO = dataclasses.replace(NOTHING, sso_required=True)


def browser_of(actor: Actor) -> Client:
    client = Client()
    client.force_login(actor.user, backend=BACKEND)  # type: ignore[arg-type]  # the fixtures have people
    return client


def with_app(actor: Actor) -> str:
    """Give the person an authenticator app; gives its key."""
    key = generate_totp_secret()
    TOTP.activate(actor.user, key)
    # An app set up this very half minute takes no code of it any more.
    Authenticator.objects.filter(user=actor.user).update(created_at="2026-01-01T00:00:00Z")
    return key


def show_factor(browser: Client, key: str, following: str = "/") -> Any:
    """Show the code of the app in a session that began without."""
    code = format_hotp_value(hotp_value(key, totp.step_now()))
    return browser.post(f"/accounts/2fa/reauthenticate/?next={following}", {"code": code})


def proving_sso(browser: Client, organization: Organization) -> Client:
    session = browser.session
    connected(organization, User.objects.get(id=session["_auth_user_id"]))
    sso_state.note(session, organization.id, seconds=3600, began_session=False)
    session.save()
    return browser


def strong(actor: Actor, organization: Organization) -> Actor:
    """The same person, having proved everything."""
    with_app(actor)
    connected(organization, actor.user)
    return dataclasses.replace(actor, second_factor=True, sso=frozenset({organization.id}))


def require_of(organization: Organization, policy: SecurityPolicy) -> None:
    """Set the policy without asking anybody."""
    Organization.objects.filter(id=organization.id).update(**dataclasses.asdict(policy))
    organization.refresh_from_db()


def role_with(made: tokens.NewToken, organization: Organization) -> str | None:
    token = tokens.find(made.secret)
    assert token is not None
    return memberships.role_of(of_token(token, source="api"), organization)


# --- the service


def test_a_policy_is_set_and_recorded_with_what_was(organization: Organization, owner: Actor) -> None:
    by = strong(owner, organization)
    wanted = SecurityPolicy(second_factor_required=True, sso_required=True, token_max_days=90)

    assert security.update(by=by, organization=organization, policy=wanted) is True
    assert security.update(by=by, organization=organization, policy=wanted) is False

    assert security.policy_of(Organization.objects.get(id=organization.id)) == wanted
    assert security.policy_of(organization) == wanted
    event = AuditEvent.objects.get(action="hub.security.update")
    assert (event.actor, event.namespace) == (owner.user, organization.namespace)
    assert event.data == {
        "before": {"second_factor_required": False, "sso_required": False, "token_max_days": None},
        "after": {"second_factor_required": True, "sso_required": True, "token_max_days": 90},
    }


@pytest.mark.parametrize("policy", [FACTOR, SSO], ids=["second factor", "single sign-on"])
def test_nobody_requires_what_the_own_sign_in_lacks(
    organization: Organization, owner: Actor, policy: SecurityPolicy
) -> None:
    with pytest.raises(security.WouldLockOut):
        security.update(by=owner, organization=organization, policy=policy)

    assert security.policy_of(Organization.objects.get(id=organization.id)) == NOTHING
    assert not AuditEvent.objects.filter(action="hub.security.update").exists()


def test_what_is_required_already_asks_for_nothing_more(organization: Organization, owner: Actor) -> None:
    by = strong(owner, organization)
    security.update(by=by, organization=organization, policy=FACTOR)

    only_factor = dataclasses.replace(by, sso=frozenset())
    limited = dataclasses.replace(FACTOR, token_max_days=30)

    assert security.update(by=only_factor, organization=organization, policy=limited)


@pytest.mark.parametrize("days", [0, -1, 3651, 40_000])
def test_a_limit_of_days_is_one_that_can_be_kept(organization: Organization, owner: Actor, days: int) -> None:
    with pytest.raises(security.InvalidPolicy):
        security.update(by=owner, organization=organization, policy=dataclasses.replace(NOTHING, token_max_days=days))


def test_who_sets_the_policy(
    organization: Organization, owner: Actor, admin: Actor, member: Actor, stranger: Actor
) -> None:
    assert member.user is not None
    reading = Actor(owner.user, token=tokens.create(by=owner, name="r", scopes=["read"]).token)
    auditor = Actor(Membership.objects.get(organization=organization, user=member.user).user)
    limited = dataclasses.replace(NOTHING, token_max_days=30)
    for by in (member, stranger, ANONYMOUS, reading, auditor):
        with pytest.raises(PermissionRefused):
            security.update(by=by, organization=organization, policy=limited)
    assert security.update(by=admin, organization=organization, policy=limited)


def test_without_its_audit_event_nothing_changes(
    organization: Organization, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no log")

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(OSError, match="no log"):
        security.update(by=strong(owner, organization), organization=organization, policy=FACTOR)
    assert not Organization.objects.get(id=organization.id).second_factor_required


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_are_recorded_one_after_the_other(organization: Organization, owner: Actor) -> None:
    def limit(days: int) -> Callable[[], object]:
        wanted = dataclasses.replace(NOTHING, token_max_days=days)
        return lambda: security.update(
            by=owner, organization=Organization.objects.get(id=organization.id), policy=wanted
        )

    assert together(limit(30), limit(60)) == [True, True]

    first, second = AuditEvent.objects.filter(action="hub.security.update").order_by("id")
    assert first.data["before"] == {"token_max_days": None}
    assert second.data["before"] == first.data["after"]
    assert Organization.objects.get(id=organization.id).token_max_days == second.data["after"]["token_max_days"]


# --- whom it locks out


def test_a_second_factor_locks_out_sessions_and_tokens_without_one_whenever_they_were_made(
    organization: Organization, owner: Actor, member: Actor, build_package: Callable[..., Package]
) -> None:
    build_package("own", "1.0.0", visibility="internal")
    key = with_app(member)
    plain, before = browser_of(member), tokens.create(by=member, name="before", scopes=["read"])
    strong_before = tokens.create(by=dataclasses.replace(member, second_factor=True), name="strong", scopes=["read"])
    assert role_with(before, organization) == "member"
    assert plain.get("/organizations/acme").status_code == 200
    assert plain.get("/acme/own").status_code == 200

    security.update(by=strong(owner, organization), organization=organization, policy=FACTOR)

    after = tokens.create(by=member, name="after", scopes=["read"])
    assert [role_with(made, organization) for made in (before, after, strong_before)] == [None, None, "member"]
    assert plain.get("/organizations/acme").status_code == 403
    assert plain.get("/acme/own").status_code == 404
    for made, status in ((before, 404), (after, 404), (strong_before, 200)):
        headers = {"Authorization": f"Bearer {made.secret}"}
        assert Client().get("/api/v1/packages/acme/own", headers=headers).status_code == status

    show_factor(plain, key)
    assert plain.get("/organizations/acme").status_code == 200
    assert plain.get("/acme/own").status_code == 200


def test_who_removes_the_last_second_factor_loses_session_and_token(organization: Organization, member: Actor) -> None:
    key = with_app(member)
    browser = browser_of(member)
    show_factor(browser, key)
    browser.post("/settings/tokens", {"name": "t", "scopes": ["read"], "lifetime": "90"})
    made = tokens.create(by=dataclasses.replace(member, second_factor=True), name="strong", scopes=["read"])
    require_of(organization, FACTOR)
    assert browser.get("/organizations/acme").status_code == 200
    assert role_with(made, organization) == "member"
    token = tokens.find(made.secret)
    assert token is not None

    Authenticator.objects.filter(user=member.user, type="totp").delete()

    assert browser.get("/organizations/acme").status_code == 403
    assert role_with(made, organization) is None
    Authenticator.objects.create(user=member.user, type="recovery_codes", data={})
    assert role_with(made, organization) is None


def test_the_token_that_a_session_makes_proves_what_the_session_proved(
    organization: Organization, member: Actor
) -> None:
    key, browser = with_app(member), browser_of(member)

    def made() -> bool:
        answer = browser.post("/settings/tokens", {"name": "t", "scopes": ["read"], "lifetime": "90"})
        secret = re.search(r"ahub_[0-9A-Za-z]{38}", answer.content.decode())
        assert secret is not None
        token = tokens.find(secret[0])
        assert token is not None
        return of_token(token, source="api").second_factor

    assert made() is False
    show_factor(browser, key)
    assert made() is True


def test_single_sign_on_locks_out_sessions_and_tokens_that_did_not_pass_it(
    organization: Organization, owner: Actor, member: Actor
) -> None:
    plain, proved = browser_of(member), proving_sso(browser_of(member), organization)
    before = tokens.create(by=member, name="before", scopes=["read"])
    elsewhere = tokens.create(
        by=dataclasses.replace(member, sso=frozenset({organization.id + 1})), name="e", scopes=["read"]
    )
    passed = tokens.create(by=dataclasses.replace(member, sso=frozenset({organization.id})), name="p", scopes=["read"])

    security.update(by=strong(owner, organization), organization=organization, policy=SSO)

    assert plain.get("/organizations/acme").status_code == 403
    assert proved.get("/organizations/acme").status_code == 200
    assert [role_with(made, organization) for made in (before, elsewhere, passed)] == [None, None, "member"]


def test_machines_are_not_asked_for_proof(organization: Organization, owner: Actor) -> None:
    account = service_accounts.create(by=owner, organization=organization, name="ci", role="maintainer")
    made = service_accounts.create_token(by=owner, account=account, name="t", scopes=["read"])

    require_of(organization, SecurityPolicy(second_factor_required=True, sso_required=True, token_max_days=None))

    assert role_with(made, organization) == "maintainer"


def test_other_organizations_and_ones_own_things_stay(organization: Organization, owner: Actor, member: Actor) -> None:
    other = organizations.create(by=member, slug="widgets", name="Widgets")
    made = tokens.create(by=member, name="t", scopes=["read"])

    require_of(organization, SecurityPolicy(second_factor_required=True, sso_required=True, token_max_days=1))

    assert role_with(made, organization) is None
    assert role_with(made, other) == "owner"
    assert browser_of(member).get("/settings/tokens").status_code == 200


def test_it_holds_at_once_for_readers_of_this_process(
    organization: Organization, owner: Actor, member: Actor, build_package: Callable[..., Package]
) -> None:
    build_package("own", "1.0.0", visibility="internal")
    headers = {"Authorization": f"Bearer {tokens.create(by=member, name='t', scopes=['read']).secret}"}
    address = "/api/v1/packages/acme/own/releases/1.0.0"
    assert Client().get(address, headers=headers).status_code == 200

    security.update(by=strong(owner, organization), organization=organization, policy=FACTOR)

    assert Client().get(address, headers=headers).status_code == 404
    assert shortcache.TTL <= 4


def test_what_keeps_members_out_is_the_same_in_words_and_in_rows(
    organization: Organization, owner: Actor, member: Actor
) -> None:
    assert member.user is not None
    account = service_accounts.create(by=owner, organization=organization, name="ci", role="member")
    with_app(member)
    ends = timezone.now() + dt.timedelta(days=60)
    actors = [
        dataclasses.replace(
            member, second_factor=factor, sso=frozenset({organization.id} if sso else ()), confined_to=confined
        )
        for factor in (False, True)
        for sso in (False, True)
        for confined in (None, organization.id, organization.id + 1)
    ]
    for by in actors[:9:4]:
        for expires_at in (None, ends):
            unbound = dataclasses.replace(by, confined_to=None)
            found = tokens.find(tokens.create(by=unbound, name="t", scopes=["read"], expires_at=expires_at).secret)
            assert found is not None
            actors.append(of_token(found, source="api"))
    machine = tokens.find(service_accounts.create_token(by=owner, account=account, name="t", scopes=["read"]).secret)
    assert machine is not None
    actors.append(of_token(machine, source="api"))
    for factor in (False, True):
        for sso in (False, True):
            for days in (None, 30, 90):
                require_of(organization, SecurityPolicy(factor, sso, days))
                for actor in actors:
                    inside = memberships.role_of(actor, organization) is not None
                    assert (memberships.obstacle(actor, organization) is None) == inside, (factor, sso, days, actor)
                    lacking = memberships.proof_missing_for(actor)
                    assert (organization.id not in lacking) == inside
                    assert memberships.missing_proof(actor, organization) == lacking.get(organization.id)


def test_strangers_are_told_of_no_proof(organization: Organization, stranger: Actor) -> None:
    require_of(organization, SecurityPolicy(second_factor_required=True, sso_required=True, token_max_days=1))

    assert memberships.missing_proof(stranger, organization) is None
    assert memberships.proof_missing_for(stranger) == {}
    assert memberships.proof_missing_for(ANONYMOUS) == {}
    hidden, absent = (browser_of(stranger).get(f"/organizations/{name}") for name in ("acme", "nothing"))
    assert hidden.status_code == absent.status_code == 404


# --- the page


def test_the_page_says_whom_more_would_lock_out(organization: Organization, owner: Actor, member: Actor) -> None:
    with_app(member)
    tokens.create(by=owner, name="endless", scopes=["read"])
    tokens.create(by=member, name="short", scopes=["read"], expires_at=timezone.now() + dt.timedelta(days=20))
    service_accounts.create(by=owner, organization=organization, name="ci", role="member")

    text = browser_of(owner).get(PAGE).content.decode()

    lacking = re.findall(r'<li class="mono">(\w+)</li>', text)
    assert lacking == ["adam", "olga"]
    rows = re.findall(r"(\d+) days\s*</th>\s*<td>(\d+)</td>", text)
    assert rows == [("7", "2"), ("30", "1"), ("90", "1"), ("365", "1")]
    assert "You signed in without a second factor" in text


def test_tokens_of_others_and_those_that_are_over_or_elsewhere_do_not_count(
    organization: Organization, owner: Actor, stranger: Actor
) -> None:
    other = organizations.create(by=owner, slug="widgets", name="Widgets")
    tokens.create(by=stranger, name="foreign", scopes=["read"])
    tokens.create(by=owner, name="elsewhere", scopes=["read"], organization=other)
    tokens.revoke(by=owner, token=tokens.create(by=owner, name="over", scopes=["read"]).token)
    counted = tokens.create(by=owner, name="counted", scopes=["read"], organization=organization)

    assert list(security.tokens_living_longer(organization, 30)) == [counted.token]


def test_the_policy_is_set_in_the_browser(organization: Organization, owner: Actor) -> None:
    browser, key = browser_of(owner), with_app(owner)

    refused = browser.post(PAGE, {"second_factor_required": "on"})
    assert refused.status_code == 422
    assert "Sign in with a second factor yourself" in refused.content.decode()
    refused = browser.post(PAGE, {"sso_required": "on"})
    assert refused.status_code == 422
    assert "single sign-on yourself" in refused.content.decode()
    for days in ("0", "3651", "many"):
        assert browser.post(PAGE, {"token_max_days": days}).status_code == 422

    show_factor(browser, key)
    saved = browser.post(PAGE, {"second_factor_required": "on", "token_max_days": "90"}, follow=True)
    assert "It holds from now on" in saved.content.decode()
    assert (
        "Nothing was changed"
        in browser.post(PAGE, {"second_factor_required": "on", "token_max_days": "90"}, follow=True).content.decode()
    )
    browser.post(PAGE, {})
    assert security.policy_of(Organization.objects.get(id=organization.id)) == NOTHING


def test_the_page_is_for_those_who_manage_security(
    organization: Organization, admin: Actor, member: Actor, stranger: Actor
) -> None:
    for actor, status in ((admin, 200), (member, 403), (stranger, 404)):
        assert browser_of(actor).get(PAGE).status_code == status
    assert browser_of(member).post(PAGE, {"token_max_days": "1"}).status_code == 403
    assert browser_of(stranger).post(PAGE, {"token_max_days": "1"}).status_code == 404
    assert Client().get(PAGE).status_code == 302
    assert Organization.objects.get(id=organization.id).token_max_days is None


def test_changing_it_asks_once_more_who_sits_there(organization: Organization, owner: Actor) -> None:
    browser = browser_of(owner)
    session = browser.session
    session["hub.signed-in-at"] = 0
    session["account_authentication_methods"] = []
    session.save()

    answer = browser.post(PAGE, {"token_max_days": "30"})

    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    assert Organization.objects.get(id=organization.id).token_max_days is None


def test_who_lacks_a_second_factor_is_led_to_it_and_back(organization: Organization, member: Actor) -> None:
    require_of(organization, FACTOR)
    browser = browser_of(member)

    answer = browser.get("/organizations/acme")
    assert answer.status_code == 403
    assert "Acme asks for more" in answer.content.decode()
    assert 'href="/settings/security"' in answer.content.decode()

    key = with_app(member)
    text = browser.get("/organizations/acme").content.decode()
    assert 'href="/accounts/2fa/reauthenticate/?next=%2Forganizations%2Facme"' in text
    back = show_factor(browser, key, "%2Forganizations%2Facme")
    assert back["Location"] == "/organizations/acme"
    assert browser.get("/organizations/acme").status_code == 200


def test_who_is_confined_elsewhere_is_told_to_sign_in_anew(organization: Organization, member: Actor) -> None:
    other = organizations.create(by=member, slug="widgets", name="Widgets")
    browser = browser_of(member)
    session = browser.session
    sso_state.note(session, other.id, seconds=60, began_session=True)
    session.save()

    answer = browser.get("/organizations/acme")

    assert answer.status_code == 403
    assert "Sign out, to sign in with your password" in answer.content.decode()


def test_the_list_of_organizations_says_which_are_closed_to_this_sign_in(
    organization: Organization, member: Actor
) -> None:
    organizations.create(by=member, slug="widgets", name="Widgets")
    browser = browser_of(member)
    assert "Closed to this sign-in" not in browser.get("/organizations").content.decode()

    require_of(organization, FACTOR)
    text = browser.get("/organizations").content.decode()
    assert text.count("needs a second factor") == 1
    require_of(organization, SSO)
    assert "needs single sign-on" in browser.get("/organizations").content.decode()


# --- the API


def patch(secret: str, body: Any, slug: str = "acme") -> Any:
    headers = {"Authorization": f"Bearer {secret}"}
    address = f"/api/v1/organizations/{slug}/security"
    return Client().patch(address, body, content_type="application/json", headers=headers)


def test_the_api_reads_and_sets_the_policy(organization: Organization, owner: Actor) -> None:
    strong_owner = strong(owner, organization)
    weak = tokens.create(by=owner, name="w", scopes=["read", "admin"], expires_at=timezone.now() + dt.timedelta(days=1))
    proved = tokens.create(
        by=strong_owner, name="s", scopes=["read", "admin"], expires_at=timezone.now() + dt.timedelta(days=1)
    )
    read = Client().get("/api/v1/organizations/acme/security", headers={"Authorization": f"Bearer {weak.secret}"})
    assert read.json() == {"second_factor_required": False, "sso_required": False, "token_max_days": None}

    problem(patch(weak.secret, {"second_factor_required": True}), 409, "would_lock_out")
    problem(patch(weak.secret, {"sso_required": True}), 409, "would_lock_out")
    assert patch(weak.secret, {"token_max_days": 30}).json()["token_max_days"] == 30
    changed = patch(proved.secret, {"second_factor_required": True})
    assert changed.json() == {"second_factor_required": True, "sso_required": False, "token_max_days": 30}

    problem(patch(weak.secret, {"second_factor_required": False}), 403, "second_factor_required")
    assert patch(proved.secret, {"second_factor_required": False, "token_max_days": None}).status_code == 200


def test_what_the_api_refuses(organization: Organization, owner: Actor, member: Actor, stranger: Actor) -> None:
    def secret_of(actor: Actor, *scopes: str) -> str:
        return tokens.create(by=actor, name="t", scopes=scopes).secret

    for body in ({"token_max_days": 0}, {"token_max_days": "x"}, {"sso_required": "maybe"}, [1]):
        problem(patch(secret_of(owner, "read", "admin"), body), 400)
    problem(patch(secret_of(owner, "read"), {"token_max_days": 1}), 403, "not_allowed")
    problem(patch(secret_of(member, "read", "admin"), {"token_max_days": 1}), 403, "not_allowed")
    hidden = problem(patch(secret_of(stranger, "read", "admin"), {"token_max_days": 1}), 404)
    assert hidden == problem(patch(secret_of(stranger, "read", "admin"), {"token_max_days": 1}, "nothing"), 404)
    browser = browser_of(owner)
    answer = browser.patch(
        "/api/v1/organizations/acme/security", {"token_max_days": 1}, content_type="application/json"
    )
    assert "use the page" in problem(answer, 403, "not_allowed")["detail"]
    assert Organization.objects.get(id=organization.id).token_max_days is None


def test_a_token_that_lives_too_long_is_told_so(organization: Organization, owner: Actor) -> None:
    made = tokens.create(by=owner, name="t", scopes=["read", "admin"])
    require_of(organization, dataclasses.replace(NOTHING, token_max_days=30))

    problem(patch(made.secret, {}), 403, "token_too_long")


# --- the way back in


def test_the_operator_opens_an_organization_that_locked_its_owners_out(
    organization: Organization, owner: Actor
) -> None:
    locked = SecurityPolicy(second_factor_required=True, sso_required=True, token_max_days=30)
    require_of(organization, locked)
    assert memberships.role_of(owner, organization) is None
    written = io.StringIO()

    call_command("security", "open", "ACME", stdout=written)
    call_command("security", "open", "acme", stdout=written)

    assert memberships.role_of(owner, organization) == "owner"
    assert security.policy_of(Organization.objects.get(id=organization.id)) == dataclasses.replace(
        NOTHING, token_max_days=30
    )
    event = AuditEvent.objects.get(action="hub.security.update")
    assert (event.actor, event.actor_label, event.source) == (None, "operator", "command")
    assert event.data["before"] == {"second_factor_required": True, "sso_required": True}
    assert "no longer requires" in written.getvalue()
    assert "nothing was changed" in written.getvalue()


def test_only_the_operator_does(organization: Organization, owner: Actor) -> None:
    require_of(organization, FACTOR)
    for by in (owner, ANONYMOUS, dataclasses.replace(owner, source="command"), Actor(source="api")):
        with pytest.raises(PermissionRefused):
            security.open_up(by=by, organization=organization)
    with pytest.raises(CommandError, match="no organization"):
        call_command("security", "open", "nothing")
    assert Organization.objects.get(id=organization.id).second_factor_required
