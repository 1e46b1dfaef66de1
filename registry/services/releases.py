"""Releases: published once, yanked and un-yanked, never changed."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from hub.actors import Actor
from hub.domain.decisions import require
from hub.services import audit
from registry import policies
from registry.domain import canonical, manifests
from registry.domain.actions import RegistryAction
from registry.domain.files import FileTree
from registry.domain.fixes import Fix
from registry.domain.lifecycle import InvalidWords
from registry.domain.versions import Version
from registry.kinds import KINDS
from registry.models import NewsKind, Package, PublishingToken, Release, ReleaseCoordinate
from registry.services import artifacts, drafts, scans, search_entries, upstream_news, watchers
from registry.services.drafts import Draft, Notes
from registry.services.packages import PackageGone, TakesNoReleases, lock, lock_to_publish

__all__ = [
    "Fix",
    "InvalidWords",
    "Notes",
    "PackageGone",
    "TakesNoReleases",
    "VersionExists",
    "add",
    "mark_fix",
    "publish",
    "published",
    "refresh",
    "unmark_fix",
    "unyank",
    "yank",
]


class VersionExists(Exception):
    """The version was used before under this name, maybe in a package that is gone. A version is never reused."""


def publish(
    *,
    by: Actor,
    package: Package,
    version: str,
    manifest: str,
    notes: Notes | None = None,
    files: FileTree | None = None,
    origin: Mapping[str, str] | None = None,
    fix: Fix | None = None,
) -> Release:
    """Publish `manifest` as `version` of `package`, for a kind that takes them with the `files` beside it.

    `files` may hold the manifest too. `origin` says where the text came from, if not from whoever publishes it; `fix`, what
    the release mends. Raises PermissionRefused, InvalidVersion, InvalidWords, ManifestInvalid (with every fault and its
    place, and what the checks refuse), VersionExists, PackageGone or TakesNoReleases. Of two publications of one version at
    once, exactly one succeeds.
    """
    require(policies.may_release(by, package))
    draft = drafts.draft(package, version=version, manifest=manifest, notes=notes, files=files, origin=origin, fix=fix)
    with transaction.atomic():
        lock_to_publish(package)
        release = add(by, package, draft)
        refresh(package)
        KINDS[package.kind].after_publish(by, release, draft.manifest)
        if release.is_fix:
            upstream_news.happened(package, NewsKind.FIX, release)
        said = published(release)
        audit.record(by, said.action, release, namespace=package.namespace, data=said.data)
    return release


def add(by: Actor, package: Package, draft: Draft) -> Release:
    """The row of a new release, with what the checks found. The package must be locked, or made in this transaction.

    Raises VersionExists, which has to end that transaction.
    """
    _claim(package, draft.number)
    manifest, number = draft.manifest, draft.number
    release = Release.objects.create(
        package=package,
        version=str(number),
        version_key=number.sort_key,
        is_prerelease=number.is_prerelease,
        format=manifest.format,
        manifest=manifest.text,
        digest=canonical.digest(manifest.text.encode()),
        content=manifest.value,
        document=draft.document(package),
        artifact=artifacts.keep(draft.files) if draft.files else None,
        files=artifacts.listing(draft.files) if draft.files else [],
        title=manifest.title,
        secrets=list(manifest.secrets),
        inputs=list(manifest.inputs),
        warnings=[fault.as_json() for fault in draft.warnings()],
        findings=[finding.as_json() for finding in draft.scan.findings],
        readme=draft.notes.readme,
        readme_html=draft.html.readme,
        changelog=draft.notes.changelog,
        changelog_html=draft.html.changelog,
        published_by=by.user,
        published_from=_origin(by),
        origin=dict(draft.origin) if draft.origin else None,
        fix_note=draft.fix.note if draft.fix else "",
        is_security_fix=draft.fix is not None and draft.fix.is_security,
    )
    scans.keep_first(release, draft.scan)
    return release


def published(release: Release) -> audit.Entry:
    """What the audit log says of a publication."""
    data: dict[str, object] = {"version": release.version, "digest": release.digest}
    if release.published_from:
        data["published_from"] = release.published_from
    if release.origin:
        data["origin"] = release.origin
    if release.artifact_id:
        data["artifact"] = release.artifact_id
    if release.is_fix:
        data["fix"] = {"note": release.fix_note, "security": release.is_security_fix}
    return audit.Entry(RegistryAction.RELEASE_PUBLISH, release, data)


def _origin(by: Actor) -> dict[str, str] | None:
    """The CI job behind a token of trusted publishing, as its issuer claimed it; None for people and machines."""
    if by.token is None or by.user is not None:
        return None
    claims: dict[str, str] | None = (
        PublishingToken.objects.filter(token=by.token).values_list("claims", flat=True).first()
    )
    return claims


def _claim(package: Package, number: Version) -> None:
    """Take the version under the package's name for ever. Raises VersionExists, which has to end the transaction."""
    try:
        ReleaseCoordinate.objects.create(namespace_id=package.namespace_id, name=package.name, version=str(number))
    except IntegrityError:
        mend = "Publish under the next version."
        raise VersionExists(f"{package}@{number} was published before, and a version is never reused. {mend}") from None


