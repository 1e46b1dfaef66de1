"""Making a bundle anew from its lock, to see that it is still the same bytes."""

from __future__ import annotations

from dataclasses import dataclass

from assistants.domain.layers import Role
from assistants.domain.resolution import Resolution, unroll
from assistants.models import Lock
from assistants.services import extending, resolving
from registry.domain import canonical
from registry.domain.faults import ManifestInvalid


class Differs(Exception):
    """What the lock names does not give the bundle any more; the message says what is different."""


@dataclass(frozen=True)
class Checked:
    """How many locks gave their bundle again, and what is wrong with the others, by lock."""

    same: int
    wrong: dict[str, str]


def rebuild(lock: Lock) -> Resolution:
    """The bundle of a lock, from the texts of the releases that it names and from nothing else: nothing is chosen. Two queries.

    Raises Differs if a text has another digest than the lock says, or the bundle is not the one that was kept.
    """
    [(_, entries)] = extending.entries_of([lock]).items()
    stacked = extending.layers_in(lock, entries, prefix="", role=Role.OWN, uses="")
    named = {one["path"]: one["digest"] for part in ("requirements", "extends") for one in lock.document.get(part, ())}
    for entry in entries:
        found = canonical.digest(entry.release.manifest.encode())
        if named.get(entry.path) != found:
            raise Differs(f"{entry.release} at {entry.path} has another text than the lock says.")
    try:
        resolution = unroll(stacked, resolving.blocks(resolving.parts_of(stacked)))
    except ManifestInvalid as error:
        raise Differs(f"It cannot be expanded any more: {error}") from None
    if resolution.bundle_digest != lock.bundle_id:
        raise Differs(f"It comes to {resolution.bundle_digest} now, and not to {lock.bundle_id}.")
    return resolution


def check_all() -> Checked:
    """Rebuild what every lock in force names. Two queries for each."""
    same, wrong = 0, {}
    rows = Lock.objects.current().select_related("release__package__namespace", "release__published_by")
    for lock in rows.order_by("id").iterator(chunk_size=200):
        try:
            rebuild(lock)
        except Differs as error:
            wrong[str(lock.release)] = str(error)
        else:
            same += 1
    return Checked(same, wrong)
