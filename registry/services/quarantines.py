"""Quarantine: every use of a package or release is refused, everywhere, until somebody of the same side lifts it."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from hub.actors import Actor
from hub.domain.decisions import require
from hub.policies.moderation import may_moderate
from hub.services import audit
from registry import policies
from registry.domain import lifecycle as domain
from registry.domain.actions import RegistryAction
from registry.domain.lifecycle import InvalidWords
from registry.models import Imposer, NewsKind, Package, Release, readable_by
from registry.services import releases, upstream_news
from registry.services.packages import PackageGone

__all__ = ["InvalidWords", "PackageGone", "impose", "lift", "packages_seen_by", "releases_seen_by"]
_NOT = {
    "quarantined_at": None,
    "quarantined_by": None,
    "quarantined_as": "",
    "quarantine_reason": "",
    "quarantine_link": "",
}


def impose(*, by: Actor, package: Package, release: Release | None = None, reason: str, link: str = "") -> bool:
    """Refuse every use of the package, or of one `release` of it: fetches, resolutions, lists, also of what has it locked.

    What those who run the namespace imposed, a moderator may take over. Returns whether this call changed anything.
    Raises PermissionRefused, InvalidWords or PackageGone.
    """
    require(policies.may_quarantine(by, package))
    side = policies.side(by)
    changes: dict[str, object] = {
        "quarantined_at": timezone.now(),
        "quarantined_by": by.user,
        "quarantined_as": side,
        "quarantine_reason": domain.words(reason, field="reason"),
        "quarantine_link": domain.link(link),
    }
    weaker = Q(quarantined_at=None)
    if side == Imposer.MODERATOR:
        weaker |= Q(quarantined_as=Imposer.MANAGER)
    with transaction.atomic():
        row = _locked(package)
        is_new = _rows(row, release).filter(quarantined_at=None).exists()
        changed = _rows(row, release).filter(weaker).update(**changes)
        if is_new:
            upstream_news.happened(row, NewsKind.QUARANTINE, release)
        if changed:
            # The newest release that may be chosen is another one now.
            releases.refresh(row)
            action = RegistryAction.RELEASE_QUARANTINE if release else RegistryAction.PACKAGE_QUARANTINE
            data = {"reason": changes["quarantine_reason"], "as": str(side)}
            _record(by, action, row, release, data | ({"link": changes["quarantine_link"]} if link.strip() else {}))
    return bool(changed)


def lift(*, by: Actor, package: Package, release: Release | None = None) -> bool:
    """End a quarantine: what it stopped works again at once. Returns whether this call did it.

    Raises PermissionRefused, also for what a moderator imposed and another one than a moderator would lift, or PackageGone.
    """
    allowed = policies.may_quarantine(by, package)
    require(allowed)
    with transaction.atomic():
        row = _locked(package)
        found = _rows(row, release).filter(quarantined_at__isnull=False).first()
        if found is None:
            return False
        require(policies.may_lift(by, found, allowed))
        _rows(row, release).update(**_NOT)
        releases.refresh(row)
        action = RegistryAction.RELEASE_UNQUARANTINE if release else RegistryAction.PACKAGE_UNQUARANTINE
        _record(by, action, row, release, {"reason": found.quarantine_reason, "as": found.quarantined_as})
    return True


def packages_seen_by(actor: Actor) -> QuerySet[Package]:
    """The quarantined packages that a moderator sees: what moderators imposed, and what the moderator could read anyway."""
    if not may_moderate(actor):
        return Package.objects.none()
    seen = Q(quarantined_as=Imposer.MODERATOR) | readable_by(actor)
    rows = Package.objects.present().filter(seen, quarantined_at__isnull=False)
    return rows.select_related("namespace", "quarantined_by")


def releases_seen_by(actor: Actor) -> QuerySet[Release]:
    """As `packages_seen_by`, for single releases."""
    if not may_moderate(actor):
        return Release.objects.none()
    seen = Q(quarantined_as=Imposer.MODERATOR) | readable_by(actor, "package__")
    rows = Release.objects.filter(seen, quarantined_at__isnull=False, package__in=Package.objects.present())
    return rows.select_related("package__namespace", "quarantined_by")


def _locked(package: Package) -> Package:
    """The package's row, locked, where it was when the actor was allowed. Raises PackageGone."""
    rows = Package.objects.select_for_update(of=("self",)).select_related("namespace")
    row = rows.filter(id=package.id, namespace=package.namespace_id, deleted_at=None).first()
    if row is None:
        raise PackageGone(f"“{package}” was deleted or handed over.")
    return row


def _rows(package: Package, release: Release | None) -> QuerySet[Package] | QuerySet[Release]:
    if release is None:
        return Package.objects.filter(id=package.id)
    return Release.objects.filter(id=release.id, package=package)


def _record(
    by: Actor, action: RegistryAction, package: Package, release: Release | None, data: Mapping[str, object]
) -> None:
    named = {"version": release.version} if release else {}
    audit.record(by, action, release or package, namespace=package.namespace, data={**named, **data})
