"""Releases: published once, yanked and un-yanked, never changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from hub.actors import Actor
from hub.domain.decisions import require
from hub.services import audit
from registry import policies
from registry.checks.running import Scan
from registry.domain import canonical, literals, manifests, markup, skills
from registry.domain.actions import RegistryAction
from registry.domain.faults import Fault, ManifestInvalid
from registry.domain.files import File, FileTree, tree
from registry.domain.manifests import Manifest
from registry.domain.versions import Version
from registry.kinds import KINDS
from registry.models import Package, PublishingToken, Release, ReleaseCoordinate
from registry.services import artifacts, scans, search_entries, watchers
from registry.services.packages import PackageGone, TakesNoReleases, lock, lock_to_publish

__all__ = ["Notes", "PackageGone", "TakesNoReleases", "VersionExists", "publish", "refresh", "unyank", "yank"]


class VersionExists(Exception):
    """The version was used before under this name, maybe in a package that is gone. A version is never reused."""


@dataclass(frozen=True)
class Notes:
    """What accompanies a manifest, in Markdown."""

    readme: str = ""
    changelog: str = ""


def publish(
    *,
    by: Actor,
    package: Package,
    version: str,
    manifest: str,
    notes: Notes | None = None,
    files: FileTree | None = None,
    origin: Mapping[str, str] | None = None,
) -> Release:
    """Publish `manifest` as `version` of `package`, for a kind that takes them with the `files` beside it.

    `files` may hold the manifest too. `origin` says where the text came from, if not from whoever publishes it.
    Raises PermissionRefused, InvalidVersion, ManifestInvalid (with every fault and its place, and what the checks refuse),
    VersionExists, PackageGone or TakesNoReleases. Of two publications of one version at once, exactly one succeeds.
    """
    require(policies.may_release(by, package))
    number = Version.parse(version)
    draft = _draft(package, number, manifest, notes or Notes(), files, origin)
    with transaction.atomic():
        release = _store(by, package, draft)
        KINDS[package.kind].after_publish(by, release, draft.manifest)
        data: dict[str, object] = {"version": release.version, "digest": release.digest}
        if release.published_from:
            data["published_from"] = release.published_from
        if release.origin:
            data["origin"] = release.origin
        if release.artifact_id:
            data["artifact"] = release.artifact_id
        audit.record(by, RegistryAction.RELEASE_PUBLISH, release, namespace=package.namespace, data=data)
    return release


@dataclass(frozen=True)
class _Draft:
    """A release that is checked and not stored yet."""

    number: Version
    manifest: Manifest
    notes: Notes
    html: Notes
    files: FileTree | None
    origin: Mapping[str, str] | None
    scan: Scan


def _draft(
    package: Package,
    number: Version,
    manifest: str,
    notes: Notes,
    files: FileTree | None,
    origin: Mapping[str, str] | None,
) -> _Draft:
    """Read, render and scan what is to be published. Raises ManifestInvalid with all that is wrong in any of it."""
    kind = KINDS[package.kind]
    read, faults = _attempt(lambda: kind.read(manifest, package.name))
    html, of_notes = _attempt(lambda: _rendered(notes, read))
    folder, of_files = _attempt(lambda: _folder(package, manifest, files))
    scan = _scanned(package, number, manifest, read, notes, files)
    faults = [*faults, *of_notes, *of_files]
    known = {(fault.file, fault.place.line) for fault in faults}
    faults += [found.as_fault() for found in scan.errors if (found.file, found.line) not in known]
    if faults or read is None or html is None:
        raise ManifestInvalid(faults)
    return _Draft(number, read, notes, html, folder, origin, scan)


def _attempt[T](work: Callable[[], T]) -> tuple[T | None, list[Fault]]:
    """What comes of it, or the faults for which it was refused."""
    try:
        return work(), []
    except ManifestInvalid as error:
        return None, error.faults


def _scanned(
    package: Package, number: Version, manifest: str, read: Manifest | None, notes: Notes, files: FileTree | None
) -> Scan:
    """What the checks find; in a manifest that nobody can read as well, so that one attempt tells all."""
    main = KINDS[package.kind].main_file
    texts = {read.file if read else main: manifest, "README.md": notes.readme, "CHANGELOG.md": notes.changelog}
    beside = [(file.path, file.content) for file in files.files if file.path != main] if files else []
    return scans.look(scans.subject(package, str(number), texts, read.value if read else None, beside))


def _folder(package: Package, manifest: str, files: FileTree | None) -> FileTree | None:
    """The files of a package that is a folder, its manifest among them. Raises ManifestInvalid."""
    kind = KINDS[package.kind]
    if not kind.takes_files:
        if files is not None and files.files:
            raise ManifestInvalid([Fault("A package of this kind has no files beside its manifest.", file="")])
        return None
    beside = [file for file in files.files if file.path != kind.main_file] if files else []
    return tree([File(kind.main_file, manifest.encode()), *beside])


def _store(by: Actor, package: Package, draft: _Draft) -> Release:
    _claim(lock_to_publish(package), draft.number)
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
        document=_document(package, draft),
        artifact=artifacts.keep(draft.files) if draft.files else None,
        files=artifacts.listing(draft.files) if draft.files else [],
        title=manifest.title,
        secrets=list(manifest.secrets),
        inputs=list(manifest.inputs),
        warnings=[fault.as_json() for fault in (*manifest.warnings, *_version_mismatch(manifest, number))],
        findings=[finding.as_json() for finding in draft.scan.findings],
        readme=draft.notes.readme,
        readme_html=draft.html.readme,
        changelog=draft.notes.changelog,
        changelog_html=draft.html.changelog,
        published_by=by.user,
        published_from=_origin(by),
        origin=dict(draft.origin) if draft.origin else None,
    )
    scans.keep(release, draft.scan)
    refresh(package)
    return release


def _document(package: Package, draft: _Draft) -> dict[str, object] | None:
    """The server.json of an MCP server; one that the hub derived says under which name and version it is published."""
    document = draft.manifest.document
    if document is None or document["name"]:
        return document
    return document | {"name": str(package), "version": str(draft.number)}


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


def _version_mismatch(manifest: Manifest, number: Version) -> list[Fault]:
    stated = manifest.value.get("version")
    if stated in (None, str(number)):
        return []
    return [Fault(f"The manifest says version {stated}; this release is {number}, and clients are told {number}.")]


def _rendered(notes: Notes, manifest: Manifest | None) -> Notes:
    """The notes as HTML; a skill without a README is its own. Raises ManifestInvalid for what is too large or holds a secret."""
    if manifest is not None and manifest.format == "skill" and not notes.readme:
        return Notes(_html(manifest.file, skills.body(manifest.text)), _html("CHANGELOG.md", notes.changelog))
    return Notes(_html("README.md", notes.readme), _html("CHANGELOG.md", notes.changelog))


def _html(file: str, text: str) -> str:
    manifests.check_size(text, file, manifests.MAX_DOCUMENT_BYTES)
    if faults := literals.in_text(text, file):
        raise ManifestInvalid(faults)
    try:
        return markup.render(text)
    except ValueError as error:
        raise ManifestInvalid([Fault(str(error), file=file)]) from None
