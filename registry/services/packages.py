"""Packages: made, described and deleted."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from hub.actors import Actor
from hub.domain import slugs
from hub.domain.decisions import require
from hub.models import Namespace
from hub.policies.namespaces import may_publish
from hub.services import audit
from registry import policies
from registry.domain.actions import RegistryAction
from registry.kinds import KINDS
from registry.models import FormerPackageName, Package, Release, Visibility
from registry.services import search_entries


class PackageExists(Exception):
    """A package of this name exists in the namespace."""


class PackageGone(Exception):
    """The package was deleted, or handed over to another namespace, in the meantime."""


class TakesNoReleases(Exception):
    """The package is archived or quarantined: nothing is published in it. The message says which; `code` in one word."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class UnknownKind(ValueError):
    """There is no such kind of package."""


def create(
    *,
    by: Actor,
    namespace: Namespace,
    name: str,
    kind: str,
    visibility: str = Visibility.PRIVATE,
    summary: str = "",
    upstream: Release | None = None,
) -> Package:
    """Make a package without releases. `upstream` is the release that a fork starts from.

    Raises PermissionRefused, InvalidName, UnknownKind or PackageExists.
    """
    require(may_publish(by, namespace))
    package = prepared(by, namespace, name=name, kind=kind, visibility=visibility, summary=summary, upstream=upstream)
    with transaction.atomic():
        insert(package)
        search_entries.refresh(package)
        said = created(package)
        audit.record(by, said.action, package, namespace=namespace, data=said.data)
    return package


def prepared(
    by: Actor,
    namespace: Namespace,
    *,
    name: str,
    kind: str,
    visibility: str = Visibility.PRIVATE,
    summary: str = "",
    upstream: Release | None = None,
) -> Package:
    """A package that is not stored yet. Raises InvalidName or UnknownKind."""
    name = slugs.check_package_name(slugs.normalize(name))
    if kind not in KINDS:
        raise UnknownKind(f"“{kind}” is no kind of package. Use one of: {', '.join(KINDS)}.")
    return Package(
        namespace=namespace,
        name=name,
        kind=kind,
        visibility=Visibility(visibility),
        summary=summary,
        upstream=upstream.package if upstream else None,
        upstream_release=upstream,
        created_by=by.user,
    )


def insert(package: Package) -> None:
    """Store a package that is new, in the caller's transaction. Raises PackageExists, which has to end that."""
    namespace, name = package.namespace, package.name
    try:
        package.save(force_insert=True)
    except IntegrityError:
        raise PackageExists(f"“{namespace.slug}/{name}” exists already.") from None
    # Looked up after the insert: it waited for whoever was just handing over the package that had the name.
    if FormerPackageName.objects.filter(namespace=namespace, name=name).exists():
        raise PackageExists(f"“{namespace.slug}/{name}” was the name of a package that is elsewhere now.")
    require_no_quarantine(package, namespace)


def created(package: Package) -> audit.Entry:
    """What the audit log says of a new package."""
    upstream = package.upstream_release
    data: dict[str, object] = {"kind": package.kind, "visibility": str(package.visibility)}
    if upstream is None:
        return audit.Entry(RegistryAction.PACKAGE_CREATE, package, data)
    # By id: whoever reads the log of this namespace need not be allowed to see the upstream.
    return audit.Entry(RegistryAction.PACKAGE_FORK, package, data | {"upstream_release": upstream.pk})


def update(*, by: Actor, package: Package, visibility: str, summary: str) -> None:
    """Change who may read a package and its one-line summary. Raises PermissionRefused or PackageGone.

    Narrowing takes effect on the next request everywhere: also for assistants elsewhere that contain the package.
    """
    require(policies.may_manage(by, package))
    with transaction.atomic():
        before = lock(package)
        changes = {"visibility": str(Visibility(visibility)), "summary": summary}
        Package.objects.filter(id=package.id).update(**changes, updated_at=timezone.now())
        search_entries.refresh(package)
        data = {"before": {"visibility": before.visibility, "summary": before.summary}, "after": changes}
        audit.record(by, RegistryAction.PACKAGE_UPDATE, package, namespace=package.namespace, data=data)


def lock(package: Package) -> Package:
    """The package's row as it is now, locked, for somebody who was allowed to change it where it was. Raises PackageGone."""
    rows = Package.objects.select_for_update(of=("self",)).select_related("namespace")
    row = rows.filter(id=package.id, deleted_at=None).first()
    if row is None:
        raise PackageGone(f"“{package}” was deleted.")
    if row.namespace_id != package.namespace_id:
        raise PackageGone(f"“{package}” was handed over to “{row.namespace.slug}”.")
    return row


def lock_to_publish(package: Package) -> Package:
    """As `lock`, for who publishes in the package. Raises PackageGone or TakesNoReleases."""
    row = lock(package)
    if row.is_archived:
        raise TakesNoReleases("archived", f"“{row}” is archived: it takes no more releases. Unarchive it first.")
    if row.is_quarantined:
        raise TakesNoReleases("quarantined", f"“{row}” is quarantined: {row.quarantine_reason}")
    return row


def require_no_quarantine(package: Package, namespace: Namespace) -> None:
    """Raise PackageExists if another package of this name was deleted in quarantine: nothing slips out by a new start."""
    namesakes = Package.objects.filter(namespace=namespace, name=package.name).exclude(id=package.id)
    if namesakes.filter(quarantined_at__isnull=False).exists():
        raise PackageExists(
            f"A package called “{namespace.slug}/{package.name}” was deleted in quarantine. Choose another name."
        )


def delete(*, by: Actor, package: Package) -> bool:
    """Take a package away for good; its versions can never be published again. Returns whether this call did it.

    The rows stay as a tombstone. Raises PermissionRefused.
    """
    require(policies.may_manage(by, package))
    with transaction.atomic():
        here = Package.objects.filter(id=package.id, namespace=package.namespace_id, deleted_at=None)
        deleted = here.update(deleted_at=timezone.now())
        if deleted:
            search_entries.refresh(package)
            audit.record(by, RegistryAction.PACKAGE_DELETE, package, namespace=package.namespace)
    return bool(deleted)
