"""Which program keeps the people and groups of an organization in step with its directory."""

from __future__ import annotations

from hub.actors import Actor
from hub.domain.actions import Scope
from hub.domain.decisions import Allowed, Decision, Denied
from hub.models import Organization
from hub.policies.memberships import role_of


def may_provision(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor is a service account of `organization` with a token of scope `scim` that counts now. One query.

    The account's role does not matter: what provisioning gives, the organization's own mappings say.
    """
    if actor.user is None or actor.token is None or not actor.user.is_service:
        return Denied("Provisioning takes the token of a service account.")
    if not actor.has_scope(Scope.SCIM):
        return Denied(f"This token lacks the scope “{Scope.SCIM}”.")
    if role_of(actor, organization) is None:
        return Denied("This token has no power in this organization.")
    return Allowed()
