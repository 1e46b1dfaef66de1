"""Drafts of releases: read, rendered and scanned before anything is stored. Changes no row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from registry.checks.running import Scan
from registry.domain import literals, manifests, markup, skills
from registry.domain.faults import Fault, ManifestInvalid
from registry.domain.files import File, FileTree, tree
from registry.domain.fixes import Fix
from registry.domain.manifests import Manifest
from registry.domain.versions import Version
from registry.kinds import KINDS
from registry.models import Package
from registry.services import scans


@dataclass(frozen=True)
class Notes:
    """What accompanies a manifest, in Markdown."""

    readme: str = ""
    changelog: str = ""


@dataclass(frozen=True)
class Draft:
    """A release that is checked and not stored yet."""

    number: Version
    manifest: Manifest
    notes: Notes
    html: Notes
    files: FileTree | None
    origin: Mapping[str, str] | None
    scan: Scan
    fix: Fix | None = None

    def document(self, package: Package) -> dict[str, object] | None:
        """The server.json of an MCP server; one that the hub derived says under which name and version it is published."""
        document = self.manifest.document
        if document is None or document["name"]:
            return document
        return document | {"name": str(package), "version": str(self.number)}

    def warnings(self) -> list[Fault]:
        """What is odd and no reason to refuse it."""
        stated = self.manifest.value.get("version")
        if stated in (None, str(self.number)):
            return list(self.manifest.warnings)
        message = (
            f"The manifest says version {stated}; this release is {self.number}, and clients are told {self.number}."
        )
        return [*self.manifest.warnings, Fault(message)]


def draft(
    package: Package,
    *,
    version: str,
    manifest: str,
    notes: Notes | None = None,
    files: FileTree | None = None,
    origin: Mapping[str, str] | None = None,
    fix: Fix | None = None,
) -> Draft:
    """Read, render and scan what is to be published in `package`, which may be one that is not stored yet.

    Raises InvalidVersion, InvalidWords, or ManifestInvalid with all that is wrong in any of it.
    """
    number, notes = Version.parse(version), notes or Notes()
    mends = fix.checked() if fix else None
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
    return Draft(number, read, notes, html, folder, origin, scan, mends)


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
