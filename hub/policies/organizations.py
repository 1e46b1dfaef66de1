"""Who sees and runs an organization."""

from __future__ import annotations

from django.db.models import QuerySet

from hub.actors import Actor
from hub.domain import roles
from hub.domain.actions import Scope
from hub.domain.decisions import Allowed, Decision, Denied
from hub.domain.roles import Permission
from hub.models import Membership, Organization, Role, User
from hub.policies.memberships import effective, role_of

__all__ = [
    "could_give_role",
    "may",
    "may_delete",
    "may_give_role",
    "may_manage",
    "may_read_audit",
    "may_rename",
    "may_restore",
    "restorable_by",
    "role_of",
    "visible_to",
]

# What a token needs beside its holder's role. Whatever is not named needs the scope “admin”.
_SCOPES = {Permission.ORGANIZATION_READ: Scope.READ, Permission.AUDIT_READ: Scope.AUDIT}
_REFUSALS = {
    Permission.AUDIT_READ: "Only owners and auditors read an organization's audit log.",
    Permission.OWNERS_MANAGE: "Only an owner makes or removes owners and auditors.",
}
_RESTORE = "Only an owner, signed in in the browser, restores an organization."


def visible_to(actor: Actor) -> QuerySet[Organization]:
    """The organizations whose members the actor sees: those the actor belongs to, as far as that counts now."""
    if actor.reader is None:
        return Organization.objects.none()
    return Organization.objects.filter(id__in=effective(actor, Permission.ORGANIZATION_READ).values("organization"))


def may(actor: Actor, organization: Organization, permission: Permission) -> Decision:
    """Whether the actor's role in `organization` has `permission`, and the token, if one is used, the scope. One query."""
    return _judged(actor, role_of(actor, organization), permission)


def may_manage(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor may change how the organization presents itself, and whom it lets in."""
    return may(actor, organization, Permission.MEMBERS_MANAGE)


def may_give_role(actor: Actor, organization: Organization, role: str) -> Decision:
    """Whether the actor may make somebody `role`, or take that role away: nobody gives what they do not have. One query.

    So admins make neither owners nor auditors, and nobody reaches the audit log through a helper's account.
    """
    own = role_of(actor, organization)
    allowed = _judged(actor, own, Permission.MEMBERS_MANAGE)
    if allowed and (own is None or not roles.ROLES[role].permissions <= roles.ROLES[own].permissions):
        return Denied(_REFUSALS[Permission.OWNERS_MANAGE])
    return allowed


def _judged(actor: Actor, role: str | None, permission: Permission) -> Decision:
    """The decision for who has `role`."""
    if actor.user is None:
        return Denied("Sign in, or send an API token.")
    scope = _SCOPES.get(permission, Scope.ADMIN)
    if not actor.has_scope(scope):
        return Denied(f"This token lacks the scope “{scope}”.")
    if not roles.allows(role, permission):
        return Denied(_REFUSALS.get(permission, "Only owners and admins manage an organization."))
    return Allowed()


def could_give_role(organization: Organization, user: User | None, role: str) -> bool:
    """Whether `user`, who said so earlier, could still make somebody `role`. How the person signed in does not matter here."""
    own = Membership.objects.filter(organization=organization, user=user).values_list("role", flat=True).first()
    manages = roles.allows(own, Permission.MEMBERS_MANAGE)
    return own is not None and manages and roles.ROLES[role].permissions <= roles.ROLES[own].permissions


def may_rename(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor may give the organization another name: an owner, signed in."""
    return _may_decide_over(actor, organization, "Only an owner, signed in in the browser, renames an organization.")


def may_delete(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor may delete the organization: an owner, signed in."""
    return _may_decide_over(actor, organization, "Only an owner, signed in in the browser, deletes an organization.")


def _may_decide_over(actor: Actor, organization: Organization, refusal: str) -> Decision:
    allowed = actor.is_person_in_browser and may(actor, organization, Permission.ORGANIZATION_DELETE)
    return Allowed() if allowed else Denied(refusal)


def may_read_audit(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor may read what happened in the organization."""
    return may(actor, organization, Permission.AUDIT_READ)


def may_restore(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor may bring a deleted organization back: an owner, signed in, within the period of grace."""
    return Allowed() if restorable_by(actor).filter(id=organization.id).exists() else Denied(_RESTORE)


def restorable_by(actor: Actor) -> QuerySet[Organization]:
    """The deleted organizations that the actor may bring back. Nobody else learns that they were there."""
    if not actor.is_person_in_browser:
        return Organization.objects.none()
    rows = Organization.objects.filter(deleted_at__isnull=False, purged_at=None)
    if actor.confined_to is not None:
        rows = rows.filter(id=actor.confined_to)
    return rows.filter(memberships__user=actor.user, memberships__role=Role.OWNER)
