"""From names in an address to rows that the actor may read. What is not there and what is hidden answer alike."""

from __future__ import annotations

from django.http import Http404

from hub.actors import Actor
from hub.models import Namespace
from hub.policies.namespaces import belonging
from registry.domain.versions import InvalidVersion, Range, Version
from registry.models import Package, Release


def package(actor: Actor, namespace: str, name: str, *, kind: str | None = None) -> Package:
    """The package of this name with its namespace and latest release. Raises Http404."""
    rows = Package.objects.visible_to(actor).named(namespace, name).select_related("namespace", "latest_release")
    if kind is not None:
        rows = rows.filter(kind=kind)
    found = rows.first()
    if found is None:
        raise Http404
    return found


def release(found: Package, version: str) -> Release:
    """The release that `version` names: exact, `latest` or a range; yanked ones only exactly. Raises Http404 or InvalidRange."""
    chosen = version_of(found, version)
    rows = Release.objects.filter(package=found, version=chosen).select_related("published_by", "yanked_by")
    result = rows.first()
    if result is None:
        raise Http404
    result.package = found
    return result


def version_of(found: Package, version: str) -> str:
    """The exact version that `version` names in this package. Raises Http404 or InvalidRange."""
    if version in ("", "latest"):
        if found.latest_release is None:
            raise Http404
        return found.latest_release.version
    try:
        return str(Version.parse(version))
    except InvalidVersion:
        wanted = Range.parse(version)
    candidates = Release.objects.filter(package=found).published().values_list("version", flat=True)
    best = wanted.best(Version.parse(candidate) for candidate in candidates)
    if best is None:
        raise Http404
    return str(best)


def namespace_to_publish_in(actor: Actor, slug: str) -> Namespace:
    """The namespace of this name. One that the actor does not belong to answers like one that is not there."""
    rows = Namespace.objects.select_related("user", "organization")
    found = rows.filter(slug=slug.strip().lower()).first()
    if found is None or not belonging(actor).filter(id=found.id).exists():
        raise Http404
    return found
