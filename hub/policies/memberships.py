"""Which memberships give an actor power right now. Every other policy starts here.

One query set decides for pages, API and clients alike, always from the rows as they are: whoever leaves, is demoted
or stops meeting the organization's security policy has no power from the next look on.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from hub import shortcache
from hub.actors import Actor
from hub.domain import roles
from hub.domain.roles import Permission
from hub.models import ApiToken, Membership, Organization


def effective(actor: Actor, permission: Permission | None = None) -> QuerySet[Membership]:
    """The memberships that count for `actor`, with a role that has `permission` if one is asked for.

    Left out are those of deleted organizations, those outside of what a token or a sign-in is confined to, and those
    of organizations that require single sign-on or a second factor which this sign-in did not bring, or that do not let
    a token live as long as this one. Service accounts need no proof: the organization itself made them.
    """
    if actor.user is None:
        return Membership.objects.none()
    rows = Membership.objects.filter(user=actor.user, organization__deleted_at=None)
    if actor.confined_to is not None:
        rows = rows.filter(organization=actor.confined_to)
    if not actor.user.is_service:
        rows = rows.filter(Q(organization__sso_required=False) | Q(organization__in=actor.sso))
        if not actor.second_factor:
            rows = rows.filter(organization__second_factor_required=False)
    if actor.token is not None:
        rows = rows.filter(_allows_life_of(actor.token))
    if permission is not None:
        rows = rows.filter(role__in=roles.with_permission(permission))
    return rows


def _allows_life_of(token: ApiToken) -> Q:
    """The condition that an organization lets tokens live as long as this one, also if it began to care later."""
    unlimited, life = Q(organization__token_max_days=None), token.life_in_days()
    # The creation is stored a moment after the end was counted, so a life is never longer than was asked for.
    return unlimited if life is None else unlimited | Q(organization__token_max_days__gte=life)


def role_of(actor: Actor, organization: Organization) -> str | None:
    """The actor's role in `organization` as far as it counts now; None for a stranger. One query for a request that reads."""
    token = actor.token.pk if actor.token is not None else None
    user = actor.user.pk if actor.user is not None else None
    key = ("role", user, token, actor.sso, actor.second_factor, actor.confined_to, organization.pk)
    rows = effective(actor).filter(organization=organization)
    return shortcache.asked_once(key, lambda: rows.values_list("role", flat=True).first())


def missing_proof(actor: Actor, organization: Organization) -> str | None:
    """What keeps a member out: `confined`, `life`, `sso` or `second-factor`; None for strangers and for who is in. One query."""
    if actor.user is None:
        return None
    rows = Membership.objects.filter(user=actor.user, organization=organization, organization__deleted_at=None)
    return obstacle(actor, organization) if rows.exists() else None


def proof_missing_for(actor: Actor) -> dict[int, str]:
    """What keeps the actor out of organizations that the person belongs to, by the organization's id. One query."""
    if actor.user is None:
        return {}
    rows = Membership.objects.filter(user=actor.user, organization__deleted_at=None).select_related("organization")
    found = {row.organization_id: obstacle(actor, row.organization) for row in rows}
    return {organization: proof for organization, proof in found.items() if proof is not None}


def obstacle(actor: Actor, organization: Organization) -> str | None:
    """What a member's sign-in lacks in `organization`, in the words of `missing_proof`. No query: `effective` in words."""
    if actor.confined_to not in (None, organization.id):
        return "confined"
    if actor.token is not None and not _lets_live(organization, actor.token):
        return "life"
    if actor.user is None or actor.user.is_service:
        return None
    if organization.sso_required and organization.id not in actor.sso:
        return "sso"
    return "second-factor" if organization.second_factor_required and not actor.second_factor else None


def _lets_live(organization: Organization, token: ApiToken) -> bool:
    longest, life = organization.token_max_days, token.life_in_days()
    return longest is None or (life is not None and life <= longest)
