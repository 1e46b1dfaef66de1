"""How a package relates to others: where it comes from, what forks it, what contains it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Subquery

from assistants.models import LockEntry
from hub.actors import Actor
from registry.models import Package, PackageQuerySet, Release
from registry.views.lists import light


def users(actor: Actor, package: Package) -> PackageQuerySet:
    """The assistants whose latest release contains `package`, each with the version it locked as `locked_version`."""
    entries = LockEntry.objects.filter(package=package, lock__release=OuterRef("latest_release"))
    rows = light(Package.objects.visible_to(actor)).filter(Exists(entries))
    return rows.annotate(locked_version=Subquery(entries.values("release__version")[:1]))


def forks(actor: Actor, package: Package) -> PackageQuerySet:
    """The packages forked from `package`."""
    return light(Package.objects.visible_to(actor)).filter(upstream=package)


def upstream(actor: Actor, package: Package) -> Release | None:
    """The release that `package` was forked from, if there is one and the reader may see it. A query for forks only."""
    if package.upstream_release_id is None:
        return None
    readable = Package.objects.visible_to(actor).values("id")
    rows = Release.objects.filter(id=package.upstream_release_id, package__in=readable)
    return (
        rows.select_related("package__namespace").only("version", "package__name", "package__namespace__slug").first()
    )


def counts(actor: Actor, package: Package) -> dict[str, int]:
    """How much stands behind each tab. Three queries, whatever there is."""
    return {
        "release_count": Release.objects.filter(package=package).count(),
        "user_count": users(actor, package).count(),
        "fork_count": forks(actor, package).count(),
    }
