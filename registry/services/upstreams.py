"""How a fork stands to its upstream, as far as the one who asks may see it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet

from hub.actors import Actor
from registry.domain import diffs
from registry.domain.changes import Change
from registry.models import Package, Proposal, Release, ReleaseQuerySet, SyncPoint
from registry.services import sync_points


@dataclass(frozen=True)
class Standing:
    """How far a fork is behind.

    `upstream` is None if it is gone or the one who asks may not see it; then nothing else is known either, and both look the
    same. Of one that is quarantined, only that is known.
    """

    upstream: Package | None = None
    forked_from: Release | None = None
    point: SyncPoint | None = None
    ahead: int = 0
    fixes: int = 0
    changes: list[Change] = field(default_factory=list)
    under_way: Proposal | None = None

    @property
    def is_hidden(self) -> bool:
        """Whether there is nothing to tell."""
        return self.upstream is None

    @property
    def is_quarantined(self) -> bool:
        """Whether nothing can be taken from upstream now."""
        return self.upstream is not None and self.upstream.is_quarantined

    @property
    def has(self) -> Release | None:
        """The newest release of upstream that the fork has taken in."""
        return self.point.upstream_release if self.point else None


class NoFork(Exception):
    """The package was not forked from another one."""


def standing(*, by: Actor, package: Package) -> Standing:
    """How far the fork, which the actor reads, is behind its upstream. At most five queries, however far. Raises NoFork."""
    if not package.is_fork:
        raise NoFork(f"“{package}” is no fork.")
    upstream = known_upstream(by, package)
    if upstream is None:
        return Standing()
    origin = package.upstream_release
    if upstream.is_quarantined:
        return Standing(upstream, origin, sync_points.newest(package))
    point = sync_points.newest(package)
    if point is None:
        return Standing(upstream, origin)
    counted = missing(upstream, point).aggregate(ahead=Count("id"), fixes=Count("id", filter=~Q(fix_note="")))
    latest, changes = upstream.latest_release, list[Change]()
    if counted["ahead"] and latest is not None:
        changes = diffs.semantic(package.kind, point.upstream_release.content, latest.content)
    under_way = sync_points.merge_under_way(package)
    return Standing(upstream, origin, point, counted["ahead"], counted["fixes"], changes, under_way)


def known_upstream(by: Actor, package: Package) -> Package | None:
    """What the package was forked from, if the actor may know of it, quarantined or not. One query."""
    rows = Package.objects.known_to(by).filter(id=package.upstream_id or 0)
    return rows.select_related("namespace", "latest_release").first()


def missing(upstream: Package, point: SyncPoint) -> QuerySet[Release]:
    """The releases of upstream that may be chosen and are newer than what the fork has; stable ones, if there are any."""
    rows: ReleaseQuerySet = Release.objects.filter(package=upstream).published()
    rows = rows.filter(version_key__gt=point.upstream_release.version_key)
    latest = upstream.latest_release
    return rows if latest is None or latest.is_prerelease else rows.filter(is_prerelease=False)
