"""From names in an address to rows that the actor may read. What is not there and what is hidden answer alike."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q
from django.http import Http404

from hub.actors import Actor
from hub.domain import slugs
from hub.models import Namespace, NamespaceName
from hub.policies.namespaces import belonging
from registry.domain.versions import InvalidVersion, Range, Version
from registry.models import FormerPackageName, Package, Release


def package(actor: Actor, namespace: str, name: str, *, kind: str | None = None) -> Package:
    """The package of this name with its namespace and latest release. Raises Http404."""
    rows = Package.objects.visible_to(actor).named(namespace, name).select_related("namespace", "latest_release")
    if kind is not None:
        rows = rows.filter(kind=kind)
    found = rows.first()
    if found is None:
        raise Http404
    return found


def package_by_any_name(actor: Actor, namespace: str, name: str) -> Package:
    """As `package`, also under a former name: for programs that do not follow redirects. Raises Http404."""
    try:
        return package(actor, namespace, name)
    except Http404:
        asked = f"{slugs.normalize(namespace)}/{slugs.normalize(name)}"
        found = formerly(actor, [asked]).get(asked)
        if found is None:
            raise
        return found


def formerly(actor: Actor, names: Collection[str]) -> dict[str, Package]:
    """The packages that the actor may read and that were once called so, by the name asked for. At most three queries.

    Both halves of a name may be former ones. For names that nothing was found under: the present ones cost no query.
    """
    asked = {name: tuple(name.split("/", 1)) for name in names if "/" in name}
    slugs_of = {namespace for namespace, _ in asked.values()}
    rows = NamespaceName.objects.filter(slug__in=slugs_of, namespace__closed_at=None)
    holders = dict(rows.values_list("slug", "namespace_id"))
    places: dict[tuple[int, str], list[str]] = {}
    for text, (slug, name) in asked.items():
        if slug in holders:
            places.setdefault((holders[slug], name), []).append(text)
    if not places:
        return {}
    one_of = Q(pk__in=[])
    for holder, name in places:
        one_of |= Q(namespace=holder, name=name)
    readable = Package.objects.visible_to(actor).select_related("namespace", "latest_release")
    moved = FormerPackageName.objects.filter(one_of).values_list("namespace_id", "name", "package_id")
    old = {package_id: places[holder, name] for holder, name, package_id in moved}
    found = {text: one for one in (readable.filter(id__in=old) if old else ()) for text in old[one.id]}
    # A present name wins over one that was given up.
    return found | {text: one for one in readable.filter(one_of) for text in places[one.namespace_id, one.name]}


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
