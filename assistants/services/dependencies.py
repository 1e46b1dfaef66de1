"""What a release of an assistant depends on: the releases it has locked, and what those need in turn."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef

from assistants.models import LockEntry, in_force
from hub.actors import Actor
from registry.domain.dependencies import Dependencies, Dependency, of_config
from registry.domain.dependencies import of_release as needs_of
from registry.models import Package, Release


def of_release(by: Actor, release: Release) -> Dependencies:
    """The locked releases that the actor may read, with what they need; the others are counted. Two queries."""
    rows = LockEntry.objects.filter(in_force("lock__"), lock__release=release).select_related(
        "package__namespace", "release"
    )
    entries = list(rows.order_by("id"))
    ids = {entry.package_id for entry in entries}
    readable = set(Package.objects.visible_to(by).filter(id__in=ids).values_list("id", flat=True))
    found = of_config(release.content, str(release.package))
    for entry in entries:
        if entry.package_id in readable:
            locked = entry.release
            found += [
                _package(entry, str(release.package)),
                *needs_of(locked.content, locked.document, str(entry.package)),
            ]
    return Dependencies(tuple(found), hidden=len(ids - readable))


def used(ids: Collection[int]) -> set[int]:
    """Those of the packages that an assistant has locked. One query, which looks at one lock of each."""
    entries = LockEntry.objects.filter(package=OuterRef("id"))
    return set(Package.objects.filter(Exists(entries), id__in=ids).values_list("id", flat=True))


def _package(entry: LockEntry, required_by: str) -> Dependency:
    package, release = entry.package, entry.release
    return Dependency(
        "package",
        "hub",
        str(package),
        release.version,
        release.digest,
        entry.path,
        required_by,
        kind=package.kind,
        license=package.license,
    )
