"""Deprecation and archiving: what is still served, with a warning, or takes no more releases."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from hub.actors import Actor
from hub.domain.decisions import require
from hub.services import audit
from registry import policies
from registry.domain import lifecycle as domain
from registry.domain.actions import RegistryAction
from registry.domain.lifecycle import InvalidWords
from registry.models import Package, Release
from registry.services.packages import PackageGone, lock

__all__ = [
    "InvalidSuccessor",
    "InvalidWords",
    "PackageGone",
    "archive",
    "deprecate",
    "deprecate_release",
    "unarchive",
    "undeprecate",
    "undeprecate_release",
]
_NOT = {"deprecated_at": None, "deprecated_by": None, "deprecation_message": "", "successor": None}


class InvalidSuccessor(ValueError):
    """The package named instead cannot be that; the message says why."""


def deprecate(*, by: Actor, package: Package, message: str, successor: Package | None = None) -> bool:
    """Tell everybody who uses the package why to use something else, and maybe what; a second time says it anew.

    Returns whether anything changed. Raises PermissionRefused, InvalidWords, InvalidSuccessor or PackageGone.
    """
    require(policies.may_manage(by, package))
    changes = _deprecation(by, package, message, successor)
    with transaction.atomic():
        row = lock(package)
        if (row.deprecation_message, row.successor_id) == (changes["deprecation_message"], successor and successor.id):
            return False
        Package.objects.filter(id=row.id).update(**changes, deprecated_at=row.deprecated_at or timezone.now())
        _record(by, RegistryAction.PACKAGE_DEPRECATE, package, package, _told(changes))
    return True


def undeprecate(*, by: Actor, package: Package) -> bool:
    """Take a package's deprecation back. Returns whether this call did it. Raises PermissionRefused or PackageGone."""
    require(policies.may_manage(by, package))
    with transaction.atomic():
        row = lock(package)
        changed = Package.objects.filter(id=package.id, deprecated_at__isnull=False).update(**_NOT)
        if changed:
            data = {"message": row.deprecation_message}
            _record(by, RegistryAction.PACKAGE_UNDEPRECATE, package, package, data)
    return bool(changed)


def deprecate_release(*, by: Actor, release: Release, message: str, successor: Package | None = None) -> bool:
    """As `deprecate`, for one release; for those who may yank it. Raises as that does."""
    require(policies.may_yank(by, release.package))
    changes = _deprecation(by, release.package, message, successor)
    with transaction.atomic():
        lock(release.package)
        row = Release.objects.get(id=release.id)
        if (row.deprecation_message, row.successor_id) == (changes["deprecation_message"], successor and successor.id):
            return False
        Release.objects.filter(id=row.id).update(**changes, deprecated_at=row.deprecated_at or timezone.now())
        data = {"version": release.version, **_told(changes)}
        _record(by, RegistryAction.RELEASE_DEPRECATE, release, release.package, data)
    return True


def undeprecate_release(*, by: Actor, release: Release) -> bool:
    """Take a release's deprecation back. Returns whether this call did it. Raises PermissionRefused or PackageGone."""
    require(policies.may_yank(by, release.package))
    with transaction.atomic():
        lock(release.package)
        row = Release.objects.get(id=release.id)
        changed = Release.objects.filter(id=release.id, deprecated_at__isnull=False).update(**_NOT)
        if changed:
            data = {"version": row.version, "message": row.deprecation_message}
            _record(by, RegistryAction.RELEASE_UNDEPRECATE, release, release.package, data)
    return bool(changed)


def archive(*, by: Actor, package: Package) -> bool:
    """Let a package take no more releases; it is served as before. Returns whether this call did it.

    Raises PermissionRefused or PackageGone.
    """
    require(policies.may_manage(by, package))
    with transaction.atomic():
        lock(package)
        changes = {"archived_at": timezone.now(), "archived_by": by.user}
        changed = Package.objects.filter(id=package.id, archived_at=None).update(**changes)
        if changed:
            _record(by, RegistryAction.PACKAGE_ARCHIVE, package, package, {})
    return bool(changed)


def unarchive(*, by: Actor, package: Package) -> bool:
    """Let an archived package take releases again. Returns whether this call did it. Raises PermissionRefused or PackageGone."""
    require(policies.may_manage(by, package))
    with transaction.atomic():
        lock(package)
        archived = Package.objects.filter(id=package.id, archived_at__isnull=False)
        changed = archived.update(archived_at=None, archived_by=None)
        if changed:
            _record(by, RegistryAction.PACKAGE_UNARCHIVE, package, package, {})
    return bool(changed)


def _deprecation(by: Actor, package: Package, message: str, successor: Package | None) -> dict[str, object]:
    """The columns of a deprecation, without its time. Raises InvalidWords or InvalidSuccessor."""
    words = domain.words(message, field="message")
    if successor is not None:
        if successor.id == package.id:
            raise InvalidSuccessor("A package cannot be used instead of itself. Name another one, or none.")
        if not Package.objects.visible_to(by).filter(id=successor.id).exists():
            raise InvalidSuccessor("There is no such package that you may read. Check the name.")
    return {"deprecated_by": by.user, "deprecation_message": words, "successor": successor}


def _told(changes: Mapping[str, object]) -> dict[str, object]:
    successor = changes["successor"]
    named = {"successor": str(successor)} if successor is not None else {}
    return {"message": changes["deprecation_message"], **named}


def _record(
    by: Actor, action: RegistryAction, target: Package | Release, package: Package, data: Mapping[str, object]
) -> None:
    audit.record(by, action, target, namespace=package.namespace, data=data)
