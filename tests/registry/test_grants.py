"""Grants: what they open, to whom, and when they close again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hub.actors import ANONYMOUS, Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Organization, Team, User
from hub.services import organizations, service_accounts, teams, tokens
from registry import policies
from registry.models import Grant, Package
from registry.services import grants, packages
from tests.hub.test_organizations import browser_of
from tests.hub.together import together


@pytest.fixture
def secret(build_package: Any) -> Package:
    """A private package of acme."""
    return build_package("secret", "1.0.0", visibility="private")


@pytest.fixture
def platform(organization: Organization, owner: Actor) -> Team:
    return teams.create(by=owner, organization=organization, slug="platform", name="Platform")


def power(actor: Actor, package: Package) -> str:
    """The widest thing that the actor may do with the package."""
    if policies.may_manage(actor, package):
        return "manage"
    if policies.may_release(actor, package):
        return "publish"
    return "read" if Package.objects.visible_to(actor).filter(id=package.id).exists() else ""


@pytest.mark.parametrize("permission", ["read", "publish", "manage"])
def test_a_member_may_what_was_granted(secret: Package, owner: Actor, member: Actor, permission: str) -> None:
    assert power(member, secret) == ""
    grants.give(by=owner, package=secret, permission=permission, user=member.user)
    assert power(member, secret) == permission


@pytest.mark.parametrize("permission", ["read", "publish", "manage"])
def test_a_team_may_what_was_granted_as_long_as_one_is_in_it(
    secret: Package, platform: Team, owner: Actor, member: Actor, permission: str
) -> None:
    assert member.user is not None
    grants.give(by=owner, package=secret, permission=permission, team=platform)
    assert power(member, secret) == ""
    teams.add_member(by=owner, team=platform, user=member.user)
    assert power(member, secret) == permission
    teams.remove_member(by=owner, team=platform, user=member.user)
    assert power(member, secret) == ""


def test_who_comes_back_finds_no_grant(
    organization: Organization, secret: Package, owner: Actor, member: Actor
) -> None:
    assert member.user is not None
    grants.give(by=owner, package=secret, permission="manage", user=member.user)
    organizations.remove_member(by=owner, organization=organization, user=member.user)
    assert power(member, secret) == ""
    organizations.add_member(by=owner, organization=organization, user=member.user, role="member")
    assert power(member, secret) == ""
    assert not Grant.objects.exists()


def test_another_grant_takes_the_place_of_the_first(secret: Package, owner: Actor, member: Actor) -> None:
    first = grants.give(by=owner, package=secret, permission="manage", user=member.user)
    second = grants.give(by=owner, package=secret, permission="read", user=member.user)
    assert first.id == second.id
    assert power(member, secret) == "read"
    grants.give(by=owner, package=secret, permission="read", user=member.user)
    grants.withdraw(by=owner, grant=second)
    assert power(member, secret) == ""
    with pytest.raises(grants.Gone):
        grants.withdraw(by=owner, grant=second)
    events = AuditEvent.objects.filter(action__startswith="registry.grant.").order_by("id")
    assert list(events.values_list("action", "data")) == [
        ("registry.grant.create", {"user": "mia", "permission": "manage"}),
        ("registry.grant.update", {"user": "mia", "before": "manage", "permission": "read"}),
        ("registry.grant.delete", {"user": "mia", "permission": "read"}),
    ]


def test_who_can_be_given_nothing(
    organization: Organization, secret: Package, owner: Actor, stranger: Actor, platform: Team
) -> None:
    other = organizations.create(by=owner, slug="other", name="")
    foreign = teams.create(by=owner, organization=other, slug="team", name="")
    for grantee in ({"user": stranger.user}, {"team": foreign}, {}, {"user": owner.user, "team": platform}):
        with pytest.raises(grants.NotGrantable):
            grants.give(by=owner, package=secret, permission="read", **grantee)  # type: ignore[arg-type]  # wrong on purpose
    assert owner.user is not None
    mine = packages.create(by=owner, namespace=owner.user.namespace, name="mine", kind="rule")
    machine = service_accounts.create(by=owner, organization=organization, name="ci", role="member")
    for grantee in ({"user": owner.user}, {"team": platform}, {"user": machine.user}):
        with pytest.raises(grants.NotGrantable):
            grants.give(by=owner, package=mine, permission="read", **grantee)  # type: ignore[arg-type]  # wrong on purpose


def test_a_person_shares_a_package_of_their_own(owner: Actor, stranger: Actor) -> None:
    assert owner.user is not None
    mine = packages.create(by=owner, namespace=owner.user.namespace, name="mine", kind="rule")
    assert power(stranger, mine) == ""
    grants.give(by=owner, package=mine, permission="publish", user=stranger.user)
    assert power(stranger, mine) == "publish"
    assert stranger.user is not None
    confined = Actor(stranger.user, confined_to=10**6)
    assert power(confined, mine) == ""


def test_only_who_manages_grants(secret: Package, owner: Actor, member: Actor, stranger: Actor) -> None:
    given = grants.give(by=owner, package=secret, permission="publish", user=member.user)
    weak = Actor(owner.user, token=tokens.create(by=owner, name="t", scopes=["read", "publish"]).token)
    for actor in (member, stranger, ANONYMOUS, weak):
        with pytest.raises(PermissionRefused):
            grants.give(by=actor, package=secret, permission="manage", user=member.user)
        with pytest.raises(PermissionRefused):
            grants.withdraw(by=actor, grant=given)


def test_tokens_bound_what_a_grant_gives(secret: Package, owner: Actor, member: Actor) -> None:
    grants.give(by=owner, package=secret, permission="manage", user=member.user)

    def token(*scopes: str, patterns: tuple[str, ...] = ()) -> Actor:
        made = tokens.create(by=member, name="t", scopes=scopes, patterns=patterns)
        return Actor(member.user, token=made.token)

    assert power(token("read"), secret) == "read"
    assert power(token("read", "publish"), secret) == "publish"
    assert power(token("read", "publish", "manage"), secret) == "manage"
    assert power(token("read", "manage", patterns=("acme/other",)), secret) == ""
    assert power(token("read", "manage", patterns=("acme/sec*",)), secret) == "manage"


def test_a_machine_is_granted_one_package(organization: Organization, secret: Package, owner: Actor) -> None:
    account = service_accounts.create(by=owner, organization=organization, name="ci", role="member")
    machine = Actor(account.user)
    grants.give(by=owner, package=secret, permission="publish", user=account.user)
    assert power(machine, secret) == "publish"
    service_accounts.delete(by=owner, account=account)
    assert not Grant.objects.exists()


def test_there_is_an_end_to_grants(
    secret: Package, owner: Actor, member: Actor, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grants, "MAX_GRANTS", 1)
    grants.give(by=owner, package=secret, permission="read", user=member.user)
    grants.give(by=owner, package=secret, permission="publish", user=member.user)
    with pytest.raises(grants.TooMany):
        grants.give(by=owner, package=secret, permission="read", user=admin.user)


SURFACES = [
    "/acme/secret",
    "/acme/secret/releases",
    "/api/v1/packages/acme/secret",
    "/api/v1/packages/acme/secret/releases/1.0.0",
    "/registry/v1/acme/secret/latest",
    "/v0/acme/secret/latest/download",
]


@pytest.mark.parametrize("address", SURFACES)
def test_every_surface_shows_what_is_granted(secret: Package, owner: Actor, member: Actor, address: str) -> None:
    bearer = {"Authorization": f"Bearer {tokens.create(by=member, name='t', scopes=['read']).secret}"}
    browser = browser_of(member.user)

    def status() -> int:
        if address.startswith("/acme"):
            return browser.get(address).status_code
        return Client().get(address, headers=bearer).status_code

    assert status() == 404
    given = grants.give(by=owner, package=secret, permission="read", user=member.user)
    assert status() == 200
    grants.withdraw(by=owner, grant=given)
    assert status() == 404


@pytest.mark.parametrize("address", ["/?q=secret", "/acme", "/api/v1/packages?q=secret"])
def test_lists_and_counts_show_what_is_granted(secret: Package, owner: Actor, member: Actor, address: str) -> None:
    browser = browser_of(member.user)
    assert "acme/secret" not in browser.get(address).content.decode().replace('"', "").replace("namespace/", "acme/")
    before = browser.get(address).content
    grants.give(by=owner, package=secret, permission="read", user=member.user)
    assert browser.get(address).content != before
    assert "secret" in browser.get(address).content.decode()


@pytest.mark.django_db(transaction=True)
def test_granted_twice_at_once_is_one_grant(secret: Package, owner: Actor, admin: Actor, member: Actor) -> None:
    def give(by: Actor, permission: str) -> Callable[[], object]:
        package = Package.objects.select_related("namespace").get(id=secret.id)
        return lambda: grants.give(by=by, package=package, permission=permission, user=member.user)

    outcomes = together(give(owner, "read"), give(admin, "publish"))

    assert {type(outcome).__name__ for outcome in outcomes} == {"Grant"}
    assert Grant.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_granted_and_taken_out_at_once(
    organization: Organization, secret: Package, owner: Actor, admin: Actor, member: Actor
) -> None:
    assert member.user is not None
    user = member.user

    together(
        lambda: grants.give(by=admin, package=secret, permission="manage", user=user),
        lambda: organizations.remove_member(by=owner, organization=organization, user=user),
    )

    assert not organization.memberships.filter(user=user).exists()
    assert not Grant.objects.exists()


# --- pages and API


def test_the_page(secret: Package, platform: Team, owner: Actor, member: Actor) -> None:
    browser = browser_of(owner.user)
    assert "Nothing is granted" in browser.get("/acme/secret/access").content.decode()

    for form, status in (
        ({"username": "mia", "permission": "publish"}, 302),
        ({"team": "platform", "permission": "read"}, 302),
        ({"permission": "read"}, 422),
        ({"username": "mia", "team": "platform", "permission": "read"}, 422),
        ({"username": "nobody", "permission": "read"}, 422),
        ({"username": "mia", "permission": "own"}, 422),
    ):
        assert browser.post("/acme/secret/access", form).status_code == status, form
    page = browser.get("/acme/secret/access").content.decode()
    assert "mia" in page
    assert "/organizations/acme/teams/platform" in page
    given = Grant.objects.get(user=member.user)
    assert "Withdraw the grant of mia?" in browser.get(f"/acme/secret/access/{given.id}/withdraw").content.decode()
    browser.post(f"/acme/secret/access/{given.id}/withdraw")
    assert not Grant.objects.filter(user=member.user).exists()
    assert browser.post(f"/acme/secret/access/{given.id}/withdraw").status_code == 404
    assert browser_of(member.user).get("/acme/secret/access").status_code == 404


def test_the_page_takes_as_many_queries(
    organization: Organization,
    secret: Package,
    owner: Actor,
    build_user: Callable[..., User],
    django_assert_max_num_queries: Any,
) -> None:
    browser = browser_of(owner.user)
    for number in range(30):
        user = build_user(f"p{number:02}")
        organizations.add_member(by=owner, organization=organization, user=user, role="member")
        grants.give(by=owner, package=secret, permission="read", user=user)
    with django_assert_max_num_queries(10):
        page = browser.get("/acme/secret/access").content.decode()
    assert ">p24<" in page
    assert ">p25<" not in page


def test_the_api(secret: Package, platform: Team, owner: Actor, member: Actor, stranger: Actor, api: Any) -> None:
    made = api("post", "packages/acme/secret/grants", owner, {"user": "mia", "permission": "read"})
    assert (made.status_code, made.json()["user"], made.json()["team"]) == (201, "mia", None)
    assert (
        api("post", "packages/acme/secret/grants", owner, {"team": "platform", "permission": "read"}).status_code == 201
    )
    for wrong in (
        {"permission": "read"},
        {"user": "mia", "team": "platform", "permission": "read"},
        {"user": "stranger", "permission": "read"},
        {"user": "nobody", "permission": "read"},
        {"team": "none", "permission": "read"},
        {"user": "mia", "permission": "own"},
    ):
        assert api("post", "packages/acme/secret/grants", owner, wrong).status_code == 400, wrong
    assert [one["permission"] for one in api("get", "packages/acme/secret/grants", owner).json()["items"]] == [
        "read"
    ] * 2
    assert api("get", "packages/acme/secret/grants", member).status_code == 403
    assert api("get", "packages/acme/secret/grants", stranger).status_code == 404
    address = f"packages/acme/secret/grants/{made.json()['id']}"
    assert api("delete", address, member).status_code == 403
    assert api("delete", address, owner).status_code == 204
    assert api("delete", address, owner).status_code == 404
    assert api("get", "packages/acme/secret", member).status_code == 404
