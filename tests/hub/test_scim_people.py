"""SCIM: who gets in, who is out at once, and whose account nobody takes over."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.actors import Actor
from hub.models import (
    ApiToken,
    AuditEvent,
    Membership,
    Organization,
    Role,
    ScimGroupMember,
    ScimUser,
    Source,
    Team,
    TeamMembership,
    User,
)
from hub.policies import organizations as policies
from hub.services import group_mappings, organizations, scim, service_accounts, tokens
from tests.conftest import PASSWORD
from tests.hub.scim import Directory, directory_of
from tests.hub.together import together

SIGN_IN = Actor(source="sso")


@pytest.fixture
def directory(organization: Organization, owner: Actor) -> Directory:
    return directory_of(owner, organization)


@pytest.fixture
def other(stranger: Actor) -> Directory:
    """The directory of another organization."""
    return directory_of(stranger, organizations.create(by=stranger, slug="other", name="Other"))


def row_of(resource: dict[str, Any]) -> ScimUser:
    return ScimUser.objects.select_related("user").get(uid=resource["id"])


def role_of(organization: Organization, user: User | None) -> str | None:
    return Membership.objects.filter(organization=organization, user=user).values_list("role", flat=True).first()


# --- in


def test_somebody_unknown_gets_an_account_without_password_and_is_a_member(
    directory: Directory, organization: Organization
) -> None:
    made = directory.user("nina", name={"givenName": "Nina", "familyName": "Nowak"})
    row = row_of(made)
    assert row.user is not None
    assert (row.user.username, row.user.email, row.user.first_name) == ("nina", "nina@corp.example", "Nina Nowak")
    assert not row.user.has_usable_password()
    membership = Membership.objects.get(user=row.user)
    assert (membership.organization, membership.role, membership.source) == (organization, "member", "scim")
    events = AuditEvent.objects.filter(source="scim").order_by("id")
    assert [event.action for event in events] == [
        "hub.account.create",
        "hub.scim-user.create",
        "hub.membership.create",
    ]
    assert {event.actor_label for event in events} == {"acme/directory0"}
    assert {event.token_label for event in events} == {"directory"}


def test_a_name_that_is_taken_gets_another_one(directory: Directory, build_user: Callable[..., User]) -> None:
    build_user("nina")
    row = row_of(directory.user("nina"))
    assert row.user is not None
    assert row.user.username == "nina-2"


def test_a_member_is_joined_and_keeps_the_role_that_people_gave(
    directory: Directory, organization: Organization, admin: Actor
) -> None:
    made = directory.user("adam", userName="adam@example.com")
    assert row_of(made).user == admin.user
    assert (role_of(organization, admin.user), Membership.objects.get(user=admin.user).source) == ("admin", "manual")


@pytest.mark.parametrize("address", ["stranger@example.com", "STRANGER@Example.com"])
def test_nobodys_account_is_taken_over_by_whoever_names_its_address(
    directory: Directory, organization: Organization, stranger: Actor, address: str
) -> None:
    """The answer is that for somebody unknown, and the account stays outside, as it was."""
    before = User.objects.values().get(id=stranger.user.id)  # type: ignore[union-attr]  # the fixtures have people
    known = directory("post", "Users", {"userName": "known", "emails": [{"value": address, "primary": True}]})
    unknown = directory("post", "Users", {"userName": "nobody", "emails": [{"value": "new@corp.example"}]})
    assert known.status_code == unknown.status_code == 201
    assert known.json().keys() == unknown.json().keys()
    assert row_of(known.json()).user is None
    assert role_of(organization, stranger.user) is None
    assert User.objects.values().get(id=stranger.user.id) == before  # type: ignore[union-attr]  # as above
    # Later changes do not get there either.
    path = f"Users/{known.json()['id']}"
    directory.patch(path, {"op": "replace", "path": "active", "value": False})
    directory.patch(path, {"op": "replace", "path": "active", "value": True})
    group = directory.group("makers", known.json())
    assert group["members"][0]["value"] == known.json()["id"]
    assert row_of(known.json()).user is None
    assert role_of(organization, stranger.user) is None


def test_a_verified_second_address_is_an_account_too(directory: Directory, stranger: Actor) -> None:
    EmailAddress.objects.create(user=stranger.user, email="work@corp.example", verified=True)
    made = directory.user("work")
    assert row_of(made).user is None
    assert not User.objects.filter(email="work@corp.example").exists()


def test_a_machine_is_nobody(directory: Directory, organization: Organization) -> None:
    machine = directory.account.user
    made = directory("post", "Users", {"userName": machine.email}).json()
    directory("delete", f"Users/{made['id']}")
    assert ScimUser.objects.get(uid=made["id"]).user is None
    assert role_of(organization, machine) == "member"


def test_whoever_waited_comes_in_with_all_that_the_groups_give(
    directory: Directory, organization: Organization, owner: Actor, stranger: Actor
) -> None:
    user: Any = stranger.user
    group_mappings.create(by=owner, organization=organization, group="makers", role="maintainer")
    waiting = directory.user("x", userName="stranger@example.com")
    directory.group("makers", waiting)
    assert role_of(organization, user) is None
    found = scim.match(by=SIGN_IN, organization=organization, user=user, email="Stranger@Example.com")
    assert found == row_of(waiting)
    assert (role_of(organization, user), row_of(waiting).user) == ("maintainer", user)
    event = AuditEvent.objects.get(action="hub.scim-user.link")
    assert event.data["member"] == "stranger"
    assert scim.match(by=SIGN_IN, organization=organization, user=user, email="stranger@example.com") == found
    assert AuditEvent.objects.filter(action="hub.scim-user.link").count() == 1


def test_whoever_is_not_in_the_directory_matches_nobody(
    directory: Directory, organization: Organization, stranger: Actor, other: Directory
) -> None:
    user: Any = stranger.user
    directory.user("nina")
    assert scim.match(by=SIGN_IN, organization=organization, user=user, email="stranger@example.com") is None
    assert scim.match(by=SIGN_IN, organization=organization, user=user, email="nina@corp.example") is None
    assert not scim.is_blocked(organization, user)


def test_an_account_that_nobody_has_used_can_be_joined_by_the_organizations_sign_in(
    directory: Directory, organization: Organization, other: Directory
) -> None:
    user = row_of(directory.user("nina")).user
    assert user is not None
    assert scim.provisioned_account(organization, "Nina@corp.example") == user
    assert scim.provisioned_account(other.account.organization, "nina@corp.example") is None
    assert scim.provisioned_account(organization, "mia@example.com") is None
    joined = row_of(directory.user("mia", userName="mia@example.com")).user
    assert joined is not None
    User.objects.filter(id=joined.id).update(password="!")
    assert scim.provisioned_account(organization, "mia@example.com") is None, "not made for the directory"
    elsewhere = Membership.objects.create(organization=other.account.organization, user=user, role="member")
    assert scim.provisioned_account(organization, "nina@corp.example") is None
    elsewhere.delete()
    User.objects.filter(id=user.id).update(last_login=timezone.now())
    assert scim.provisioned_account(organization, "nina@corp.example") is None


# --- out


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "replace", "value": {"active": False}},
        {"op": "Add", "value": {"active": "false"}},
        None,
    ],
)
def test_whoever_is_switched_off_or_deleted_has_no_power_at_once(
    directory: Directory, organization: Organization, build_package: Callable[..., Any], operation: Any
) -> None:
    made = directory.user("nina")
    user: Any = row_of(made).user
    token = tokens.create(by=Actor(user), name="t", scopes=["read"])
    assert policies.visible_to(Actor(user)).exists()
    path = f"Users/{made['id']}"
    answer = directory("delete", path) if operation is None else directory.patch(path, operation)
    assert answer.status_code == (204 if operation is None else 200)
    assert role_of(organization, user) is None
    assert not policies.visible_to(Actor(user, token=token.token)).exists()
    event = AuditEvent.objects.get(action="hub.membership.delete")
    assert event.data == {"member": "nina", "role": "member", "source": "scim"}
    assert ApiToken.objects.filter(user=user).exists(), "the account stays the person's own"


@pytest.mark.parametrize("how", ["inactive", "deleted"])
def test_no_sign_in_brings_back_whoever_the_directory_took_out(
    directory: Directory, organization: Organization, how: str
) -> None:
    made = directory.user("nina")
    user: Any = row_of(made).user
    path = f"Users/{made['id']}"
    if how == "deleted":
        directory("delete", path)
    else:
        directory.patch(path, {"op": "replace", "path": "active", "value": False})
    assert scim.is_blocked(organization, user)
    scim.match(by=SIGN_IN, organization=organization, user=user, email=user.email)
    joined = group_mappings.apply(
        by=SIGN_IN, organization=organization, user=user, groups=[], source=Source.SSO, default_role=Role.MEMBER
    )
    assert (joined, role_of(organization, user)) == (None, None)


def test_whoever_was_deleted_while_waiting_stays_out(
    directory: Directory, organization: Organization, stranger: Actor
) -> None:
    user: Any = stranger.user
    waiting = directory.user("x", userName="stranger@example.com")
    directory("delete", f"Users/{waiting['id']}")
    scim.match(by=SIGN_IN, organization=organization, user=user, email="stranger@example.com")
    assert scim.is_blocked(organization, user)


def test_whoever_comes_back_is_let_in_again(directory: Directory, organization: Organization) -> None:
    first = directory.user("nina", externalId="e1")
    user = row_of(first).user
    directory("delete", f"Users/{first['id']}")
    again = directory.user("nina", externalId="e1")
    assert again["id"] != first["id"]
    assert row_of(again).user == user
    assert role_of(organization, user) == "member"
    assert not scim.is_blocked(organization, user)  # type: ignore[arg-type]  # an account was made
    path = f"Users/{again['id']}"
    directory.patch(path, {"op": "replace", "path": "active", "value": False})
    directory.patch(path, {"op": "replace", "path": "active", "value": True})
    assert role_of(organization, user) == "member"


def test_the_last_owner_is_not_taken_out(directory: Directory, organization: Organization, owner: Actor) -> None:
    made = directory.user("olga", userName="olga@example.com")
    path = f"Users/{made['id']}"
    recorded = AuditEvent.objects.count()
    for answer in (directory("delete", path), directory.patch(path, {"op": "replace", "value": {"active": False}})):
        assert answer.status_code == 409
        assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert "owner" in answer.json()["detail"]
    assert role_of(organization, owner.user) == "owner"
    assert row_of(made).active
    assert AuditEvent.objects.count() == recorded
    second = directory.user("adam", userName="adam@example.com")
    organizations.change_role(by=owner, organization=organization, user=row_of(second).user, role="owner")  # type: ignore[arg-type]  # joined
    assert directory("delete", path).status_code == 204
    assert directory("delete", f"Users/{second['id']}").status_code == 409


def test_an_admins_removal_is_not_undone_by_a_change_of_names_or_groups(
    directory: Directory, organization: Organization, owner: Actor
) -> None:
    group_mappings.create(by=owner, organization=organization, group="makers", role="maintainer")
    made = directory.user("nina")
    user: Any = row_of(made).user
    organizations.remove_member(by=owner, organization=organization, user=user)
    directory.patch(f"Users/{made['id']}", {"op": "replace", "path": "displayName", "value": "N."})
    directory.group("makers", made)
    assert role_of(organization, user) is None


# --- groups


def test_groups_give_roles_and_teams_by_name_or_external_id_and_take_them_again(
    directory: Directory, organization: Organization, owner: Actor
) -> None:
    team = Team.objects.create(organization=organization, slug="web", name="Web")
    group_mappings.create(by=owner, organization=organization, group="makers", role="maintainer")
    group_mappings.create(by=owner, organization=organization, group="external-7", team=team)
    nina = directory.user("nina")
    user = row_of(nina).user
    makers = directory.group("makers", nina, externalId="external-7")
    assert role_of(organization, user) == "maintainer"
    assert TeamMembership.objects.get(membership__user=user).source == "scim"
    path = f"Groups/{makers['id']}"
    directory.patch(path, {"op": "replace", "path": "displayName", "value": "builders"})
    assert role_of(organization, user) == "member"
    directory.patch(path, {"op": "replace", "value": {"displayName": "makers"}})
    directory.patch(path, {"op": "remove", "path": f'members[value eq "{nina["id"]}"]'})
    assert (role_of(organization, user), TeamMembership.objects.count()) == ("member", 0)
    directory.patch(path, {"op": "add", "path": "members", "value": [{"value": nina["id"]}]})
    assert role_of(organization, user) == "maintainer"
    assert directory("delete", path).status_code == 204
    assert (role_of(organization, user), TeamMembership.objects.count()) == ("member", 0)


def test_people_who_are_deleted_leave_their_groups(directory: Directory) -> None:
    nina = directory.user("nina")
    group = directory.group("makers", nina)
    directory("delete", f"Users/{nina['id']}")
    shown = directory("get", f"Groups/{group['id']}").json()
    assert "members" not in shown
    assert shown["meta"]["version"] != group["meta"]["version"]


@pytest.mark.parametrize("value", ["nobody", "00000000-0000-4000-8000-000000000000", ""])
def test_a_member_that_does_not_exist_is_refused(directory: Directory, value: str) -> None:
    group = directory.group("makers")
    answer = directory.patch(f"Groups/{group['id']}", {"op": "add", "path": "members", "value": [{"value": value}]})
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")


def test_a_thousand_members_take_a_bounded_number_of_queries(
    directory: Directory, organization: Organization, owner: Actor
) -> None:
    group_mappings.create(by=owner, organization=organization, group="makers", role="maintainer")
    group = directory.group("makers")

    def added(number: int) -> int:
        start = ScimUser.objects.count()
        users = User.objects.bulk_create(
            User(username=f"p{start + n}", email=f"p{start + n}@corp.example", password="!") for n in range(number)
        )
        Membership.objects.bulk_create(
            Membership(organization=organization, user=user, role="member", source="scim") for user in users
        )
        rows = ScimUser.objects.bulk_create(
            ScimUser(organization=organization, user=user, user_name=user.username, user_key=user.username)
            for user in users
        )
        operations = [{"op": "add", "path": "members", "value": [{"value": str(row.uid)}]} for row in rows]
        with CaptureQueriesContext(connection) as captured:
            answer = directory.patch(f"Groups/{group['id']}?excludedAttributes=members", *operations)
        assert answer.status_code == 200
        return len(captured)

    few = added(10)
    assert added(1000) <= few + 4
    assert ScimGroupMember.objects.count() == 1010
    assert Membership.objects.filter(role="maintainer").count() == 1010
    assert AuditEvent.objects.filter(action="hub.membership.update").count() == 1010


# --- who may


def test_an_organization_sees_and_changes_only_its_own_directory(directory: Directory, other: Directory) -> None:
    nina, group = directory.user("nina"), directory.group("makers")
    foreign = Directory("acme", other.secret, other.account)
    absent = Directory("nowhere", other.secret, other.account)
    for path in (f"Users/{nina['id']}", f"Groups/{group['id']}", "Users", "Groups", "Schemas", "ServiceProviderConfig"):
        assert foreign("get", path).status_code == 404
        assert foreign("get", path).content == absent("get", path).content
    for method in ("put", "patch", "delete"):
        assert other(method, f"Users/{nina['id']}", {}).status_code in (400, 404)
        assert other(method, f"Groups/{group['id']}", {}).status_code in (400, 404)
    assert other("delete", f"Users/{nina['id']}").status_code == 404
    assert other.patch(f"Users/{nina['id']}", {"op": "replace", "value": {"active": False}}).status_code == 404
    mine = other.group("makers")
    answer = other.patch(f"Groups/{mine['id']}", {"op": "add", "path": "members", "value": [{"value": nina["id"]}]})
    assert answer.status_code == 400
    assert other("get", "Users").json()["totalResults"] == 0
    assert row_of(nina).active
    # One directory's names are free in another one.
    assert other.user("nina")["userName"] == nina["userName"]


def test_only_a_service_accounts_token_of_the_scope_scim_gets_in(
    directory: Directory, organization: Organization, owner: Actor, token_of: Callable[..., str]
) -> None:
    reading = directory_of(owner, organization, "read", "admin")
    assert reading("get", "Users").status_code == 403
    assert "scim" in reading("get", "Users").json()["detail"]
    personal = Directory("acme", token_of(owner, "read", "admin"), directory.account)
    assert personal("get", "Users").status_code == 404, "a token for all organizations is bound to none"
    with pytest.raises(tokens.InvalidToken):
        tokens.create(by=owner, name="t", scopes=["scim"], organization=organization)


@pytest.mark.parametrize("end", ["revoked", "expired", "deleted", "garbage", "none"])
def test_a_token_that_is_not_in_force_gets_401(
    directory: Directory, organization: Organization, owner: Actor, end: str
) -> None:
    secret = directory.secret
    if end == "revoked":
        ApiToken.objects.update(revoked_at=timezone.now())
    elif end == "expired":
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "deleted":
        service_accounts.delete(by=owner, account=directory.account)
    else:
        secret = "ahub_" + "x" * 38 if end == "garbage" else ""
    late = Directory("acme", secret, directory.account)
    for answer in (late("get", "Users"), late("post", "Users", {"userName": "x"})):
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["status"] == "401"
    assert not ScimUser.objects.exists()


def test_a_deleted_organization_has_no_directory(directory: Directory, organization: Organization) -> None:
    Organization.objects.filter(id=organization.id).update(deleted_at=timezone.now())
    assert directory("get", "Users").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_of_two_people_of_one_name_at_once_one_is_made(directory: Directory) -> None:
    body = {"userName": "nina@corp.example"}
    answers: list[Any] = together(*[lambda: directory("post", "Users", body)] * 3)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert {answer.json().get("scimType") for answer in answers} == {None, "uniqueness"}
    assert (ScimUser.objects.count(), User.objects.filter(email="nina@corp.example").count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_are_switched_off_at_once_leave_one(
    directory: Directory, organization: Organization, owner: Actor
) -> None:
    organizations.change_role(by=owner, organization=organization, user=User.objects.get(username="adam"), role="owner")
    made = [directory.user(name, userName=f"{name}@example.com") for name in ("olga", "adam")]
    calls = [lambda one=one: directory("delete", f"Users/{one['id']}") for one in made]
    answers: list[Any] = together(*calls)
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert Membership.objects.filter(organization=organization, role="owner").count() == 1


def test_the_owner_of_the_address_gets_the_account_by_resetting_the_password(
    directory: Directory, organization: Organization
) -> None:
    user: Any = row_of(directory.user("nina")).user
    client = Client()
    client.post("/accounts/password/reset/", {"email": "nina@corp.example"})
    link = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox[0].body))
    assert link is not None
    form = client.get(link[0], follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert scim.provisioned_account(organization, user.email) is None, "the account is somebody's now"
