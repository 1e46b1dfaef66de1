"""What a provider's groups give: mappings, and memberships that follow them without touching what people decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, GroupMapping, Membership, Organization, Role, Source, Team, TeamMembership, User
from hub.services import group_mappings, organizations
from hub.services.audit import is_ours
from tests.hub.together import together

PROVIDER = Actor(source="sso")


@pytest.fixture
def team(organization: Organization) -> Team:
    return Team.objects.create(organization=organization, slug="web", name="Web")


@pytest.fixture
def mapped(organization: Organization, owner: Actor, team: Team) -> None:
    """`admins` are admins, `makers` are maintainers in the team web, `web` are in the team only."""
    for group, role, place in (("admins", "admin", None), ("makers", "maintainer", team), ("web", "", team)):
        group_mappings.create(by=owner, organization=organization, group=group, role=role, team=place)


def follow(organization: Organization, user: User, *groups: str, **more: Any) -> Membership | None:
    more = {"source": Source.SSO, **more}
    return group_mappings.apply(by=PROVIDER, organization=organization, user=user, groups=groups, **more)


def role_of(organization: Organization, user: User) -> str | None:
    return Membership.objects.filter(organization=organization, user=user).values_list("role", flat=True).first()


def teams_of(user: User) -> list[str]:
    return list(TeamMembership.objects.filter(membership__user=user).values_list("team__slug", flat=True))


# --- mappings


def test_a_mapping_is_made_and_forgotten_with_its_record(organization: Organization, owner: Actor, team: Team) -> None:
    made = group_mappings.create(by=owner, organization=organization, group=" makers ", role="maintainer", team=team)
    assert (made.group, made.role, made.team) == ("makers", "maintainer", team)
    group_mappings.delete(by=owner, mapping=made)
    assert not GroupMapping.objects.exists()
    events = AuditEvent.objects.filter(action__startswith="hub.group-mapping.").order_by("id")
    assert [event.action for event in events] == ["hub.group-mapping.create", "hub.group-mapping.delete"]
    assert [event.data for event in events] == [{"group": "makers", "role": "maintainer", "team": "web"}] * 2


@pytest.mark.parametrize(
    ("group", "role", "message"),
    [
        ("", "member", "printable"),
        ("x" * 256, "member", "printable"),
        ("a\nb", "member", "printable"),
        ("makers", "", "Choose"),
    ],
)
def test_what_maps_nothing_is_refused(
    organization: Organization, owner: Actor, group: str, role: str, message: str
) -> None:
    with pytest.raises(group_mappings.InvalidMapping, match=message):
        group_mappings.create(by=owner, organization=organization, group=group, role=role)


def test_no_mapping_makes_owners_and_admins_map_only_what_they_could_give(
    organization: Organization, owner: Actor, admin: Actor, member: Actor
) -> None:
    with pytest.raises(group_mappings.InvalidMapping, match="no owners"):
        group_mappings.create(by=owner, organization=organization, group="bosses", role="owner")
    with pytest.raises(PermissionRefused):
        group_mappings.create(by=admin, organization=organization, group="readers", role="auditor")
    with pytest.raises(PermissionRefused):
        group_mappings.create(by=member, organization=organization, group="all", role="member")
    readers = group_mappings.create(by=owner, organization=organization, group="readers", role="auditor")
    with pytest.raises(PermissionRefused):
        group_mappings.delete(by=admin, mapping=readers)


def test_a_mapping_exists_once_and_only_to_the_own_teams(
    organization: Organization, owner: Actor, team: Team, stranger: Actor
) -> None:
    group_mappings.create(by=owner, organization=organization, group="web", team=team)
    with pytest.raises(group_mappings.MappingExists):
        group_mappings.create(by=owner, organization=organization, group="web", team=team)
    other = organizations.create(by=stranger, slug="other", name="Other")
    with pytest.raises(group_mappings.InvalidMapping, match="another organization"):
        group_mappings.create(by=stranger, organization=other, group="web", team=team)


# --- memberships that follow


@pytest.mark.usefixtures("mapped")
def test_somebody_new_gets_the_most_powerful_role_and_all_teams(organization: Organization, stranger: Actor) -> None:
    user: Any = stranger.user
    membership = follow(organization, user, "makers", "admins", "unknown")
    assert membership is not None
    assert (membership.role, membership.source, teams_of(user)) == ("admin", "sso", ["web"])
    events = AuditEvent.objects.filter(source="sso").order_by("id")
    assert [event.action for event in events] == ["hub.membership.create", "hub.team-member.create"]


@pytest.mark.usefixtures("mapped")
def test_nobody_is_let_in_by_a_team_alone_unless_newcomers_are(organization: Organization, stranger: Actor) -> None:
    user: Any = stranger.user
    assert follow(organization, user, "web") is None
    assert follow(organization, user, "web", default_role="member") is not None
    assert (role_of(organization, user), teams_of(user)) == ("member", ["web"])


@pytest.mark.usefixtures("mapped")
def test_a_role_and_teams_go_with_the_group(organization: Organization, stranger: Actor) -> None:
    user: Any = stranger.user
    follow(organization, user, "admins", "web")
    follow(organization, user, "makers")
    assert (role_of(organization, user), teams_of(user)) == ("maintainer", ["web"])
    follow(organization, user)
    assert (role_of(organization, user), teams_of(user)) == ("member", [])
    changes = AuditEvent.objects.filter(action="hub.membership.update").order_by("id")
    assert [(event.data["before"], event.data["role"]) for event in changes] == [
        ("admin", "maintainer"),
        ("maintainer", "member"),
    ]


@pytest.mark.usefixtures("mapped")
def test_nothing_changes_and_is_recorded_twice(organization: Organization, stranger: Actor) -> None:
    user: Any = stranger.user
    follow(organization, user, "makers")
    recorded = AuditEvent.objects.count()
    follow(organization, user, "makers")
    assert AuditEvent.objects.count() == recorded


@pytest.mark.usefixtures("mapped")
def test_what_people_or_another_provider_decided_stays(
    organization: Organization, owner: Actor, member: Actor, stranger: Actor, team: Team
) -> None:
    """A manual member's role, an owner, and a place in a team that somebody gave by hand."""
    user: Any = member.user
    TeamMembership.objects.create(team=team, membership=Membership.objects.get(user=user))
    follow(organization, user, "admins")
    assert (role_of(organization, user), teams_of(user)) == ("member", ["web"])
    follow(organization, owner.user)  # type: ignore[arg-type]  # the fixtures have people
    assert role_of(organization, owner.user) == "owner"  # type: ignore[arg-type]  # the fixtures have people
    provisioned: Any = stranger.user
    follow(organization, provisioned, "makers", source=Source.SCIM)
    follow(organization, provisioned, "admins", source=Source.SSO)
    assert (role_of(organization, provisioned), teams_of(provisioned)) == ("maintainer", ["web"])


