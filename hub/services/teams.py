"""Teams: members of an organization who are given things together."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from hub.actors import Actor
from hub.domain import slugs
from hub.domain.actions import HubAction
from hub.domain.decisions import require
from hub.domain.roles import Permission
from hub.models import Membership, Organization, Team, TeamMembership, User
from hub.policies import organizations as policies
from hub.services import audit

MAX_TEAMS = 1000  # for each organization


class TeamExists(Exception):
    """The organization has a team of this name."""


class TooMany(Exception):
    """The organization has as many teams as one may have."""


class Gone(Exception):
    """The team was deleted meanwhile."""


class AlreadyInTeam(Exception):
    """The member is in the team."""


class NotInTeam(Exception):
    """The person is not in the team, or not in the organization."""


def create(*, by: Actor, organization: Organization, slug: str, name: str, description: str = "") -> Team:
    """Make an empty team. Raises PermissionRefused, InvalidName, TeamExists or TooMany."""
    require(policies.may(by, organization, Permission.TEAMS_MANAGE))
    slug = slugs.check_team_name(slugs.normalize(slug))
    try:
        with transaction.atomic():
            Organization.objects.select_for_update(no_key=True).get(id=organization.id)
            if organization.teams.count() >= MAX_TEAMS:
                raise TooMany(f"An organization has at most {MAX_TEAMS} teams.")
            team = Team.objects.create(organization=organization, slug=slug, name=name or slug, description=description)
            _record(by, HubAction.TEAM_CREATE, team, _described(team))
    except IntegrityError:
        raise TeamExists(f"There is a team “{slug}” already.") from None
    return team


def update(*, by: Actor, team: Team, slug: str, name: str, description: str) -> None:
    """Name and describe a team anew. What it was given stays. Raises PermissionRefused, InvalidName, TeamExists or Gone."""
    require(policies.may(by, team.organization, Permission.TEAMS_MANAGE))
    slug = slugs.check_team_name(slugs.normalize(slug))
    try:
        with transaction.atomic():
            row = _locked(team)
            before = _described(row)
            row.slug, row.name, row.description = slug, name or slug, description
            row.save(update_fields=["slug", "name", "description"])
            if _described(row) != before:
                _record(by, HubAction.TEAM_UPDATE, row, {"before": before, "after": _described(row)})
    except IntegrityError:
        raise TeamExists(f"There is a team “{slug}” already.") from None
    team.slug, team.name, team.description = row.slug, row.name, row.description


def delete(*, by: Actor, team: Team) -> None:
    """Delete a team, and with it everything that its members had through it. Raises PermissionRefused or Gone."""
    require(policies.may(by, team.organization, Permission.TEAMS_MANAGE))
    with transaction.atomic():
        row = _locked(team)
        members = list(row.memberships.order_by("id").values_list("membership__user__username", flat=True))
        _record(by, HubAction.TEAM_DELETE, row, {**_described(row), "members": members})
        row.delete()


def add_member(*, by: Actor, team: Team, user: User) -> TeamMembership:
    """Put a member of the organization into the team.

    Raises PermissionRefused, NotInTeam for a stranger, AlreadyInTeam or Gone.
    """
    require(policies.may(by, team.organization, Permission.TEAMS_MANAGE))
    try:
        with transaction.atomic():
            row = _locked(team)
            held = Membership.objects.select_for_update(of=["self"]).filter(organization=row.organization, user=user)
            membership = held.first()
            if membership is None:
                raise NotInTeam(f"{user.username} is not a member of the organization.")
            made = TeamMembership.objects.create(team=row, membership=membership)
            _record(by, HubAction.TEAM_MEMBER_ADD, row, {"team": row.slug, "member": user.username})
    except IntegrityError:
        raise AlreadyInTeam(f"{user.username} is in this team already.") from None
    return made


def remove_member(*, by: Actor, team: Team, user: User) -> None:
    """Take somebody out of the team. What only the team gave is gone at once. Raises PermissionRefused, NotInTeam or Gone."""
    require(policies.may(by, team.organization, Permission.TEAMS_MANAGE))
    with transaction.atomic():
        row = _locked(team)
        removed, _ = TeamMembership.objects.filter(team=row, membership__user=user).delete()
        if not removed:
            raise NotInTeam(f"{user.username} is not in this team.")
        _record(by, HubAction.TEAM_MEMBER_REMOVE, row, {"team": row.slug, "member": user.username})


def _locked(team: Team) -> Team:
    # The organization first: whoever takes a member out at the same time comes before or after.
    Organization.objects.select_for_update(no_key=True).get(id=team.organization_id)
    rows = Team.objects.select_for_update(of=["self"]).select_related("organization__namespace")
    row = rows.filter(id=team.id).first()
    if row is None:
        raise Gone("This team was deleted meanwhile.")
    return row


def _described(team: Team) -> dict[str, object]:
    return {"team": team.slug, "name": team.name, "description": team.description}


def _record(by: Actor, action: HubAction, team: Team, data: Mapping[str, object]) -> None:
    audit.record(by, action, team, namespace=team.organization.namespace, data=data)
