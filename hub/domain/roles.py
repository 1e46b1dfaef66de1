"""Roles as data: what each role in an organization may do. Policies, pages and docs all read this one table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """What a role can allow, in the grammar of the audit log: `area.thing.verb`."""

    ORGANIZATION_READ = "hub.organization.read"
    ORGANIZATION_UPDATE = "hub.organization.update"
    ORGANIZATION_DELETE = "hub.organization.delete"
    MEMBERS_MANAGE = "hub.membership.manage"
    OWNERS_MANAGE = "hub.owner.manage"
    TEAMS_MANAGE = "hub.team.manage"
    SERVICE_ACCOUNTS_MANAGE = "hub.service-account.manage"
    SECURITY_MANAGE = "hub.security.manage"
    WEBHOOKS_MANAGE = "hub.webhook.manage"
    AUDIT_READ = "hub.audit.read"
    PACKAGE_READ_INTERNAL = "registry.package.read-internal"
    PACKAGE_READ = "registry.package.read"
    PACKAGE_PUBLISH = "registry.release.publish"
    PACKAGE_MANAGE = "registry.package.manage"


class Role(StrEnum):
    """The names of the roles, from the most powerful to the least."""

    OWNER = "owner"
    ADMIN = "admin"
    MAINTAINER = "maintainer"
    AUDITOR = "auditor"
    MEMBER = "member"


@dataclass(frozen=True)
class RoleDefinition:
    """What a role is for, in one sentence, and what it allows."""

    role: Role
    title: str
    purpose: str
    permissions: frozenset[Permission]


_MEMBER = frozenset({Permission.ORGANIZATION_READ, Permission.PACKAGE_READ_INTERNAL})
_MAINTAINER = _MEMBER | {Permission.PACKAGE_READ, Permission.PACKAGE_PUBLISH}
_AUDITOR = _MEMBER | {Permission.PACKAGE_READ, Permission.AUDIT_READ}
_OWNER = frozenset(Permission)
# Who runs the house does not read over its shoulder: the audit log is for owners and auditors.
_ADMIN = _OWNER - {Permission.AUDIT_READ, Permission.OWNERS_MANAGE, Permission.ORGANIZATION_DELETE}

ROLES: dict[str, RoleDefinition] = {
    definition.role: definition
    for definition in (
        RoleDefinition(
            Role.OWNER, "Owner", "Does everything, also deletes the organization and makes other owners.", _OWNER
        ),
        RoleDefinition(
            Role.ADMIN,
            "Admin",
            "Runs it: people, teams, security and every package. Does not read the audit log.",
            _ADMIN,
        ),
        RoleDefinition(Role.MAINTAINER, "Maintainer", "Makes packages and publishes in all of them.", _MAINTAINER),
        RoleDefinition(Role.AUDITOR, "Auditor", "Reads everything, the audit log too, and changes nothing.", _AUDITOR),
        RoleDefinition(
            Role.MEMBER, "Member", "Reads what is internal, and what grants to them or their teams say.", _MEMBER
        ),
    )
}


def allows(role: str | None, permission: Permission) -> bool:
    """Whether `role` (None: no member) has `permission`."""
    return role is not None and permission in ROLES[role].permissions


def with_permission(permission: Permission) -> tuple[str, ...]:
    """The roles that have `permission`, the most powerful first."""
    return tuple(str(name) for name, definition in ROLES.items() if permission in definition.permissions)
