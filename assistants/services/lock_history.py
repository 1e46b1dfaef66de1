"""The locks that an assistant has and had, with what moved, as far as the reader may know of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from assistants.models import Lock
from hub import keyset
from hub.actors import Actor
from registry.models import Package

NEWEST = keyset.Order("locks", ("-id",))


@dataclass(frozen=True)
class Entry:
    """One lock. `hidden_count` is how many of its moves are of packages that the reader may not see."""

    lock: Lock
    moved: Sequence[dict[str, Any]]
    hidden_count: int = 0

    @property
    def is_in_force(self) -> bool:
        """Whether clients get it now, when they ask for its release."""
        return self.lock.superseded_at is None


def of_package(actor: Actor, package: Package) -> QuerySet[Lock]:
    """The locks of every release of an assistant."""
    rows = Lock.objects.known_to(actor).filter(release__package=package, base=None).select_related("release")
    columns = ("number", "bundle_id", "moved", "created_at", "superseded_at", "release__version")
    return rows.only("id", "release_id", *columns)


def told(actor: Actor, locks: Iterable[Lock]) -> list[Entry]:
    """The locks with those of their moves that the reader may know of. One query, none if nothing moved."""
    listed = list(locks)
    names = {str(one["package"]) for lock in listed for one in lock.moved}
    readable = _readable(actor, names)
    entries = []
    for lock in listed:
        moved = [one for one in lock.moved if one["package"] in readable]
        entries.append(Entry(lock, moved, len(lock.moved) - len(moved)))
    return entries


def _readable(actor: Actor, names: Iterable[str]) -> set[str]:
    """Those of the names that stand for a package that the reader may see. What was renamed is not told any more."""
    condition = Q()
    for name in names:
        namespace, _, package = name.partition("/")
        condition |= Q(namespace__slug=namespace, name=package)
    if not condition:
        return set()
    rows = Package.objects.visible_to(actor).filter(condition).values_list("namespace__slug", "name")
    return {f"{namespace}/{name}" for namespace, name in rows}
