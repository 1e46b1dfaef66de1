"""Who sees and runs an organization."""

from __future__ import annotations

from django.db.models import QuerySet

from hub.actors import Actor
from hub.domain.decisions import Allowed, Decision, Denied
from hub.models import MANAGING_ROLES, Membership, Organization, Role


def visible_to(actor: Actor) -> QuerySet[Organization]:
    """The organizations whose members the actor sees: those the actor belongs to."""
    return Organization.objects.filter(memberships__user=actor.reader) if actor.reader else Organization.objects.none()


def role_of(actor: Actor, organization: Organization) -> str | None:
    """The actor's role in `organization`; None for a stranger."""
    if actor.user is None:
        return None
    return Membership.objects.filter(organization=organization, user=actor.user).values_list("role", flat=True).first()


def may_manage(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor may change the organization and its members. A token may not: people do this signed in."""
    if actor.token is not None:
        return Denied("Organizations are managed in the browser, not with a token.")
    if role_of(actor, organization) not in MANAGING_ROLES:
        return Denied("Only owners and admins manage an organization.")
    return Allowed()


def may_give_role(actor: Actor, organization: Organization, role: str) -> Decision:
    """Whether the actor may make somebody `role`, or take that role away. Only owners deal in ownership."""
    allowed = may_manage(actor, organization)
    if allowed and role == Role.OWNER and role_of(actor, organization) != Role.OWNER:
        return Denied("Only an owner makes or removes owners.")
    return allowed


def may_read_audit(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor may read what happened in the organization's namespace."""
    if role_of(actor, organization) != Role.OWNER:
        return Denied("Only owners read an organization's audit log.")
    return Allowed()
