"""Locks of scopes: a lock with overlays around it, made when somebody first asks for it. Nothing is chosen anew.

They are kept under what they come of: the lock below, and which locks are laid over it how. When one of those is
superseded, that is another scope's name, and the next who asks gets another lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction

from assistants.domain import scopes
from assistants.domain.choosing import Rules
from assistants.domain.layers import Layer, Role
from assistants.domain.resolution import Resolution, unroll
from assistants.models import Lock, LockEntry
from assistants.services import extending, locks, receipts, resolving
from assistants.services.overlaying import Lying
from assistants.services.resolving import Resolved
from registry.domain.faults import ManifestInvalid


class DoesNotFit(Exception):
    """The overlays and the assistant cannot be put together; the message says why."""


@dataclass(frozen=True)
class Scoped:
    """A scope's lock and its bundle."""

    lock_id: int
    bundle_digest: str


def known(wanted: Mapping[int, Sequence[Lying]]) -> dict[int, Scoped]:
    """Of several locks, each with its overlays, those whose scope was asked for before, by the lock below. One query."""
    keys = {base: scopes.key_of([one.part for one in overlays]) for base, overlays in wanted.items()}
    rows = Lock.objects.filter(base__in=list(keys), scope__in=set(keys.values()))
    found = rows.values_list("base_id", "scope", "id", "bundle_id")
    return {base: Scoped(number, digest) for base, scope, number, digest in found if keys[base] == scope}


def find(base_id: int, overlays: Sequence[Lying]) -> Scoped:
    """The lock of `base_id` with these overlays, made if there is none yet. One query for one that is there.

    Two who ask at the same time get the same one. Raises DoesNotFit.
    """
    key = scopes.key_of([one.part for one in overlays])
    found = Lock.objects.filter(base=base_id, scope=key).values_list("id", "bundle_id").first()
    return Scoped(*found) if found is not None else _made(base_id, overlays, key)


def _made(base_id: int, overlays: Sequence[Lying], key: str) -> Scoped:
    try:
        base, resolved = _resolved(base_id, overlays)
    except ManifestInvalid as error:
        names = ", ".join(one.package for one in overlays)
        raise DoesNotFit(f"What is laid over this assistant ({names}) does not fit on it: {error.faults[0]}") from None
    try:
        with transaction.atomic():
            about = {
                "scope_organizations": sorted({one.organization_id for one in overlays}),
                "scope_teams": sorted({one.team_id for one in overlays if one.team_id is not None}),
            }
            lock = locks.keep(base.release, resolved, base=base, scope=key, **about)
            _store_overlays(lock, overlays)
    except IntegrityError:  # somebody else was faster
        lock = Lock.objects.only("id", "bundle_id").get(base=base_id, scope=key)
    return Scoped(lock.pk, lock.bundle_id)


def _resolved(base_id: int, overlays: Sequence[Lying]) -> tuple[Lock, Resolved]:
    """The base, and what comes of it. Four queries. Raises ManifestInvalid."""
    ids = [base_id, *(one.lock_id for one in overlays)]
    rows = Lock.objects.filter(id__in=ids).defer("pinned_manifest")
    found = {row.pk: row for row in rows.select_related("release__package__namespace", "release__published_by")}
    entries = extending.entries_of(found.values())
    base = found[base_id]
    own = extending.layers_in(base, entries[base_id], prefix="", role=Role.OWN, uses="")
    stacked = [replace(layer, role=Role.EXTENDED) if layer.prefix else layer for layer in own]
    around: dict[bool, list[Layer]] = {True: [], False: []}
    for place, one in enumerate(overlays):
        role = Role.REQUIRED if one.is_required else Role.ADDED
        uses = f"{one.package}@{one.range}"
        prefix = scopes.prefix_of(place)
        around[one.is_required] += extending.layers_in(
            found[one.lock_id], entries[one.lock_id], prefix=prefix, role=role, uses=uses
        )
    # What is required comes first for clients, too, that take the first of something.
    stacked = [*around[True], *stacked, *around[False]]
    resolution = unroll(stacked, resolving.blocks(resolving.parts_of(stacked)))
    told = _told(resolution, base, [found[one.lock_id] for one in overlays])
    return base, Resolved(told, stacked, _rules(base_id, overlays))


def _told(resolution: Resolution, base: Lock, overlays: Sequence[Lock]) -> Resolution:
    explained = scopes.explanation(resolution.explanation, base.explanation, [one.explanation for one in overlays])
    return replace(resolution, explanation=explained)


def _rules(base_id: int, overlays: Sequence[Lying]) -> Rules:
    """What decided: whatever decided below, and that these lie over it."""
    laid = [{"of": one.of, "package": one.package, "version": one.version, "mode": str(one.mode)} for one in overlays]
    return Rules(statement={"base": receipts.policy_of(base_id), "overlays": laid})


def _store_overlays(lock: Lock, overlays: Sequence[Lying]) -> None:
    """A row for each overlay's own assistant: it is a part like those that it brings, to be read and to be quarantined."""
    releases = dict(Lock.objects.filter(id__in=[one.lock_id for one in overlays]).values_list("id", "release_id"))
    LockEntry.objects.bulk_create(
        LockEntry(
            lock=lock,
            package_id=one.package_id,
            release_id=releases[one.lock_id],
            path=scopes.prefix_of(place).removesuffix("."),
        )
        for place, one in enumerate(overlays)
    )