def yank(*, by: Actor, release: Release, reason: str) -> bool:
    """Keep a release from being chosen again; existing locks keep it. Returns whether this call did it.

    Raises PermissionRefused, PackageGone, or ValueError without a reason.
    """
    require(policies.may_yank(by, release.package))
    if not reason.strip():
        raise ValueError("Give a reason: people who have this release locked will read it.")
    with transaction.atomic():
        lock(release.package)
        changes = {"yanked_at": timezone.now(), "yanked_by": by.user, "yank_reason": reason.strip()}
        changed = Release.objects.filter(id=release.id, yanked_at=None).update(**changes)
        if changed:
            refresh(release.package)
            data = {"version": release.version, "reason": reason.strip()}
            audit.record(by, RegistryAction.RELEASE_YANK, release, namespace=release.package.namespace, data=data)
    return bool(changed)


def unyank(*, by: Actor, release: Release) -> bool:
    """Let a yanked release be chosen again. Returns whether this call did it. Raises PermissionRefused or PackageGone."""
    require(policies.may_yank(by, release.package))
    with transaction.atomic():
        lock(release.package)
        yanked = Release.objects.filter(id=release.id, yanked_at__isnull=False)
        changed = yanked.update(yanked_at=None, yanked_by=None, yank_reason="")
        if changed:
            refresh(release.package)
            data = {"version": release.version, "reason": release.yank_reason}
            audit.record(by, RegistryAction.RELEASE_UNYANK, release, namespace=release.package.namespace, data=data)
    return bool(changed)


def mark_fix(*, by: Actor, release: Release, fix: Fix) -> bool:
    """Say that a release mends something, or say it in other words; those who forked the package are told.

    Returns whether this call changed anything. Raises PermissionRefused, InvalidWords or PackageGone.
    """
    require(policies.may_yank(by, release.package))
    said = fix.checked()
    changes = {"fix_note": said.note, "is_security_fix": said.is_security}
    with transaction.atomic():
        package = lock(release.package)
        changed = Release.objects.filter(id=release.id).exclude(**changes).update(**changes)
        if changed:
            upstream_news.happened(package, NewsKind.FIX, release)
            watchers.changed(package)  # no cool-down holds a security fix back
            data = {"version": release.version, "note": said.note, "security": said.is_security}
            audit.record(by, RegistryAction.RELEASE_MARK_FIX, release, namespace=release.package.namespace, data=data)
    return bool(changed)


def unmark_fix(*, by: Actor, release: Release) -> bool:
    """Take back that a release mends something. Returns whether this call did it. Raises PermissionRefused or PackageGone."""
    require(policies.may_yank(by, release.package))
    with transaction.atomic():
        lock(release.package)
        marked = Release.objects.filter(id=release.id).exclude(fix_note="")
        changed = marked.update(fix_note="", is_security_fix=False)
        if changed:
            data = {"version": release.version, "note": release.fix_note}
            audit.record(by, RegistryAction.RELEASE_UNMARK_FIX, release, namespace=release.package.namespace, data=data)
    return bool(changed)


def refresh(package: Package) -> None:
    """Make the package's denormalised columns say what its releases say. The package's row must be locked."""
    published = Release.objects.filter(package=package).published().newest_first()
    latest = published.filter(is_prerelease=False).first() or published.first()
    changes: dict[str, object] = {"latest_release": latest, "updated_at": timezone.now()}
    if latest is not None:
        described = manifests.describe(latest.manifest, "yaml", latest.content, [])
        changes |= {"tags": list(described.tags), "license": described.license}
        if described.description and not package.summary:
            changes["summary"] = described.description
    Package.objects.filter(id=package.id).update(**changes)
    package.refresh_from_db(fields=list(changes))
    search_entries.refresh(package)
    watchers.changed(package)
