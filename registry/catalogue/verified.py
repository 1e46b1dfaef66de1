"""Which namespaces are verified. The one place that search asks."""

from __future__ import annotations

from django.db.models import QuerySet

from hub.models import Namespace


def verified_namespaces() -> QuerySet[Namespace]:
    """The namespaces that have shown whose they are. None has a way to do so in this version."""
    return Namespace.objects.none()
