"""Service accounts: machines of an organization, the tokens they act with, and who may make those."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.http import int_to_base36

from hub.actors import ANONYMOUS, Actor
from hub.context import of_token
from hub.domain.decisions import PermissionRefused
from hub.domain.slugs import InvalidName
from hub.models import ApiToken, AuditEvent, Membership, Organization, Role, ServiceAccount, Team, TeamMembership, User
from hub.policies import memberships
from hub.services import organizations, service_accounts, sign_in_links, tokens
from registry.models import Grant, Package
from registry.services import packages, releases
from tests.conftest import PASSWORD, RULE
from tests.hub.together import together
from tests.support.problems import problem

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TOKEN = re.compile(r"ahub_[0-9A-Za-z]{38}")
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def ci(organization: Organization, owner: Actor) -> ServiceAccount:
    """A maintainer."""
    return service_accounts.create(
        by=owner, organization=organization, name="ci", role="maintainer", description="Builds"
    )


@pytest.fixture
def watcher(organization: Organization, owner: Actor) -> ServiceAccount:
    """An auditor, which only an owner can make."""
    return service_accounts.create(by=owner, organization=organization, name="watcher", role="auditor")


@pytest.fixture
def auditor(organization: Organization, owner: Actor, build_user: Callable[..., User]) -> Actor:
    user = build_user("aura")
    organizations.add_member(by=owner, organization=organization, user=user, role=Role.AUDITOR)
    return Actor(user)


def token_for(account: ServiceAccount, by: Actor, *scopes: str, **limits: Any) -> tokens.NewToken:
    wanted = scopes or ("read", "publish")
    return service_accounts.create_token(by=by, account=account, name="pipeline", scopes=wanted, **limits)


def actor_of(secret: str) -> Actor:
    token = tokens.find(secret)
    assert token is not None
    return of_token(token, source="api")


def browser_of(actor: Actor) -> Client:
    client = Client()
    client.force_login(actor.user, backend=BACKEND)  # type: ignore[arg-type]  # the fixtures have people
    return client


def call(secret: str, method: str, path: str, body: Any = None) -> Any:
    content = {} if body is None else {"data": body, "content_type": "application/json"}
    address = f"/api/v1/organizations/{path}"
    return getattr(Client(), method)(address, headers={"Authorization": f"Bearer {secret}"}, **content)


# --- the account


def test_a_service_account_is_a_member_that_is_no_person(
    ci: ServiceAccount, organization: Organization, owner: Actor
) -> None:
    user = ci.user
    assert (user.username, user.is_service, user.has_usable_password()) == ("acme/ci", True, False)
    assert re.fullmatch(r"[0-9a-f]{32}@service\.invalid", user.email)
    assert not EmailAddress.objects.filter(user=user).exists()
    membership = Membership.objects.get(user=user)
    assert (membership.organization, membership.role) == (organization, "maintainer")
    event = AuditEvent.objects.get(action="hub.service-account.create")
    assert (event.actor, event.namespace, event.target_label) == (owner.user, organization.namespace, "acme/ci")
    assert event.data == {"name": "ci", "role": "maintainer", "description": "Builds"}


@pytest.mark.parametrize("name", ["", "a", "-x", "a b", "a/b", "Ünder", "x" * 40, "x.yaml", "a\0b"])
def test_a_name_that_cannot_be_used_is_refused(organization: Organization, owner: Actor, name: str) -> None:
    with pytest.raises(InvalidName):
        service_accounts.create(by=owner, organization=organization, name=name, role="member")


def test_a_name_is_used_once_also_after_the_end(ci: ServiceAccount, organization: Organization, owner: Actor) -> None:
    with pytest.raises(service_accounts.NameTaken):
        service_accounts.create(by=owner, organization=organization, name="CI ", role="member")
    service_accounts.delete(by=owner, account=ci)
    with pytest.raises(service_accounts.NameTaken):
        service_accounts.create(by=owner, organization=organization, name="ci", role="member")


@pytest.mark.django_db(transaction=True)
def test_of_two_accounts_of_one_name_at_once_one_is_made(organization: Organization, owner: Actor) -> None:
    def make() -> object:
        return service_accounts.create(by=owner, organization=organization, name="ci", role="member")

    assert sorted(type(result).__name__ for result in together(make, make)) == ["NameTaken", "ServiceAccount"]
    assert User.objects.filter(is_service=True).count() == 1


def test_an_organization_has_so_many_and_no_more(
    ci: ServiceAccount, organization: Organization, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_accounts, "MAX_ACCOUNTS", 1)
    with pytest.raises(service_accounts.TooMany):
        service_accounts.create(by=owner, organization=organization, name="second", role="member")
    assert not User.objects.filter(username="acme/second").exists()


@pytest.mark.parametrize("description", ["x" * 301, "a\nb", "a\0b"])
def test_a_description_is_one_line(
    ci: ServiceAccount, organization: Organization, owner: Actor, description: str
) -> None:
    with pytest.raises(service_accounts.InvalidDescription):
        service_accounts.create(by=owner, organization=organization, name="x1", role="member", description=description)
    with pytest.raises(service_accounts.InvalidDescription):
        service_accounts.update(by=owner, account=ci, role="member", description=description)


@pytest.mark.parametrize("role", ["owner", "admin", "king"])
def test_no_machine_runs_an_organization(
    ci: ServiceAccount, organization: Organization, owner: Actor, role: str
) -> None:
    with pytest.raises(PermissionRefused, match="member, a maintainer or an auditor"):
        service_accounts.create(by=owner, organization=organization, name="boss", role=role)
    with pytest.raises(PermissionRefused, match="member, a maintainer or an auditor"):
        service_accounts.update(by=owner, account=ci, role=role, description="")


def test_who_makes_accounts(
    organization: Organization,
    owner: Actor,
    admin: Actor,
    member: Actor,
    auditor: Actor,
    stranger: Actor,
    ci: ServiceAccount,
) -> None:
    machine = actor_of(token_for(ci, owner, "read", "admin").secret)
    for number, (by, role, may) in enumerate(
        (
            (owner, "auditor", True),
            (admin, "maintainer", True),
            (admin, "auditor", False),
            (auditor, "member", False),
            (member, "member", False),
            (stranger, "member", False),
            (ANONYMOUS, "member", False),
            (machine, "member", False),
        )
    ):
        name = f"bot{number}"
        if may:
            service_accounts.create(by=by, organization=organization, name=name, role=role)
        else:
            with pytest.raises(PermissionRefused):
                service_accounts.create(by=by, organization=organization, name=name, role=role)
        assert User.objects.filter(username=f"acme/{name}").exists() == may, name


def test_a_change_is_recorded_with_what_was_and_holds_at_once(ci: ServiceAccount, owner: Actor) -> None:
    by = actor_of(token_for(ci, owner).secret)
    assert memberships.role_of(by, ci.organization) == "maintainer"

    service_accounts.update(by=owner, account=ci, description="Tests", role="member")
    service_accounts.update(by=owner, account=ci, description="Tests", role="member")

    assert memberships.role_of(by, ci.organization) == "member"
    event = AuditEvent.objects.get(action="hub.service-account.update")
    assert event.data == {
        "name": "ci",
        "before": {"role": "maintainer", "description": "Builds"},
        "after": {"role": "member", "description": "Tests"},
    }


def test_an_admin_neither_changes_nor_ends_an_auditor_but_may_stop_its_tokens(
    watcher: ServiceAccount, owner: Actor, admin: Actor
) -> None:
    made = token_for(watcher, owner, "read", "audit")
    for deed in (
        lambda: service_accounts.update(by=admin, account=watcher, description="", role="member"),
        lambda: service_accounts.delete(by=admin, account=watcher),
        lambda: token_for(watcher, admin, "read", "audit"),
        lambda: tokens.rotate(by=admin, token=made.token, overlap=HOUR),
    ):
        with pytest.raises(PermissionRefused, match="owner"):
            deed()
    assert tokens.find(made.secret) is not None

    assert tokens.revoke(by=admin, token=made.token)


# --- no way to sign in


def test_a_service_account_cannot_sign_in_in_any_way(
    ci: ServiceAccount, owner: Actor, organization: Organization
) -> None:
    user = ci.user
    browser = Client()
    for login in (user.username, user.email):
        for password in ("", PASSWORD, user.password, "!"):
            browser.post("/accounts/login/", {"login": login, "password": password})
            assert browser.get("/settings").status_code == 302

    browser.post("/accounts/password/reset/", {"email": user.email})
    assert [message for message in mail.outbox if user.email in message.to and "/reset/key" in str(message.body)] == []

    with pytest.raises(PermissionRefused, match="cannot sign in"):
        sign_in_links.create(by=owner, user=user)
    made_by_hand = sign_in_links._tokens.make_token(user)
    assert sign_in_links.find(int_to_base36(user.pk), made_by_hand) is None
    browser.get(f"/account/link/{int_to_base36(user.pk)}/{made_by_hand}", follow=True)
    assert browser.get("/settings").status_code == 302


def test_not_even_a_password_or_a_reset_link_would_let_it_in(ci: ServiceAccount) -> None:
    ci.user.set_password(PASSWORD)
    ci.user.save()
    browser = Client()

    answer = browser.post("/accounts/login/", {"login": "acme/ci", "password": PASSWORD}, follow=True)
    assert browser.get("/settings").status_code == 302
    assert "not active" in answer.content.decode()

    key = f"{user_pk_to_url_str(ci.user)}-{default_token_generator.make_token(ci.user)}"
    form = browser.get(f"/accounts/password/reset/key/{key}/", follow=True)
    browser.post(form.request["PATH_INFO"], {"password1": "another long one", "password2": "another long one"})
    assert browser.get("/settings").status_code == 302


def test_nobody_takes_its_name_as_a_person(ci: ServiceAccount, client: Client) -> None:
    form = {"username": "acme/ci", "email": "x@example.com", "password1": "correct horse battery"}
    assert client.post("/accounts/signup/", form).status_code != 302
    assert User.objects.filter(username="acme/ci").count() == 1


# --- its tokens


def test_a_token_acts_as_the_account_in_its_organization(
    ci: ServiceAccount, owner: Actor, build_package: Callable[..., Package]
) -> None:
    package = build_package("style", "1.0.0", visibility="private")
    made = token_for(ci, owner)
    by = actor_of(made.secret)

    releases.publish(
        by=by, package=package, version="1.1.0", manifest=RULE.format(title="style", version="1.1.0", text="T")
    )

    assert (made.token.kind, made.token.organization, made.token.created_by) == ("service", ci.organization, owner.user)
    event = AuditEvent.objects.filter(action="registry.release.publish").latest("id")
    assert (event.actor_label, event.token_label) == ("acme/ci", "pipeline")
    created = AuditEvent.objects.filter(action="hub.token.create").latest("id")
    assert created.namespace == ci.organization.namespace
    assert created.data["holder"] == "acme/ci"


def test_its_power_ends_at_its_organization(ci: ServiceAccount, owner: Actor, build_user: Callable[..., User]) -> None:
    other = organizations.create(by=owner, slug="widgets", name="Widgets")
    by = actor_of(token_for(ci, owner, "read", "publish", "manage", "admin", "audit", "scim").secret)
    # Not even a membership elsewhere, which no service gives it, would let it in there.
    Membership.objects.create(organization=other, user=ci.user, role=Role.OWNER)

    assert list(memberships.effective(by).values_list("organization__namespace__slug", flat=True)) == ["acme"]


@pytest.mark.parametrize(
    ("scopes", "patterns", "error"),
    [
        ([], [], "scope"),
        (["root"], [], "scope"),
        (["read"], ["acme"], "pattern"),
        (["read"], [f"acme/a{n}*" for n in range(21)], "patterns"),
    ],
)
def test_a_token_has_limits_that_can_be_kept(
    ci: ServiceAccount, owner: Actor, scopes: list[str], patterns: list[str], error: str
) -> None:
    with pytest.raises(ValueError, match=error):
        service_accounts.create_token(by=owner, account=ci, name="x", scopes=scopes, patterns=patterns)
    assert not ApiToken.objects.exists()


def test_its_tokens_keep_to_the_maximum(ci: ServiceAccount, owner: Actor, organization: Organization) -> None:
    early = token_for(ci, owner)
    Organization.objects.filter(id=organization.id).update(token_max_days=30)
    ci.organization.refresh_from_db()

    with pytest.raises(tokens.TooLong):
        token_for(ci, owner)
    token_for(ci, owner, expires_at=timezone.now() + dt.timedelta(days=30))
    assert memberships.role_of(actor_of(early.secret), organization) is None
    rotated = tokens.rotate(by=owner, token=early.token, overlap=HOUR)
    assert memberships.role_of(actor_of(rotated.secret), organization) == "maintainer"


def test_no_machine_and_no_narrowed_token_makes_tokens(ci: ServiceAccount, owner: Actor, admin: Actor) -> None:
    machine = actor_of(token_for(ci, owner, "read", "admin").secret)
    narrowed = actor_of(tokens.create(by=admin, name="n", scopes=["read", "admin"], patterns=["acme/web-*"]).secret)
    reading = actor_of(tokens.create(by=admin, name="r", scopes=["read", "publish"]).secret)
    running = actor_of(tokens.create(by=admin, name="a", scopes=["admin"]).secret)

    for by in (machine, narrowed, reading):
        with pytest.raises(PermissionRefused):
            token_for(ci, by)
    assert token_for(ci, running).token.created_by == admin.user
    # Were a machine ever made admin by a way of its own, it still would make none.
    Membership.objects.filter(user=ci.user).update(role=Role.ADMIN)
    with pytest.raises(PermissionRefused, match="makes no tokens"):
        token_for(ci, machine)


def test_its_end_ends_everything_at_once_and_its_deeds_keep_its_name(
    ci: ServiceAccount, owner: Actor, organization: Organization, build_package: Callable[..., Package]
) -> None:
    package = build_package("style", "1.0.0", visibility="private")
    made = token_for(ci, owner)
    membership = Membership.objects.get(user=ci.user)
    team = Team.objects.create(organization=organization, slug="bots", name="Bots")
    TeamMembership.objects.create(team=team, membership=membership)
    Grant.objects.create(package=package, user=ci.user, membership=membership, permission="read")
    manifest = RULE.format(title="style", version="1.1.0", text="T")
    releases.publish(by=actor_of(made.secret), package=package, version="1.1.0", manifest=manifest)

    service_accounts.delete(by=owner, account=ci)

    assert tokens.find(made.secret) is None
    for model in (Membership, TeamMembership, Grant, ServiceAccount):
        assert not model.objects.filter(**({"user": ci.user} if model is not TeamMembership else {})).exists(), model
    event = AuditEvent.objects.filter(action="registry.release.publish").latest("id")
    assert (event.actor, event.actor_label) == (ci.user, "acme/ci")
    published = package.releases.get(version="1.1.0").published_by
    assert published is not None
    assert (published.username, published.is_active) == ("acme/ci", False)
    ended = AuditEvent.objects.filter(namespace=organization.namespace).order_by("-id").values_list("action", flat=True)
    assert list(ended[:2]) == ["hub.service-account.delete", "hub.token.revoke"]
    with pytest.raises(service_accounts.Gone):
        service_accounts.delete(by=owner, account=ci)
    with pytest.raises(service_accounts.Gone):
        token_for(ci, owner)


@pytest.mark.django_db(transaction=True)
def test_a_token_made_while_the_account_ends_does_not_outlive_it(organization: Organization, owner: Actor) -> None:
    account = service_accounts.create(by=owner, organization=organization, name="ci", role="member")

    results = together(lambda: token_for(account, owner), lambda: service_accounts.delete(by=owner, account=account))

    assert None in results
    assert not ApiToken.objects.in_force().filter(user=account.user).exists()


def test_it_stays_when_its_maker_goes(organization: Organization, owner: Actor, admin: Actor) -> None:
    assert admin.user is not None
    account = service_accounts.create(by=admin, organization=organization, name="ci", role="maintainer")
    made = token_for(account, admin)

    organizations.remove_member(by=owner, organization=organization, user=admin.user)
    User.objects.filter(id=admin.user.id).update(is_active=False)

    assert memberships.role_of(actor_of(made.secret), organization) == "maintainer"
    assert tokens.rotate(by=owner, token=made.token, overlap=HOUR).token.user == account.user


def test_teams_and_grants_work_for_it(
    organization: Organization, owner: Actor, build_package: Callable[..., Package]
) -> None:
    account = service_accounts.create(by=owner, organization=organization, name="reader", role="member")
    for name in ("granted", "shared", "closed"):
        build_package(name, "1.0.0", visibility="private")
    membership = Membership.objects.get(user=account.user)
    team = Team.objects.create(organization=organization, slug="bots", name="Bots")
    TeamMembership.objects.create(team=team, membership=membership)
    granted, shared = (Package.objects.get(name=name) for name in ("granted", "shared"))
    Grant.objects.create(package=granted, user=account.user, membership=membership, permission="read")
    Grant.objects.create(package=shared, team=team, permission="publish")

    by = actor_of(token_for(account, owner).secret)

    assert set(Package.objects.visible_to(by).values_list("name", flat=True)) == {"granted", "shared"}
    assert list(Package.objects.publishable_by(by)) == [shared]
    with pytest.raises(PermissionRefused):
        packages.create(by=by, namespace=organization.namespace, name="new", kind="rule")


def test_a_machine_without_a_namespace_is_told_to_name_one(ci: ServiceAccount, owner: Actor) -> None:
    secret = token_for(ci, owner).secret
    body = {
        "name": "new",
        "version": "1.0.0",
        "manifest": "name: new\nversion: 1.0.0\nschema: v1\nrules:\n  - Be brief.\n",
    }
    bearer = {"Authorization": f"Bearer {secret}"}
    answer = Client().post("/api/v1/resolve", body, content_type="application/json", headers=bearer)
    problem(answer, 400, "namespace_missing")
    answer = Client().post(
        "/api/v1/resolve", body | {"namespace": "acme"}, content_type="application/json", headers=bearer
    )
    assert answer.status_code == 200


# --- pages


def test_an_account_is_made_and_given_a_token_in_the_browser(organization: Organization, owner: Actor) -> None:
    browser = browser_of(owner)
    assert "No service accounts yet" in browser.get("/organizations/acme/service-accounts").content.decode()

    form = {"name": "ci", "description": "Builds", "role": "maintainer"}
    made = browser.post("/organizations/acme/service-accounts", form, follow=True)
    assert made.redirect_chain == [("/organizations/acme/service-accounts/ci", 302)]
    assert "No tokens yet" in made.content.decode()

    wanted = {"name": "pipeline", "scopes": ["read", "scim"], "patterns": "acme/*", "lifetime": "90"}
    answer = browser.post("/organizations/acme/service-accounts/ci/tokens", wanted)
    secret = TOKEN.search(answer.content.decode())
    assert secret is not None
    assert "no-store" in answer["Cache-Control"]
    assert actor_of(secret[0]).label == "acme/ci"
    detail = browser.get("/organizations/acme/service-accounts/ci").content.decode()
    assert "pipeline" in detail
    assert not TOKEN.search(detail)

    token = ApiToken.objects.get()
    address = f"/organizations/acme/service-accounts/ci/tokens/{token.id}"
    successor = TOKEN.search(browser.post(f"{address}/rotate", {"overlap": "1"}).content.decode())
    assert successor is not None
    again = browser.post(f"{address}/rotate", {"overlap": "1"}, follow=True)
    assert "rotated already" in again.content.decode()
    assert browser.get(f"{address}/revoke").status_code == 200
    browser.post(f"{address}/revoke")
    assert tokens.find(secret[0]) is None
    assert tokens.find(successor[0]) is not None

    changed = browser.post(
        "/organizations/acme/service-accounts/ci", {"description": "New", "role": "member"}, follow=True
    )
    assert "Saved." in changed.content.decode()
    assert "can have its name" in browser.get("/organizations/acme/service-accounts/ci/delete").content.decode()
    gone = browser.post("/organizations/acme/service-accounts/ci/delete", follow=True)
    assert "is deleted" in gone.content.decode()
    assert tokens.find(successor[0]) is None
    assert browser.get("/organizations/acme/service-accounts/ci").status_code == 404


ADDRESSES = (
    "/organizations/acme/service-accounts",
    "/organizations/acme/service-accounts/ci",
    "/organizations/acme/service-accounts/ci/delete",
    "/organizations/acme/service-accounts/ci/tokens",
    "/organizations/acme/service-accounts/ci/tokens/{}/rotate",
    "/organizations/acme/service-accounts/ci/tokens/{}/revoke",
)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_pages_are_for_those_who_manage(
    method: str, address: str, ci: ServiceAccount, owner: Actor, member: Actor, auditor: Actor, stranger: Actor
) -> None:
    made = token_for(ci, owner)
    here = address.format(made.token.id)
    for actor, status in ((member, 403), (auditor, 403), (stranger, 404)):
        assert getattr(browser_of(actor), method)(here).status_code == status
    assert getattr(Client(), method)(here).status_code == 302
    assert tokens.find(made.secret) is not None
    assert ServiceAccount.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "a b"}, {"name": "x" * 40}, {"role": "owner"}, {"role": ""}, {"description": "a\nb"}],
    ids=str,
)
def test_a_wrong_form_is_shown_again(organization: Organization, owner: Actor, wrong: dict[str, str]) -> None:
    form = {"name": "ci", "description": "", "role": "member", **wrong}
    answer = browser_of(owner).post("/organizations/acme/service-accounts", form)
    assert answer.status_code == 422
    assert not ServiceAccount.objects.exists()


def test_an_admin_is_offered_no_auditor_and_no_token_of_one(watcher: ServiceAccount, admin: Actor) -> None:
    browser = browser_of(admin)
    assert 'value="auditor"' not in browser.get("/organizations/acme/service-accounts").content.decode()
    assert (
        "Only somebody who could give its role"
        in browser.get("/organizations/acme/service-accounts/watcher").content.decode()
    )
    wanted = {"name": "x", "scopes": ["audit"], "lifetime": "90"}
    refused = browser.post("/organizations/acme/service-accounts/watcher/tokens", wanted)
    assert refused.status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_of_another_account_or_organization_is_not_found(
    ci: ServiceAccount, watcher: ServiceAccount, owner: Actor, stranger: Actor
) -> None:
    theirs = organizations.create(by=stranger, slug="widgets", name="Widgets")
    account = service_accounts.create(by=stranger, organization=theirs, name="ci", role="member")
    foreign, sibling, own = (
        token_for(account, stranger),
        token_for(watcher, owner),
        tokens.create(by=owner, name="p", scopes=["read"]),
    )
    secret = tokens.create(by=owner, name="admin", scopes=["read", "admin"]).secret

    for made in (foreign, sibling, own):
        for deed in ("rotate", "revoke"):
            address = f"/organizations/acme/service-accounts/ci/tokens/{made.token.id}/{deed}"
            assert browser_of(owner).post(address, {"overlap": "0"}).status_code == 404
        problem(call(secret, "delete", f"acme/service-accounts/ci/tokens/{made.token.id}"), 404, "not_found")
        problem(call(secret, "post", f"acme/service-accounts/ci/tokens/{made.token.id}/rotate", {}), 404, "not_found")
        assert tokens.find(made.secret) is not None


def test_a_long_list_takes_as_many_queries(
    organization: Organization, owner: Actor, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        account = service_accounts.create(by=owner, organization=organization, name=f"bot{number:02}", role="member")
    for _ in range(30):
        token_for(account, owner)
    browser = browser_of(owner)
    browser.get("/organizations/acme/service-accounts")

    with django_assert_max_num_queries(12):
        text = browser.get("/organizations/acme/service-accounts").content.decode()
    assert "bot24" in text
    assert "bot25" not in text
    with django_assert_max_num_queries(20):
        browser.get("/organizations/acme/service-accounts/bot29")


# --- the API


def test_the_api_makes_an_account_and_its_tokens(organization: Organization, admin: Actor) -> None:
    secret = tokens.create(by=admin, name="terraform", scopes=["read", "admin"]).secret

    made = call(secret, "post", "acme/service-accounts", {"name": "ci", "role": "maintainer"})
    assert (made.status_code, made["Location"]) == (201, "/api/v1/organizations/acme/service-accounts/ci")
    assert made.json()["username"] == "acme/ci"
    assert made.json()["created_by"] == "adam"
    changed = call(secret, "patch", "acme/service-accounts/ci", {"description": "Builds"})
    assert (changed.json()["description"], changed.json()["role"]) == ("Builds", "maintainer")

    body = {"name": "pipeline", "scopes": ["read", "publish"], "patterns": ["acme/*"]}
    answer = call(secret, "post", "acme/service-accounts/ci/tokens", body)
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    token = answer.json()
    assert actor_of(token["secret"]).label == "acme/ci"
    assert (token["organization"], token["patterns"], token["kind"]) == ("acme", ["acme/*"], "service")

    rotated = call(secret, "post", f"acme/service-accounts/ci/tokens/{token['id']}/rotate", {"overlap_seconds": 60})
    assert rotated.status_code == 201
    assert rotated["Cache-Control"] == "no-store"
    assert rotated.json()["replaces"] == token["id"]
    again = call(secret, "post", f"acme/service-accounts/ci/tokens/{token['id']}/rotate", {})
    problem(again, 409, "token_rotated")
    listed = call(secret, "get", "acme/service-accounts/ci/tokens")
    assert [item["id"] for item in listed.json()["items"]] == [rotated.json()["id"], token["id"]]
    assert "ahub_" not in listed.content.decode()
    assert call(secret, "delete", f"acme/service-accounts/ci/tokens/{token['id']}").status_code == 204
    assert tokens.find(token["secret"]) is None
    assert [item["name"] for item in call(secret, "get", "acme/service-accounts").json()["items"]] == ["ci"]
    assert call(secret, "get", "acme/service-accounts/ci").json()["role"] == "maintainer"

    assert call(secret, "delete", "acme/service-accounts/ci").status_code == 204
    assert tokens.find(rotated.json()["secret"]) is None
    problem(call(secret, "get", "acme/service-accounts/ci"), 404, "not_found")


def test_what_the_api_refuses(ci: ServiceAccount, owner: Actor, organization: Organization) -> None:
    secret = tokens.create(by=owner, name="t", scopes=["read", "admin"]).secret
    for path, body, code in (
        ("acme/service-accounts", {"name": "ci"}, 409),
        ("acme/service-accounts", {"name": "a b"}, 400),
        ("acme/service-accounts", {"name": "bot", "role": "owner"}, 400),
        ("acme/service-accounts", {}, 400),
        ("acme/service-accounts", [], 400),
        ("acme/service-accounts", {"name": "bot", "description": "a\nb"}, 400),
        ("acme/service-accounts/ci/tokens", {"name": "x", "scopes": []}, 400),
        ("acme/service-accounts/ci/tokens", {"name": "x", "scopes": ["root"]}, 400),
        ("acme/service-accounts/ci/tokens", {"name": "a\nb", "scopes": ["read"]}, 400),
        ("acme/service-accounts/ci/tokens", {"name": "x", "scopes": ["read"], "patterns": ["acme"]}, 400),
        ("acme/service-accounts/ci/tokens", {"name": "x", "scopes": ["read"], "patterns": "acme/*"}, 400),
        (
            "acme/service-accounts/ci/tokens",
            {"name": "x", "scopes": ["read"], "expires_at": "9999-12-31T23:59:59Z"},
            400,
        ),
        ("acme/service-accounts/ci/tokens", {"name": "x", "scopes": ["read"], "expires_at": "soon"}, 400),
        ("acme/service-accounts/nobody/tokens", {"name": "x", "scopes": ["read"]}, 404),
    ):
        problem(call(secret, "post", path, body), code)
    problem(call(secret, "get", "acme/service-accounts?cursor=x"), 400, "cursor_invalid")
    made = token_for(ci, owner)
    for overlap in (-1, 604_801, "x"):
        path = f"acme/service-accounts/ci/tokens/{made.token.id}/rotate"
        problem(call(secret, "post", path, {"overlap_seconds": overlap}), 400)
    assert ApiToken.objects.filter(user=ci.user).count() == 1


def test_a_token_does_not_end_before_it_begins(ci: ServiceAccount, owner: Actor) -> None:
    secret = tokens.create(by=owner, name="t", scopes=["read", "admin"]).secret
    body = {"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}
    problem(call(secret, "post", "acme/service-accounts/ci/tokens", body), 400, "token_invalid")


def test_in_the_browser_the_api_does_not_go_around_the_question_who_sits_there(
    ci: ServiceAccount, owner: Actor
) -> None:
    browser = browser_of(owner)
    json = {"content_type": "application/json"}
    here = "/api/v1/organizations/acme/service-accounts"
    assert browser.get(here).status_code == 200
    for answer in (
        browser.post(here, {"name": "bot"}, **json),
        browser.patch(f"{here}/ci", {"role": "member"}, **json),
        browser.post(f"{here}/ci/tokens", {"name": "x", "scopes": ["read"]}, **json),
        browser.delete(f"{here}/ci"),
    ):
        assert "use the page" in problem(answer, 403, "not_allowed")["detail"]
    assert not ApiToken.objects.exists()


def test_who_is_refused_by_the_api(ci: ServiceAccount, owner: Actor, member: Actor, stranger: Actor) -> None:
    machine = token_for(ci, owner, "read", "admin").secret
    without_scope = tokens.create(by=owner, name="t", scopes=["read"]).secret
    of_member = tokens.create(by=member, name="t", scopes=["read", "admin"]).secret
    of_stranger = tokens.create(by=stranger, name="t", scopes=["read", "admin"]).secret
    for secret, status in ((machine, 403), (without_scope, 403), (of_member, 403), (of_stranger, 404)):
        problem(call(secret, "get", "acme/service-accounts"), status)
        problem(call(secret, "post", "acme/service-accounts/ci/tokens", {"name": "x", "scopes": ["read"]}), status)
    nothing = problem(call(of_stranger, "get", "nothing/service-accounts"), 404)
    hidden = problem(call(of_stranger, "get", "acme/service-accounts"), 404)
    assert nothing == hidden


def test_a_service_account_is_no_member_on_the_pages_of_members(
    client: Client, owner: Actor, organization: Organization
) -> None:
    service_accounts.create(by=owner, organization=organization, name="pipeline", role=Role.MEMBER)
    assert owner.user is not None
    client.force_login(owner.user, backend=BACKEND)

    page = client.get("/organizations/acme")

    assert page.status_code == 200
    assert "pipeline" not in page.content.decode()
    assert client.get("/organizations/acme/members/pipeline").status_code == 404
