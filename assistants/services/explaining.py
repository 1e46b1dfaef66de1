"""Why somebody gets what they get of an assistant: each choice, each refusal, and what lies over it in their scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistants.domain.scopes import Asked
from assistants.models import Lock
from assistants.services import fetching, receipts, scoping
from assistants.services.overlaying import Judged
from assistants.services.rules import rules_for
from hub.actors import Actor
from hub.models import TeamMembership
from hub.policies.memberships import effective
from hub.services import secrets

type Told = Mapping[str, Any]


@dataclass(frozen=True)
class Explained:
    """An assistant in one scope. `refusal` says why it is not handed out there, if so; then the lock is the one below.

    `secrets` are those that it asks for, each with whether the caller has it.
    """

    lock: Lock
    asked: Asked
    overlays: Sequence[Judged]
    secrets: Sequence[Told]
    policy: Told
    refusal: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the API gives it out."""
        return {
            "assistant": self.lock.document["assistant"],
            "bundle": self.lock.bundle_id,
            "scope": {
                "asked": str(self.asked),
                "refusal": self.refusal,
                "overlays": [_overlay(one) for one in self.overlays],
            },
            "requirements": self.lock.explanation,
            "conflicts": self.lock.conflicts,
            "policy": self.policy,
            "secrets": self.secrets,
        }


def explain(actor: Actor, namespace: str, name: str, version: str = "latest", scope: str = "") -> Explained:
    """Why the caller gets what `version` names, in a scope. Also of a scope in which it would not be handed out.

    Raises what `fetching.find_now` raises, and Http404 for a scope that is not the caller's.
    """
    asked = scoping.read(scope)
    plain = fetching.find_now(actor, namespace, name, version)
    standing = scoping.standing_of(actor, plain.lock_id, plain.package_id, asked)
    refusal = str(standing.refusal() or "")
    number = plain.lock_id
    if not any(one.is_broken for one in standing.overlays) and standing.applied:
        try:
            number = scoping.lock_of(plain.lock_id, standing.applied)
        except scoping.OverlayUnusable as error:
            refusal = str(error)
    rows = Lock.objects.defer("pinned_manifest").select_related("release__package__namespace")
    lock = rows.get(id=number)
    policy = {"digest": receipts.policy_of(number), "rules": dict(rules_for(lock.release.package).domain.statement)}
    return Explained(lock, asked, standing.overlays, _secrets(actor, lock.secrets), policy, refusal)


def scopes_of(actor: Actor) -> list[str]:
    """The organizations and teams that the caller may name as a scope, in order. Two queries, none for who reads nothing."""
    if actor.reader is None:
        return []
    mine = effective(actor)
    organizations = mine.values_list("organization__namespace__slug", flat=True)
    teams = TeamMembership.objects.filter(membership__in=mine)
    pairs = teams.values_list("team__organization__namespace__slug", "team__slug")
    return sorted([*organizations, *(f"{organization}/{team}" for organization, team in pairs)])


def _secrets(actor: Actor, names: Sequence[str]) -> list[Told]:
    """Each secret with whether the caller has it. None is decrypted. For nobody in particular, that is not said."""
    box = secrets.open_box(actor) if actor.reader is not None else None
    found: list[Told] = []
    for fqsn in names:
        name, namespace = fqsn.rpartition("/")[2], fqsn.partition("/")[0]
        state = box.state(name, namespace=namespace) if box is not None else None
        found.append({"name": name, "fqsn": fqsn, "found": state})
    return found


def _overlay(one: Judged) -> dict[str, Any]:
    lying = one.lying
    return {
        "of": lying.of,
        "package": lying.package or None,
        "range": lying.range,
        "version": lying.version or None,
        "mode": str(lying.mode),
        "applied": one.applies,
        "reason": one.reason,
    }
