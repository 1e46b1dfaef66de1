"""Who keeps order on the whole hub."""

from __future__ import annotations

from hub.actors import Actor
from hub.domain.actions import Scope
from hub.domain.decisions import Allowed, Decision, Denied

REFUSAL = "Only moderators of this hub do this."


def may_moderate(actor: Actor) -> Decision:
    """Whether the actor quarantines, and decides about reports, wherever a package is. No query: the flag is the person's.

    A sign-in that is confined to an organization, or a token that is narrowed, does not carry it.
    """
    if actor.user is None or not actor.user.is_moderator or not actor.user.is_active:
        return Denied(REFUSAL)
    if actor.confined_to is not None or actor.patterns or not actor.has_scope(Scope.MANAGE):
        return Denied(f"{REFUSAL} This sign-in is confined, or its token lacks the scope “manage”.")
    return Allowed()
