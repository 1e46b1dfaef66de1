"""The scope of an assistant: for whom it is resolved, and what is laid over it there. Reads what the words of a request mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistants.domain.layers import OVERLAYS
from hub.domain import slugs
from registry.domain import canonical

NONE_WORD = "none"
MAX_LENGTH = 200


class InvalidScope(ValueError):
    """A text that names no scope, whoever asks."""


@dataclass(frozen=True)
class Asked:
    """The scope that a request asks for: the caller's whole one, none, or that of an organization or team."""

    organization: str = ""
    team: str = ""
    is_none: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether everything that lies on the caller is meant."""
        return not self.is_none and not self.organization

    def __str__(self) -> str:
        if self.is_none:
            return NONE_WORD
        return f"{self.organization}/{self.team}" if self.team else self.organization


WHOLE = Asked()


def read(text: str) -> Asked:
    """What `scope=` says: nothing, `none`, `organization` or `organization/team`. Raises InvalidScope."""
    words = slugs.normalize(text)
    if "\0" in words or len(words) > MAX_LENGTH:
        raise InvalidScope("This names no scope.")
    if not words:
        return WHOLE
    if words == NONE_WORD:
        return Asked(is_none=True)
    organization, slash, team = words.partition("/")
    if not organization or (slash and not team):
        raise InvalidScope("This names no scope.")
    return Asked(organization, team)


@dataclass(frozen=True)
class Part:
    """One overlay as it stands in a scope: which it is, whether it is added or required, and the lock that it stands for."""

    overlay: int
    mode: str
    lock: int


def key_of(parts: Sequence[Part]) -> str:
    """The name of a scope: what is laid over an assistant there, in order, and as which locks."""
    return canonical.digest(canonical.encode([[one.overlay, one.mode, one.lock] for one in parts]))


def prefix_of(place: int) -> str:
    """Before the paths of the overlay that stands at this place: `overlays[0].`."""
    return f"{OVERLAYS}[{place}]."


def explanation(
    made: Sequence[Mapping[str, Any]],
    base: Sequence[Mapping[str, Any]],
    overlays: Sequence[Sequence[Mapping[str, Any]]],
) -> list[dict[str, Any]]:
    """The explanation of a scope's lock, which chose nothing: why each got its version is said by the lock that chose.

    `made` says what was left out when the layers were laid over each other, `base` and `overlays` have the reasons.
    """
    reasons: dict[str, Mapping[str, Any]] = {str(one["path"]): one for one in base}
    for place, entries in enumerate(overlays):
        reasons |= {f"{prefix_of(place)}{one['path']}": one for one in entries}
    found = []
    for one in made:
        told = {**one, **reasons.get(str(one["path"]), {}), "path": one["path"]}
        for word in ("dropped", "via"):
            told.pop(word, None)
            if word in one:
                told[word] = one[word]
        found.append(told)
    return found
