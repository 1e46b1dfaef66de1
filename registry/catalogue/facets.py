"""How many of the found packages are of each kind, namespace, tag, licence, client, and verified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

MOST_VALUES = 10


@dataclass(slots=True)
class Hit:
    """One package that was found, with what it is sorted and counted by. What the entry says comes last."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    kind: str
    namespace: str
    tags: str
    license: str
    verified: bool
    rank: int = 0
    closeness: int = 0
    clients: str = ""


@dataclass(frozen=True)
class Value:
    """One value of a facet, and how many of the packages found have it."""

    value: str
    count: int


@dataclass(frozen=True)
class Facet:
    """One way to narrow a search: the parameter that does it, and its commonest values."""

    name: str
    values: tuple[Value, ...]


def counted(hits: Sequence[Hit]) -> tuple[Facet, ...]:
    """The facets of what was found, the commonest values first."""
    return (
        _facet("kind", (hit.kind for hit in hits)),
        _facet("namespace", (hit.namespace for hit in hits)),
        _facet("tag", _words(hit.tags for hit in hits)),
        _facet("license", (hit.license for hit in hits if hit.license)),
        _facet("client", _words(hit.clients for hit in hits)),
        _facet("verified", ("true" for hit in hits if hit.verified)),
    )


def _words(lines: Iterable[str]) -> Counter[str]:
    """How often each word stands in the lines, most of which are alike."""
    found: Counter[str] = Counter()
    for line, count in Counter(lines).items():
        for word in line.split():
            found[word] += count
    return found


def _facet(name: str, values: Iterable[str]) -> Facet:
    found = sorted(Counter(values).items(), key=lambda one: (-one[1], one[0]))
    return Facet(name, tuple(Value(value, count) for value, count in found[:MOST_VALUES]))
