"""Releases: published once, yanked and un-yanked, never changed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from hub.actors import Actor
from hub.domain.decisions import require
from hub.services import audit
from registry import policies
from registry.domain import canonical, literals, manifests, markup
from registry.domain.actions import RegistryAction
from registry.domain.faults import Fault, ManifestInvalid
from registry.domain.manifests import Manifest
from registry.domain.versions import Version
from registry.kinds import KINDS
from registry.models import Package, PublishingToken, Release, ReleaseCoordinate
from registry.services import search_entries
from registry.services.packages import PackageGone, lock

__all__ = ["Notes", "PackageGone", "VersionExists", "publish", "unyank", "yank"]


class VersionExists(Exception):
    """The version was used before under this name, maybe in a package that is gone. A version is never reused."""


@dataclass(frozen=True)
class Notes:
    """What accompanies a manifest, in Markdown."""

    readme: str = ""
    changelog: str = ""


def publish(*, by: Actor, package: Package, version: str, manifest: str, notes: Notes | None = None) -> Release:
    """Publish `manifest` as `version` of `package`.

    Raises PermissionRefused, InvalidVersion, ManifestInvalid (with every fault and its place), VersionExists or
    PackageGone. Of two publications of one version at once, exactly one succeeds.
    """
    require(policies.may_release(by, package))
    number = Version.parse(version)
    read = KINDS[package.kind].read(manifest, package.name)
    notes = notes or Notes()
    html = _rendered(notes)
    with transaction.atomic():
        release = _store(by, package, number, read, notes, html)
        KINDS[package.kind].after_publish(by, release, read)
        data: dict[str, object] = {"version": release.version, "digest": release.digest}
        if release.published_from:
            data["published_from"] = release.published_from
        audit.record(by, RegistryAction.RELEASE_PUBLISH, release, namespace=package.namespace, data=data)
    return release


def _store(by: Actor, package: Package, number: Version, manifest: Manifest, notes: Notes, html: Notes) -> Release:
    _claim(lock(package), number)
    release = Release.objects.create(
        package=package,
        version=str(number),
        version_key=number.sort_key,
        is_prerelease=number.is_prerelease,
        format=manifest.format,
        manifest=manifest.text,
        digest=canonical.digest(manifest.text.encode()),
        content=manifest.value,
        title=manifest.title,
        secrets=list(manifest.secrets),
        inputs=list(manifest.inputs),
        warnings=[fault.as_json() for fault in (*manifest.warnings, *_version_mismatch(manifest, number))],
        readme=notes.readme,
        readme_html=html.readme,
        changelog=notes.changelog,
        changelog_html=html.changelog,
        published_by=by.user,
        published_from=_origin(by),
    )
    _refresh(package)
    return release


def _origin(by: Actor) -> dict[str, str] | None:
    """The CI job behind a token of trusted publishing, as its issuer claimed it; None for people and machines."""
    if by.token is None or by.user is not None:
        return None
    claims: dict[str, str] | None = (
        PublishingToken.objects.filter(token=by.token).values_list("claims", flat=True).first()
    )
    return claims


def _claim(package: Package, number: Version) -> None:
    """Take the version under the package's name for ever. Raises VersionExists."""
    try:
        with transaction.atomic():
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
            _refresh(release.package)
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
            _refresh(release.package)
            data = {"version": release.version, "reason": release.yank_reason}
            audit.record(by, RegistryAction.RELEASE_UNYANK, release, namespace=release.package.namespace, data=data)
    return bool(changed)


def _refresh(package: Package) -> None:
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


def _version_mismatch(manifest: Manifest, number: Version) -> list[Fault]:
    stated = manifest.value.get("version")
    if stated in (None, str(number)):
        return []
    return [Fault(f"The manifest says version {stated}; this release is {number}, and clients are told {number}.")]


def _rendered(notes: Notes) -> Notes:
    """The notes as HTML. Raises ManifestInvalid for what is too large, holds a secret or cannot be rendered."""
    return Notes(_html("README.md", notes.readme), _html("CHANGELOG.md", notes.changelog))


def _html(file: str, text: str) -> str:
    manifests.check_size(text, file, manifests.MAX_DOCUMENT_BYTES)
    if faults := literals.in_text(text, file):
        raise ManifestInvalid(faults)
    try:
        return markup.render(text)
    except ValueError as error:
        raise ManifestInvalid([Fault(str(error), file=file)]) from None
