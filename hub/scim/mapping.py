"""Between rows and the standard's resources, in both directions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from scim2_models import Meta, Reference

from hub.domain import scim as domain
from hub.models import Organization, ScimGroup, ScimGroupMember, ScimUser
from hub.scim import resources


def address(organization: Organization, path: str = "") -> str:
    """Where something of an organization's directory is, as clients reach it."""
    return f"{settings.BASE_URL}/scim/v2/{organization.namespace.slug}{path}"


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'W/"{version}"'


def user_resource(row: ScimUser, groups: Iterable[ScimGroup] = ()) -> resources.User:
    """A person with the groups that the person is in."""
    stored: Mapping[str, Any] = row.attributes
    name = {part: text for part, text in stored.get("name", {}).items() if text}
    return resources.User(
        id=str(row.uid),
        external_id=row.external_id or None,
        user_name=row.user_name,
        name=resources.Name.model_validate(name) if name else None,
        display_name=stored.get("displayName") or None,
        active=row.active if stored.get("says_active", True) else None,
        emails=[resources.Email.model_validate(email) for email in stored.get("emails", [])] or None,
        groups=[_group_of(row.organization, group) for group in groups] or None,
        meta=_meta(row, "User", f"/Users/{row.uid}"),
    )


def users(rows: Iterable[ScimUser], *, with_groups: bool) -> list[resources.User]:
    """People with their groups; one query for all groups, none if they are not wanted."""
    found = list(rows)
    groups: dict[int, list[ScimGroup]] = {}
    if with_groups and found:
        pairs = ScimGroupMember.objects.filter(scim_user__in=found).select_related("group").order_by("group__id")
        for pair in pairs:
            groups.setdefault(pair.scim_user_id, []).append(pair.group)
    return [user_resource(row, groups.get(row.id, ())) for row in found]


def person(resource: resources.User, *, was_active: bool | None = True) -> domain.Person:
    """What a client says of a person. `was_active` counts for whoever is not said to be active or not."""
    name = resource.name.model_dump(by_alias=True, exclude_none=True) if resource.name else {}
    emails = [_email(email) for email in resource.emails or [] if email.value]
    return domain.Person(
        user_name=(resource.user_name or "").strip(),
        external_id=resource.external_id or "",
        active=was_active if resource.active is None else resource.active,
        display_name=resource.display_name or "",
        name={part: text for part, text in name.items() if isinstance(text, str) and text},
        emails=tuple(emails),
    )


def group_resource(row: ScimGroup, members: Iterable[str] = ()) -> resources.Group:
    """A group with the people of these ids."""
    return resources.Group(
        id=str(row.uid),
        external_id=row.external_id or None,
        display_name=row.display_name,
        members=[_member(row.organization, uid) for uid in members] or None,
        meta=_meta(row, "Group", f"/Groups/{row.uid}"),
    )


def groups(rows: Iterable[ScimGroup], *, with_members: bool) -> list[resources.Group]:
    """Groups with their members; one query for all members, none if they are not wanted."""
    found = list(rows)
    members: dict[int, list[str]] = {}
    if with_members and found:
        pairs = ScimGroupMember.objects.filter(group__in=found).order_by("scim_user__id")
        for group, uid in pairs.values_list("group", "scim_user__uid"):
            members.setdefault(group, []).append(str(uid))
    return [group_resource(row, members.get(row.id, ())) for row in found]


def group(resource: resources.Group) -> domain.Group:
    """What a client says of a group."""
    members = frozenset(member.value for member in resource.members or [] if member.value)
    return domain.Group((resource.display_name or "").strip(), resource.external_id or "", members)


def _email(email: resources.Email) -> domain.Email:
    return domain.Email(str(email.value).lower(), email.type or "", email.primary)


def _group_of(organization: Organization, group: ScimGroup) -> resources.UserGroup:
    return resources.UserGroup(
        value=str(group.uid), ref=Reference(address(organization, f"/Groups/{group.uid}")), display=group.display_name
    )


def _member(organization: Organization, uid: str) -> resources.GroupMember:
    return resources.GroupMember(value=uid, ref=Reference(address(organization, f"/Users/{uid}")), type="User")


def _meta(row: ScimUser | ScimGroup, kind: str, path: str) -> Meta:
    return Meta(
        resource_type=kind,
        created=row.created_at,
        last_modified=row.updated_at,
        location=address(row.organization, path),
        version=etag(row.version),
    )
