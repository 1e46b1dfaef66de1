"""Groups as an organization's directory sees them. What they give is up to the organization's mappings."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from hub.actors import Actor
from hub.domain import scim as domain
from hub.domain.actions import HubAction
from hub.domain.decisions import require
from hub.domain.scim import Group
from hub.models import Membership, Organization, ScimGroup, ScimGroupMember, ScimUser, Source
from hub.policies import scim as policies
from hub.services import audit, group_mappings
from hub.services.scim import NotHere, Stale, Taken, TooMany, groups_of, lock

MAX_GROUPS = 10_000


class UnknownMember(Exception):
    """A member that is no person of the organization's directory."""


def create_group(*, by: Actor, organization: Organization, group: Group) -> ScimGroup:
    """Add a group with its members, who get what the mappings say of it.

    Raises PermissionRefused, InvalidEntry, Taken, TooMany or UnknownMember.
    """
    require(policies.may_provision(by, organization))
    group.checked()
    try:
        with transaction.atomic():
            lock(organization)
            if ScimGroup.objects.filter(organization=organization).count() >= MAX_GROUPS:
                raise TooMany(f"An organization has at most {MAX_GROUPS} groups from its directory.")
            row = ScimGroup(organization=organization)
            _name(row, group)
            row.save()
            added = _people(organization, group.members)
            ScimGroupMember.objects.bulk_create(ScimGroupMember(group=row, scim_user=one) for one in added)
            data = {"external_id": row.external_id, "members": [one.user_name for one in added]}
            _record(by, HubAction.SCIM_GROUP_CREATE, row, data)
            _follow(by, organization, added)
    except IntegrityError:
        raise Taken("Another group has this displayName or externalId.") from None
    return row


def change_group(
    *,
    by: Actor,
    organization: Organization,
    uid: uuid.UUID,
    change: Callable[[ScimGroup, frozenset[str]], Group],
    expected: Callable[[int], bool] | None = None,
) -> ScimGroup:
    """Let `change` say what the group is from now on, given the row and the ids of its members.

    Everybody who came, went, or was in it when its name changed, gets what the mappings say now; a bounded number of
    queries, however many these are. `expected` says whether the version is one that the caller knows. Raises
    PermissionRefused, InvalidEntry, Taken, Stale, NotHere, UnknownMember, and whatever `change` raises.
    """
    require(policies.may_provision(by, organization))
    try:
        with transaction.atomic():
            lock(organization)
            row = _found(organization, uid, expected)
            before = Group(row.display_name, row.external_id, frozenset(members_of(row)))
            after = change(row, before.members).checked()
            if after != before:
                _change(by, row, before, after)
    except IntegrityError:
        raise Taken("Another group has this displayName or externalId.") from None
    return row


def delete_group(
    *, by: Actor, organization: Organization, uid: uuid.UUID, expected: Callable[[int], bool] | None = None
) -> None:
    """Forget a group. Its members lose what only it gave them. Raises PermissionRefused, Stale or NotHere."""
    require(policies.may_provision(by, organization))
    with transaction.atomic():
        lock(organization)
        row = _found(organization, uid, expected)
        people = list(ScimUser.objects.filter(groups__group=row).select_related("user"))
        _record(by, HubAction.SCIM_GROUP_DELETE, row, {"members": [one.user_name for one in people]})
        row.delete()
        _follow(by, organization, people)


def members_of(row: ScimGroup) -> list[str]:
    """The ids of the people in a group, in the order in which the directory made them. One query."""
    rows = ScimUser.objects.filter(groups__group=row).order_by("id").values_list("uid", flat=True)
    return [str(uid) for uid in rows]


def _change(by: Actor, row: ScimGroup, before: Group, after: Group) -> None:
    organization = row.organization
    _name(row, after)
    row.version += 1
    row.save()
    added = _people(organization, after.members - before.members)
    removed = _people(organization, before.members - after.members)
    ScimGroupMember.objects.filter(group=row, scim_user__in=removed).delete()
    ScimGroupMember.objects.bulk_create(ScimGroupMember(group=row, scim_user=one) for one in added)
    data = {
        "before": {"name": before.display_name, "external_id": before.external_id},
        "after": {"name": after.display_name, "external_id": after.external_id},
        "added": [one.user_name for one in added],
        "removed": [one.user_name for one in removed],
    }
    _record(by, HubAction.SCIM_GROUP_UPDATE, row, data)
    renamed = (before.display_name, before.external_id) != (after.display_name, after.external_id)
    stayed = _people(organization, before.members & after.members) if renamed else []
    _follow(by, organization, [*added, *removed, *stayed])


def _follow(by: Actor, organization: Organization, touched: Collection[ScimUser]) -> None:
    """Let what the touched people have follow their groups. Who is out stays out: groups alone let nobody in."""
    if not touched:
        return
    ids = [one.id for one in touched]
    # A person shows the groups, so it is another version of the person as well.
    ScimUser.objects.filter(id__in=ids).update(version=F("version") + 1, updated_at=timezone.now())
    members = set(
        Membership.objects.filter(organization=organization, user__scim_users__in=ids).values_list("user", flat=True)
    )
    groups = groups_of(touched)
    people = [(one.user, groups[one.id]) for one in touched if one.user is not None and one.user_id in members]
    group_mappings.apply_all(by=by, organization=organization, people=people, source=Source.SCIM)


def _people(organization: Organization, uids: Collection[str]) -> list[ScimUser]:
    """The people of these ids. Raises UnknownMember, also for an id of another organization."""
    if not uids:
        return []
    try:
        wanted = {uuid.UUID(one) for one in uids}
    except ValueError:
        raise UnknownMember("A member is named by the id of a user.") from None
    rows = ScimUser.objects.present().filter(organization=organization, uid__in=wanted)
    people = list(rows.select_related("user").order_by("id"))
    if len(people) != len(wanted):
        missing = sorted(map(str, wanted - {one.uid for one in people}))
        raise UnknownMember(f"There is no user with the id {missing[0]}.")
    return people


def _found(organization: Organization, uid: uuid.UUID, expected: Callable[[int], bool] | None) -> ScimGroup:
    row = ScimGroup.objects.filter(organization=organization, uid=uid).select_related("organization").first()
    if row is None:
        raise NotHere
    if expected is not None and not expected(row.version):
        raise Stale("The entry has changed. Read it again.")
    return row


def _name(row: ScimGroup, group: Group) -> None:
    row.display_name, row.display_key = group.display_name, domain.key(group.display_name)
    row.external_id = group.external_id


def _record(by: Actor, action: HubAction, row: ScimGroup, data: Mapping[str, object]) -> None:
    audit.record(by, action, row, namespace=row.organization.namespace, data={"id": str(row.uid), **data})
