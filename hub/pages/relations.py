"""How a package relates to others: where it comes from, what forks it, what contains it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from assistants.models import LockEntry
from hub.actors import Actor
from registry.models import Package, PackageQuerySet, Proposal, ProposalState, Release
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
    # What is open is shown to everybody who reads the package.
    under_way = Proposal.objects.filter(package=OuterRef("id"), state=ProposalState.OPEN)
    releases = Release.objects.filter(package=OuterRef("id"))
    own = Package.objects.filter(id=package.id).values_list(_counted(releases), _counted(under_way))
    release_count, proposal_count = own.first() or (0, 0)
    return {
        "release_count": release_count,
        "proposal_count": proposal_count,
        "user_count": users(actor, package).count(),
        "fork_count": forks(actor, package).count(),
    }


def _counted(rows: QuerySet[Any]) -> Coalesce:
    """How many rows of `rows`, which refer to the outer package, as part of another query."""
    counted = rows.order_by().values("package").annotate(count=Count("id")).values("count")
    return Coalesce(Subquery(counted), 0)
