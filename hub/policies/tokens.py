"""Who sees, makes, rotates and revokes tokens, and where a token has no power."""

from __future__ import annotations

from django.db.models import QuerySet

from hub.actors import Actor
from hub.domain.actions import Scope
from hub.domain.decisions import Allowed, Decision, Denied
from hub.domain.roles import Permission
from hub.models import ApiToken, Organization, TokenKind
from hub.policies import memberships, organizations, service_accounts

# SCIM moves people in and out on behalf of a provider: a machine's work, never somebody's own.
PERSONAL_SCOPES = tuple(scope for scope in Scope if scope != Scope.SCIM)
_ROTATED = (TokenKind.PERSONAL, TokenKind.SERVICE)


def visible_to(actor: Actor) -> QuerySet[ApiToken]:
    """A person's own tokens in the browser; a token sees itself alone. Those of service accounts are with their account.

    Those of devices come and go by the hour; the device is what a person sees and ends (`hub.policies.devices`).

    A sign-in that is confined to an organization sees the tokens that are confined to the same one.
    """
    if actor.token is not None:
        return ApiToken.objects.filter(id=actor.token.id)
    if not actor.is_person_in_browser:
        return ApiToken.objects.none()
    rows = ApiToken.objects.filter(user=actor.user).exclude(kind=TokenKind.DEVICE)
    return rows if actor.confined_to is None else rows.filter(organization=actor.confined_to)


def may_create(actor: Actor, organization: Organization | None) -> Decision:
    """Whether the actor may make a personal token, for `organization` alone if one is given."""
    if not actor.is_person_in_browser:
        return Denied("Sign in in the browser to create a token.")
    if actor.confined_to is not None and organization is None:
        return Denied("This sign-in reaches one organization only, so its tokens do too.")
    if organization is not None and memberships.role_of(actor, organization) is None:
        return Denied("You do not belong to this organization.")
    return Allowed()


def may_rotate(actor: Actor, token: ApiToken) -> Decision:
    """Whether the actor may replace `token` by a new one: its person in the browser, or who may make a service account's."""
    if token.kind not in _ROTATED:
        return Denied("Only personal tokens and those of service accounts are rotated.")
    if token.kind == TokenKind.SERVICE:
        return service_accounts.may_make_token(actor, token.organization, token.user)
    return _may_as_holder(actor, token)


def may_revoke(actor: Actor, token: ApiToken) -> Decision:
    """Whether the actor may end `token`: its person, who runs the service accounts, or a program its own token."""
    if actor.token is not None and actor.token.id == token.id:
        return Allowed()
    if token.kind == TokenKind.SERVICE and token.organization is not None:
        return organizations.may(actor, token.organization, Permission.SERVICE_ACCOUNTS_MANAGE)
    return _may_as_holder(actor, token)


def _may_as_holder(actor: Actor, token: ApiToken) -> Decision:
    if actor.user is None or not visible_to(actor).filter(id=token.id).exists() or actor.token is not None:
        return Denied("Only its owner changes a token, signed in in the browser.")
    return Allowed()
