"""From names in an address to rows that the actor may read. What is not there and what is hidden answer alike."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.http import Http404

from hub.actors import Actor
from hub.domain import slugs
from hub.models import Namespace, NamespaceName
from hub.policies.moderation import may_moderate
from hub.policies.namespaces import belonging
from registry import policies
from registry.domain.versions import InvalidVersion, Range, Version
from registry.models import (
    FormerPackageName,
    Imposer,
    Package,
    PackageQuerySet,
    Release,
    Report,
    ReportState,
    readable_by,
)
from registry.policies import Quarantined


def package(actor: Actor, namespace: str, name: str, *, kind: str | None = None) -> Package:
    """The package of this name with its namespace and latest release. Raises Http404 or Quarantined."""
    return _usable(_known(actor, namespace, name, kind))


def package_to_inspect(actor: Actor, namespace: str, name: str) -> Package:
    """As `package`; one that is quarantined too for who may look into that. Raises Http404 or Quarantined."""
    found = _known(actor, namespace, name)
    return found if found.is_quarantined and policies.may_inspect(actor, found) else _usable(found)


def package_to_moderate(actor: Actor, namespace: str, name: str) -> Package:
    """As `package`, quarantined or not; for moderators also what was reported or what moderators have quarantined.

    Of a package that the moderator may not read, that opens its name and no more. Raises Http404.
    """
    rows = Package.objects.present().named(namespace, name).select_related("namespace", "latest_release")
    seen = readable_by(actor)
    if may_moderate(actor):
        reported = Report.objects.filter(state=ReportState.OPEN).values("package")
        held = Release.objects.filter(quarantined_as=Imposer.MODERATOR).values("package")
        seen |= Q(quarantined_as=Imposer.MODERATOR) | Q(id__in=reported) | Q(id__in=held)
    found = rows.filter(seen).first()
    if found is None:
        raise Http404
    return found


def _known(actor: Actor, namespace: str, name: str, kind: str | None = None) -> Package:
    rows = Package.objects.known_to(actor).named(namespace, name).select_related("namespace", "latest_release")
    if kind is not None:
        rows = rows.filter(kind=kind)
    found = rows.first()
    if found is None:
        raise Http404
    return found


def _usable[T: (Package, Release)](found: T) -> T:
    """What was found, unless it is quarantined. Raises Quarantined."""
    if found.is_quarantined:
        raise Quarantined(found)
    return found


def package_by_any_name(actor: Actor, namespace: str, name: str) -> Package:
    """As `package`, also under a former name: for programs that do not follow redirects. Raises Http404 or Quarantined."""
    try:
        return package(actor, namespace, name)
    except Http404:
        asked = f"{slugs.normalize(namespace)}/{slugs.normalize(name)}"
        found = formerly(actor, [asked]).get(asked)
        if found is None:
            raise
        return _usable(found)


def formerly(actor: Actor, names: Collection[str]) -> dict[str, Package]:
    """The packages that the actor may read, quarantined or not, that were once called so, by the name asked for.

    At most three queries. For names that nothing was found under: the present ones cost no query.
    """
    return formerly_among(Package.objects.known_to(actor), names)


def formerly_among(rows: PackageQuerySet, names: Collection[str]) -> dict[str, Package]:
    """Those of the packages that were once called so, by the name asked for. Both halves of a name may be former ones."""
    asked = {name: tuple(name.split("/", 1)) for name in names if "/" in name}
    slugs_of = {namespace for namespace, _ in asked.values()}
    named = NamespaceName.objects.filter(slug__in=slugs_of, namespace__closed_at=None)
    holders = dict(named.values_list("slug", "namespace_id"))
    places: dict[tuple[int, str], list[str]] = {}
    for text, (slug, name) in asked.items():
        if slug in holders:
            places.setdefault((holders[slug], name), []).append(text)
    if not places:
        return {}
    one_of = Q(pk__in=[])
    for holder, name in places:
        one_of |= Q(namespace=holder, name=name)
    readable = rows.select_related("namespace", "latest_release")
    moved = FormerPackageName.objects.filter(one_of).values_list("namespace_id", "name", "package_id")
    old = {package_id: places[holder, name] for holder, name, package_id in moved}
    found = {text: one for one in (readable.filter(id__in=old) if old else ()) for text in old[one.id]}
    # A present name wins over one that was given up.
    return found | {text: one for one in readable.filter(one_of) for text in places[one.namespace_id, one.name]}


def release(found: Package, version: str) -> Release:
    """The release that `version` names: exact, `latest` or a range; yanked ones only exactly.

    Raises Http404, InvalidRange or Quarantined.
    """
    return _usable(_release(found, version))


def release_to_inspect(actor: Actor, found: Package, version: str) -> Release:
    """As `release`; one that is quarantined too for who may look into that. Raises Http404, InvalidRange or Quarantined."""
    result = _release(found, version)
    return result if result.is_quarantined and policies.may_inspect(actor, found) else _usable(result)


def successor(actor: Actor, thing: Package | Release) -> Package | None:
    """What is to be used instead of something deprecated, if the actor may see that. A query if there is one."""
    if thing.successor_id is None:
        return None
    rows = Package.objects.visible_to(actor).filter(id=thing.successor_id)
    return rows.select_related("namespace").first()


def upstream(actor: Actor, found: Package) -> Release | None:
    """The release that a package was forked from, if the actor may see it. A query for forks only."""
    return upstream_row(actor, found).first() if found.is_fork else None


def upstream_row(actor: Actor, found: Package) -> QuerySet[Release]:
    """The query behind `upstream`, for who asks more of it."""
    readable = Package.objects.visible_to(actor).values("id")
    rows = Release.objects.filter(id=found.upstream_release_id or 0, package__in=readable)
    shown = ("version", "digest", "package__name", "package__namespace__slug")
    return rows.select_related("package__namespace").only(*shown)


def _release(found: Package, version: str) -> Release:
    chosen = version_of(found, version)
    rows = Release.objects.filter(package=found, version=chosen)
    rows = rows.select_related("published_by", "yanked_by", "deprecated_by", "quarantined_by")
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