@pytest.mark.usefixtures("mapped")
def test_an_owner_who_came_through_the_provider_stays_owner(organization: Organization, stranger: Actor) -> None:
    user: Any = stranger.user
    follow(organization, user, "admins")
    Membership.objects.filter(user=user).update(role=Role.OWNER)
    follow(organization, user, "makers")
    assert role_of(organization, user) == "owner"


def test_no_provider_makes_owners_or_lets_machines_in(organization: Organization, stranger: Actor) -> None:
    user: Any = stranger.user
    with pytest.raises(PermissionRefused):
        follow(organization, user, default_role="owner")
    user.is_service = True
    with pytest.raises(PermissionRefused):
        follow(organization, user, default_role="member")
    assert role_of(organization, user) is None


@pytest.mark.usefixtures("mapped")
def test_groups_of_another_organization_give_nothing(
    organization: Organization, stranger: Actor, build_user: Callable[..., User]
) -> None:
    other = organizations.create(by=stranger, slug="other", name="Other")
    assert follow(other, build_user("nina"), "admins") is None


@pytest.mark.usefixtures("mapped")
def test_many_people_take_as_many_queries_as_a_few(organization: Organization, build_user: Callable[..., User]) -> None:
    def queries(number: int) -> int:
        people = [(build_user(), ["makers"]) for _ in range(number)]
        with CaptureQueriesContext(connection) as captured:
            group_mappings.apply_all(by=PROVIDER, organization=organization, people=people, source=Source.SCIM)
        recorded = AuditEvent.objects.filter(action="hub.membership.create", data__source="scim").count()
        assert recorded == Membership.objects.filter(source="scim").count()
        assert all(map(is_ours, AuditEvent.objects.all()))
        return len(captured)

    assert queries(3) == queries(40)


@pytest.mark.django_db(transaction=True)
def test_two_sign_ins_at_once_make_one_membership(organization: Organization, stranger: Actor) -> None:
    user: Any = stranger.user
    results = together(*[lambda: follow(organization, user, default_role="member")] * 3)
    assert [type(result).__name__ for result in results] == ["Membership"] * 3
    assert Membership.objects.filter(organization=organization, user=user).count() == 1
    assert AuditEvent.objects.filter(action="hub.membership.create", data__source="sso").count() == 1
