"""What a provider's groups give in an organization: a role, membership in teams."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from hub.actors import Actor
from hub.domain import roles
from hub.domain.actions import HubAction
from hub.domain.decisions import PermissionRefused, require
from hub.domain.identities import GROUP_MAX_LENGTH
from hub.models import GroupMapping, Membership, Organization, Role, ScimUser, Team, TeamMembership, User
from hub.policies import organizations as policies
from hub.services import audit
from hub.services.audit import Entry

MAX_MAPPINGS = 500


class InvalidMapping(ValueError):
    """What was asked for cannot be a mapping; the message says why."""


class MappingExists(Exception):
    """The organization has this very mapping already."""


@dataclass(frozen=True)
class _Given:
    """What the groups of one person give together."""

    role: str
    teams: frozenset[Team]


def create(
    *, by: Actor, organization: Organization, group: str, role: str = "", team: Team | None = None
) -> GroupMapping:
    """Give whoever is in the provider's `group` a role, a place in a team, or both, from the next sign-in or change on.

    Nobody maps a role that they could not give by hand. Raises PermissionRefused, InvalidMapping or MappingExists.
    """
    require(policies.may_give_role(by, organization, role or Role.MEMBER))
    group = _checked(organization, group, role, team)
    try:
        with transaction.atomic():
            mapping = GroupMapping.objects.create(organization=organization, group=group, role=role, team=team)
            _record(by, HubAction.GROUP_MAPPING_CREATE, organization, mapping, _described(mapping))
    except IntegrityError:
        raise MappingExists("This mapping is there already.") from None
    return mapping


def delete(*, by: Actor, mapping: GroupMapping) -> None:
    """Forget a mapping. What it gave goes with the next sign-in or change of the person. Raises PermissionRefused."""
    organization = mapping.organization
    require(policies.may_give_role(by, organization, mapping.role or Role.MEMBER))
    with transaction.atomic():
        _record(by, HubAction.GROUP_MAPPING_DELETE, organization, mapping, _described(mapping))
        mapping.delete()


def apply(
    *,
    by: Actor,
    organization: Organization,
    user: User,
    groups: Collection[str],
    source: str,
    default_role: str = "",
) -> Membership | None:
    """Let membership, role and teams of `user` follow the provider's `groups`: `apply_all` for one person.

    Returns the membership, None for whoever does not belong to the organization. Raises PermissionRefused.
    """
    people = [(user, groups)]
    found = apply_all(by=by, organization=organization, people=people, source=source, default_role=default_role)
    return found.get(user.id)


def apply_all(
    *,
    by: Actor,
    organization: Organization,
    people: Sequence[tuple[User, Collection[str]]],
    source: str,
    default_role: str = "",
) -> dict[int, Membership]:
    """Let membership, role and teams of each person follow the provider's groups. Part of a sign-in or of provisioning.

    Somebody new becomes a member with the most powerful role that the groups give, else with `default_role`; with
    neither the person stays outside, as does whoever SCIM has taken out. A role is changed, and a team taken away, only
    if `source` gave it: what people decided stays, and owners are never touched. A bounded number of queries, however
    many people. Returns the memberships by the person's id. Raises PermissionRefused for an owner's role or a machine.
    """
    if default_role == Role.OWNER or any(user.is_service for user, _ in people):
        raise PermissionRefused("No provider makes owners, or lets machines in.")
    with transaction.atomic():
        # Two sign-ins at once, or one beside a change by hand, come one after the other.
        Organization.objects.select_for_update(no_key=True).get(id=organization.id)
        wanted = {user.id: given for user, given in _given_to(organization, people)}
        members = _members(organization, wanted)
        entries = _follow_roles(organization, members, wanted, source, default_role)
        entries += _let_in(organization, people, members, wanted, source, default_role)
        entries += _follow_teams(members, wanted, source)
        audit.record_all(by, entries, namespace=organization.namespace)
    return members


def _given_to(
    organization: Organization, people: Sequence[tuple[User, Collection[str]]]
) -> Iterator[tuple[User, _Given]]:
    named = {group for _, groups in people for group in groups}
    rows = GroupMapping.objects.filter(organization=organization, group__in=named).select_related("team")
    mappings: dict[str, list[GroupMapping]] = {}
    for mapping in rows:
        mappings.setdefault(mapping.group, []).append(mapping)
    for user, groups in people:
        mine = [mapping for group in groups for mapping in mappings.get(group, ())]
        yield user, _Given(_highest(one.role for one in mine), frozenset(one.team for one in mine if one.team))


def _members(organization: Organization, wanted: Collection[int]) -> dict[int, Membership]:
    rows = Membership.objects.filter(organization=organization, user__in=list(wanted)).select_related("user")
    return {row.user_id: row for row in rows}


def _follow_roles(
    organization: Organization,
    members: Mapping[int, Membership],
    wanted: Mapping[int, _Given],
    source: str,
    default_role: str,
) -> list[Entry]:
    entries, changed = [], []
    for user_id, membership in members.items():
        # Whoever leaves the group that made an admin is no admin any longer, also where nobody is let in by default.
        role = wanted[user_id].role or default_role or Role.MEMBER
        if membership.source != source or membership.role in (role, Role.OWNER):
            continue
        data = {"member": membership.user.username, "before": str(membership.role), "role": str(role), "source": source}
        entries.append(Entry(HubAction.MEMBERSHIP_UPDATE, organization, data))
        membership.role = role
        changed.append(membership)
    if changed:
        Membership.objects.bulk_update(changed, ["role"])
    return entries


def _let_in(
    organization: Organization,
    people: Sequence[tuple[User, Collection[str]]],
    members: dict[int, Membership],
    wanted: Mapping[int, _Given],
    source: str,
    default_role: str,
) -> list[Entry]:
    """Adds to `members` whoever is new. A mapping to a team alone lets nobody in where newcomers are not let in at all."""
    outside = {user.id: user for user, _ in people if user.id not in members}
    for user_id in ScimUser.objects.blocked(organization, outside) if outside else ():
        del outside[user_id]
    made = [
        Membership(organization=organization, user=user, role=role, source=source)
        for user_id, user in outside.items()
        if (role := wanted[user_id].role or default_role)
    ]
    for membership in Membership.objects.bulk_create(made):
        members[membership.user_id] = membership
    return [
        Entry(
            HubAction.MEMBERSHIP_CREATE,
            organization,
            {"member": one.user.username, "role": str(one.role), "source": source},
        )
        for one in made
    ]


def _follow_teams(members: Mapping[int, Membership], wanted: Mapping[int, _Given], source: str) -> list[Entry]:
    here = list(TeamMembership.objects.filter(membership__in=members.values()).select_related("team"))
    by_id = {one.id: one for one in members.values()}
    over = [
        row for row in here if row.source == source and row.team not in wanted[by_id[row.membership_id].user_id].teams
    ]
    present = {(row.membership_id, row.team_id) for row in here}
    new = [
        TeamMembership(team=team, membership=one, source=source)
        for user_id, one in members.items()
        for team in sorted(wanted[user_id].teams, key=lambda team: team.slug)
        if (one.id, team.id) not in present
    ]
    if over:
        TeamMembership.objects.filter(id__in=[row.id for row in over]).delete()
    TeamMembership.objects.bulk_create(new)
    entries = [
        Entry(HubAction.TEAM_MEMBER_REMOVE, row.team, _place(by_id[row.membership_id], row.team, source))
        for row in over
    ]
    return entries + [
        Entry(HubAction.TEAM_MEMBER_ADD, row.team, _place(row.membership, row.team, source)) for row in new
    ]


def _highest(given: Iterable[str]) -> str:
    """The most powerful of the roles, in the order of the table of roles; "" for none."""
    held = set(given)
    return next((str(name) for name in roles.ROLES if name in held), "")


def _checked(organization: Organization, group: str, role: str, team: Team | None) -> str:
    group = group.strip()
    if not group or len(group) > GROUP_MAX_LENGTH or not group.isprintable():
        raise InvalidMapping(f"A group has 1 to {GROUP_MAX_LENGTH} printable characters.")
    if not role and team is None:
        raise InvalidMapping("Choose a role, a team, or both.")
    if role == Role.OWNER or (role and role not in roles.ROLES):
        raise InvalidMapping("A provider makes no owners. Choose another role.")
    if team is not None and team.organization_id != organization.id:
        raise InvalidMapping("This team belongs to another organization.")
    if GroupMapping.objects.filter(organization=organization).count() >= MAX_MAPPINGS:
        raise InvalidMapping(f"An organization has at most {MAX_MAPPINGS} mappings.")
    return group


def _described(mapping: GroupMapping) -> dict[str, object]:
    return {"group": mapping.group, "role": mapping.role, "team": mapping.team.slug if mapping.team else None}


def _place(membership: Membership, team: Team, source: str) -> dict[str, object]:
    return {"member": membership.user.username, "team": team.slug, "source": source}


def _record(
    by: Actor,
    action: HubAction,
    organization: Organization,
    target: Organization | GroupMapping | Team,
    data: dict[str, object],
) -> None:
    audit.record(by, action, target, namespace=organization.namespace, data=data)
