"""Who sees and runs an organization."""

from __future__ import annotations

from django.db.models import QuerySet

from hub.actors import Actor
from hub.domain import roles
from hub.domain.actions import Scope
from hub.domain.decisions import Allowed, Decision, Denied
from hub.domain.roles import Permission
from hub.models import Organization, Role
from hub.policies.memberships import effective, role_of

__all__ = [
    "may",
    "may_give_role",
    "may_manage",
    "may_read_audit",
    "may_restore",
    "role_of",
    "visible_to",
]

# What a token needs beside its holder's role. Whatever is not named needs the scope “admin”.
_SCOPES = {Permission.ORGANIZATION_READ: Scope.READ, Permission.AUDIT_READ: Scope.AUDIT}
_REFUSALS = {
    Permission.AUDIT_READ: "Only owners and auditors read an organization's audit log.",
    Permission.OWNERS_MANAGE: "Only an owner makes or removes owners and auditors.",
    Permission.ORGANIZATION_DELETE: "Only an owner deletes or restores an organization.",
}


def visible_to(actor: Actor) -> QuerySet[Organization]:
    """The organizations whose members the actor sees: those the actor belongs to, as far as that counts now."""
    if actor.reader is None:
        return Organization.objects.none()
    return Organization.objects.filter(id__in=effective(actor, Permission.ORGANIZATION_READ).values("organization"))


def may(actor: Actor, organization: Organization, permission: Permission) -> Decision:
    """Whether the actor's role in `organization` has `permission`, and the token, if one is used, the scope. One query."""
    if actor.user is None:
        return Denied("Sign in, or send an API token.")
    scope = _SCOPES.get(permission, Scope.ADMIN)
    if not actor.has_scope(scope):
        return Denied(f"This token lacks the scope “{scope}”.")
    if not roles.allows(role_of(actor, organization), permission):
        return Denied(_REFUSALS.get(permission, "Only owners and admins manage an organization."))
    return Allowed()


def may_manage(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor may change how the organization presents itself, and whom it lets in."""
    return may(actor, organization, Permission.MEMBERS_MANAGE)


def may_give_role(actor: Actor, organization: Organization, role: str) -> Decision:
    """Whether the actor may make somebody `role`, or take that role away: nobody gives what they do not have.

    So admins make neither owners nor auditors, and nobody reaches the audit log through a helper's account.
    """
    allowed = may_manage(actor, organization)
    if not allowed:
        return allowed
    own = role_of(actor, organization)
    if own is None or not roles.ROLES[role].permissions <= roles.ROLES[own].permissions:
        return Denied("Only an owner makes or removes owners and auditors.")
    return allowed


def may_read_audit(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor may read what happened in the organization."""
    return may(actor, organization, Permission.AUDIT_READ)


def may_restore(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor may bring a deleted organization back: an owner, signed in, within the period of grace."""
    owns = organization.memberships.filter(user=actor.user, role=Role.OWNER) if actor.is_person_in_browser else None
    return Allowed() if owns is not None and owns.exists() else Denied(_REFUSALS[Permission.ORGANIZATION_DELETE])
