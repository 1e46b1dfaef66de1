"""What contradicts itself in a resolved assistant, and what came of it. Told to people; nothing is refused for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from assistants.domain.layers import Placed, Stack

# Of these roles a client takes one model by itself; among models to chat with, people choose.
SINGLE_ROLES = ("autocomplete", "edit", "apply", "embed", "rerank", "summarize")


class ConflictKind(StrEnum):
    """What two items disagree about."""

    DUPLICATE_NAME = "duplicate_name"
    CONTRADICTING_GLOBS = "contradicting_globs"
    TWO_MODELS_FOR_ROLE = "two_models_for_role"


@dataclass(frozen=True)
class Conflict:
    """One disagreement: the places of those who have part in it, the one that prevails first, and the rule that decided."""

    kind: ConflictKind
    section: str
    subject: str
    paths: tuple[str, ...]
    outcome: str

    def as_json(self) -> dict[str, Any]:
        """As the API gives it out."""
        return {
            "kind": self.kind.value,
            "section": self.section,
            "subject": self.subject,
            "paths": list(self.paths),
            "outcome": self.outcome,
        }


def find(found: Stack) -> list[Conflict]:
    """Every conflict among the items, in the order of the sections."""
    return [*_duplicates(found), *_globs(found), *_roles(found)]


def _duplicates(found: Stack) -> Iterator[Conflict]:
    for one in found.all:
        winner = found.lost_to.get(one.path)
        if winner is None:
            continue
        kind = ConflictKind.DUPLICATE_NAME
        outcome = f"{winner.path} stays: {_why(winner, one)}."
        if one.entry.section == "rules" and _globs_of(one.item) != _globs_of(winner.item):
            kind = ConflictKind.CONTRADICTING_GLOBS
            outcome += f" It applies to {_told(winner.item)}; what was left out, to {_told(one.item)}."
        yield Conflict(kind, one.entry.section, _short(one.name), (winner.path, one.path), outcome)


def _why(winner: Placed, loser: Placed) -> str:
    if winner.layer.role == loser.layer.role and winner.layer.depth == loser.layer.depth:
        return "it comes first"
    if winner.layer.role.value == "required":
        return "an organization requires it"
    return "what an organization adds gives way" if loser.layer.role.value == "added" else "it is nearer"


def _globs(found: Stack) -> Iterator[Conflict]:
    """Rules of one text that say differently where they apply."""
    by_text: dict[str, list[Placed]] = {}
    for one in found.kept.get("rules", ()):
        by_text.setdefault(_text(one.item), []).append(one)
    for alike in by_text.values():
        first = alike[0]
        others = [one for one in alike[1:] if _globs_of(one.item) != _globs_of(first.item)]
        if others:
            told = "; ".join(f"{one.path} to {_told(one.item)}" for one in (first, *others))
            paths = tuple(one.path for one in (first, *others))
            outcome = f"All are sent; of one text, each applies elsewhere: {told}."
            yield Conflict(ConflictKind.CONTRADICTING_GLOBS, "rules", _short(first.name), paths, outcome)


def _roles(found: Stack) -> Iterator[Conflict]:
    models = found.kept.get("models", ())
    for role in SINGLE_ROLES:
        having = [one for one in models if role in (one.item.get("roles") or ())]
        if len(having) > 1:
            names = ", ".join(str(one.item["name"]) for one in having)
            outcome = f"Clients take the first, {having[0].item['name']}, until somebody chooses another."
            subject = f"{role}: {names}"
            yield Conflict(
                ConflictKind.TWO_MODELS_FOR_ROLE, "models", subject, tuple(one.path for one in having), outcome
            )


def _text(item: Any) -> str:
    text = item if isinstance(item, str) else str(item.get("rule") or "")
    return " ".join(text.split())


def _globs_of(item: Any) -> tuple[Any, ...]:
    if isinstance(item, str):
        return ()
    globs = item.get("globs") or []
    listed = [globs] if isinstance(globs, str) else globs
    return (tuple(sorted(listed)), item.get("alwaysApply"))


def _told(item: Any) -> str:
    globs = _globs_of(item)
    if not globs or not globs[0]:
        return "everything"
    return _joined(globs[0])


def _joined(words: Iterable[str]) -> str:
    return ", ".join(words)


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
