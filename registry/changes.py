"""What changed in the catalogue since a moment, for programs that follow it: tombstones of what was public included."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from hub.actors import Actor
from hub.domain import slugs
from registry.models import Package, PackageQuerySet, Visibility, readable_by, served


def since(actor: Actor, moment: datetime, *, kind: str = "", namespace: str = "") -> PackageQuerySet:
    """The packages that the actor may read, or that are deleted and were public, changed or deleted at `moment` or later."""
    readable = Q(deleted_at=None) & served() & readable_by(actor)
    tombstone = Q(deleted_at__isnull=False, visibility=Visibility.PUBLIC)
    changed = Q(updated_at__gte=moment) | Q(deleted_at__gte=moment)
    rows = Package.objects.filter(readable | tombstone, changed, namespace__closed_at=None)
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(namespace__slug=slugs.normalize(namespace)) if namespace else rows
    return rows.select_related("namespace", "latest_release")
