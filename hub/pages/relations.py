"""How a package relates to others: where it comes from, what forks it, what contains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from assistants.domain.updating import Mode
from assistants.models import LockEntry, UpdatePolicy, in_force
from hub.actors import Actor
from registry import lookups
from registry.models import Package, PackageQuerySet, Proposal, ProposalState, Release, SyncPoint, readable_by
from registry.views.lists import light

VERSIONS_IN_USE = 10


@dataclass(frozen=True)
class Locked:
    """The releases that a release is made of: those that the reader may see, and how many more there are."""

    entries: Sequence[LockEntry]
    hidden_count: int


@dataclass(frozen=True)
class VersionInUse:
    """A release, and how many assistants contain it in their latest release."""

    version: str
    yanked_at: datetime | None
    count: int


@dataclass(frozen=True)
class PartChanged:
    """A package that another release is taken of, or that came or went (one side is empty)."""

    package: Package
    before: str
    after: str


def users(actor: Actor, package: Package) -> PackageQuerySet:
    """The assistants whose latest release contains `package`, each with the version it locked as `locked_version`."""
    entries = LockEntry.objects.filter(in_force("lock__"), package=package, lock__release=OuterRef("latest_release"))
    rows = light(Package.objects.visible_to(actor)).filter(Exists(entries))
    return rows.annotate(locked_version=Subquery(entries.values("release__version")[:1]))


def forks(actor: Actor, package: Package) -> PackageQuerySet:
    """The packages forked from `package`."""
    return light(Package.objects.visible_to(actor)).filter(upstream=package)


def upstream(actor: Actor, package: Package) -> Release | None:
    """The release that `package` was forked from, if the reader may see it, with how many newer ones wait as `ahead`.

    A query for forks only.
    """
    if not package.is_fork:
        return None
    points = SyncPoint.objects.filter(package=package).order_by("-id")
    newer = Release.objects.filter(package=OuterRef("package")).published()
    newer = newer.filter(Q(is_prerelease=False) | Q(package__latest_release__is_prerelease=True))
    newer = newer.filter(version_key__gt=Subquery(points.values("upstream_release__version_key")[:1]))
    return lookups.upstream_row(actor, package).annotate(ahead=_counted(newer)).first()


def counts(actor: Actor, package: Package) -> dict[str, int]:
    """How much stands behind each tab, and whether it `floats`. Three queries, whatever there is."""
    # What is open is shown to everybody who reads the package.
    under_way = Proposal.objects.filter(package=OuterRef("id"), state=ProposalState.OPEN)
    releases = Release.objects.filter(package=OuterRef("id"))
    floating = UpdatePolicy.objects.filter(package=OuterRef("id"), mode=Mode.FLOATING)
    own = Package.objects.filter(id=package.id).values_list(_counted(releases), _counted(under_way), Exists(floating))
    release_count, proposal_count, floats = own.first() or (0, 0, False)
    return {
        "floats": floats,
        "release_count": release_count,
        "proposal_count": proposal_count,
        "user_count": users(actor, package).count(),
        "fork_count": forks(actor, package).count(),
    }


def history(package: Package) -> dict[str, datetime | None]:
    """When the package's first release was published. One query, answered by an index."""
    return Release.objects.filter(package=package).aggregate(first=Min("published_at"))


def versions_in_use(actor: Actor, package: Package) -> list[VersionInUse]:
    """Which releases of `package` are in how many assistants that the reader may see, the most frequent first. One query."""
    rows = LockEntry.objects.filter(
        in_force("lock__"),
        package=package,
        lock__release=F("lock__release__package__latest_release"),
        lock__release__package__in=Package.objects.visible_to(actor).values("id"),
    )
    counted = rows.values("release__version", "release__yanked_at").annotate(
        count=Count("lock__release__package", distinct=True)
    )
    most = counted.order_by("-count", "-release__version_key")[:VERSIONS_IN_USE]
    return [VersionInUse(*row) for row in most.values_list("release__version", "release__yanked_at", "count")]


def locked(actor: Actor, release: Release) -> Locked:
    """What an assistant's release is made of, with what a page says about each package. One query."""
    rows = LockEntry.objects.filter(in_force("lock__"), lock__release=release).order_by("id")
    rows = rows.select_related("package__namespace", "package__latest_release", "release")
    shown = ("id", "version", "is_prerelease", "yanked_at", "yank_reason")
    fields = [f"{prefix}__{name}" for prefix in ("package__latest_release", "release") for name in shown]
    about = ("package__name", "package__kind", "package__deleted_at", "package__namespace__slug", "release__digest")
    rows = rows.only("path", "release_id", "package__latest_release_id", *about, *fields)
    readable = Case(When(readable_by(actor, "package__"), then=Value(value=True)), default=Value(value=False))
    entries = list(rows.annotate(is_readable=readable))
    visible = [entry for entry in entries if entry.is_readable]
    return Locked(visible, len(entries) - len(visible))


def parts_changed(actor: Actor, before: Release, after: Release) -> list[PartChanged]:
    """The packages that two releases of an assistant take another release of, as far as the reader may see them."""
    old, new = (_versions(locked(actor, release)) for release in (before, after))
    changed = [key for key in old | new if old.get(key, ("",))[0] != new.get(key, ("",))[0]]
    return [
        PartChanged((new.get(key) or old[key])[1], old.get(key, ("",))[0], new.get(key, ("",))[0]) for key in changed
    ]


def _versions(found: Locked) -> dict[int, tuple[str, Package]]:
    versions: dict[int, list[LockEntry]] = {}
    for entry in found.entries:
        versions.setdefault(entry.package_id, []).append(entry)
    return {
        package: (", ".join(dict.fromkeys(entry.release.version for entry in entries)), entries[0].package)
        for package, entries in versions.items()
    }


def _counted(rows: QuerySet[Any]) -> Coalesce:
    """How many rows of `rows`, which refer to the outer package, as part of another query."""
    counted = rows.order_by().values("package").annotate(count=Count("id")).values("count")
    return Coalesce(Subquery(counted), 0)
