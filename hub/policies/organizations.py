"""Who sees and runs an organization."""

from __future__ import annotations

from hub.actors import Actor
from hub.domain.decisions import Allowed, Decision, Denied
from hub.models import MANAGING_ROLES, Membership, Organization, Role


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
