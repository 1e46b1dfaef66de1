"""Which namespaces are verified. The one place that search asks."""

from __future__ import annotations

from django.db.models import QuerySet

from hub.models import Namespace
from hub.policies.namespaces import verified


def verified_namespaces() -> QuerySet[Namespace]:
    """The namespaces that have proved a domain."""
    return Namespace.objects.filter(verified())
