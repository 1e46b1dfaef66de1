"""Who makes, rotates and revokes tokens."""

from __future__ import annotations

from hub.actors import Actor
from hub.domain.decisions import Allowed, Decision, Denied
from hub.domain.roles import Permission
from hub.models import ApiToken, Organization, TokenKind
from hub.policies import organizations
from hub.policies.memberships import effective


def may_create(actor: Actor, organization: Organization | None) -> Decision:
    """Whether the actor may make a personal token, for `organization` alone if one is given."""
    if not actor.is_person_in_browser:
        return Denied("Sign in in the browser to create a token.")
    if organization is not None and not effective(actor).filter(organization=organization).exists():
        return Denied("You do not belong to this organization.")
    return Allowed()


def may_change(actor: Actor, token: ApiToken) -> Decision:
    """Whether the actor may rotate or revoke `token`: its person, or for a service account who runs its organization."""
    if token.kind == TokenKind.SERVICE and token.organization is not None:
        return organizations.may(actor, token.organization, Permission.SERVICE_ACCOUNTS_MANAGE)
    if actor.is_person_in_browser and actor.user is not None and token.user_id == actor.user.id:
        return Allowed()
    return Denied("Only its owner revokes a token.")
