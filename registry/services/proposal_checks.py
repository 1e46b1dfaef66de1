"""What the hub itself says about a revision of a proposal, before people do.

A check is a function in `CHECKS`: it takes a revision and returns one `Check`. Packages above the registry, and scans, add
theirs with `register` when they are loaded. Merging needs every one not to have failed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.core.cache import cache

from registry.checks import Finding, running
from registry.domain import manifests, markup
from registry.domain.faults import Fault, ManifestInvalid
from registry.domain.versions import InvalidVersion, Version
from registry.kinds import KINDS
from registry.models import ProposalRevision, ReleaseCoordinate
from registry.services import scans, sync_points
from registry.services.proposal_texts import Content

SCAN_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Check:
    """The result of one check: `state` is `passed`, `warned` or `failed`; faults have their places."""

    name: str
    label: str
    state: str
    words: str
    faults: Sequence[Fault] = field(default=())


def of(revision: ProposalRevision) -> list[Check]:
    """Every check's word on the revision. Its proposal, package and base must be loaded."""
    return [check(revision) for check in CHECKS.values()]


def is_green(checks: Sequence[Check]) -> bool:
    """Whether none failed."""
    return all(check.state != "failed" for check in checks)


def register(name: str, check: Callable[[ProposalRevision], Check]) -> None:
    """Add a check of another package (called from its AppConfig)."""
    CHECKS[name] = check


def _conflicts(revision: ProposalRevision) -> Check:
    label = "No conflict is left"
    faults = Content(revision.version, revision.manifest, revision.readme, revision.changelog).open_conflicts()
    if faults:
        words = "Both sides changed the same lines. Edit the proposal, and decide which stay."
        return Check("conflicts", label, "failed", words, faults)
    return Check("conflicts", label, "passed", "Every line is decided.")


def _manifest(revision: ProposalRevision) -> Check:
    package = revision.proposal.package
    label = "The manifest is valid"
    try:
        read = KINDS[package.kind].read(revision.manifest, package.name)
    except ManifestInvalid as error:
        count = len(error.faults)
        words = "It has one fault." if count == 1 else f"It has {count} faults."
        return Check("manifest", label, "failed", words, error.faults)
    if read.warnings:
        return Check("manifest", label, "warned", "It can be published, with warnings.", read.warnings)
    return Check("manifest", label, "passed", "It can be published.")


def _version(revision: ProposalRevision) -> Check:
    package, label = revision.proposal.package, "The version is free"
    used = ReleaseCoordinate.objects.filter(
        namespace=package.namespace_id, name=package.name, version=revision.version
    ).exists()
    if used:
        words = f"{revision.version} was published before, and a version is never reused. Choose the next one."
        return Check("version", label, "failed", words)
    base = revision.base
    try:
        older = base is not None and Version.parse(revision.version).sort_key < Version.parse(base.version).sort_key
    except InvalidVersion:
        older = False
    if base is not None and older:
        words = (
            f"{revision.version} is older than {base.version}, which it starts from: it would not become the latest."
        )
        return Check("version", label, "warned", words)
    return Check("version", label, "passed", f"{revision.version} was never used.")


def _notes(revision: ProposalRevision) -> Check:
    label, faults = "README and changelog can be shown", []
    for file, text in (("README.md", revision.readme), ("CHANGELOG.md", revision.changelog)):
        try:
            manifests.check_size(text, file, manifests.MAX_DOCUMENT_BYTES)
            markup.render(text)
        except ManifestInvalid as error:
            faults += error.faults
        except ValueError as error:
            faults.append(Fault(str(error), file=file))
    if faults:
        return Check("notes", label, "failed", "They cannot be published.", faults)
    if not revision.changelog.strip():
        return Check("notes", label, "warned", "The changelog is empty: say what is different.")
    return Check("notes", label, "passed", "They can be published.")


def _difference(revision: ProposalRevision) -> Check:
    label, base = "Something changes", revision.base
    same = base is not None and (base.manifest, base.readme) == (revision.manifest, revision.readme)
    if base is not None and same and not sync_points.changes_files(revision):
        return Check("difference", label, "failed", f"Manifest and README are those of {base.version}.")
    return Check("difference", label, "passed", "It is not what it starts from.")


def _scan(revision: ProposalRevision) -> Check:
    label = "The checks of publications find nothing"
    found = _scanned(revision, running.fingerprint(running.versions()))
    errors = [finding.as_fault() for finding in found if finding.severity == "error"]
    if errors:
        return Check("scan", label, "failed", "What was found keeps it from being published.", errors)
    warnings = [finding.as_fault() for finding in found if finding.severity == "warning"]
    if warnings:
        return Check("scan", label, "warned", "It can be published; the warnings will stand beside it.", warnings)
    return Check("scan", label, "passed", "Nothing was found.")


def _scanned(revision: ProposalRevision, fingerprint: str) -> tuple[Finding, ...]:
    """What the checks say of a revision. It never changes, so they are asked once for each set of them."""
    key = f"proposal-scan:{revision.pk}:{fingerprint}"
    found: tuple[Finding, ...] | None = cache.get(key)
    if found is None:
        package = revision.proposal.package
        texts = {
            KINDS[package.kind].main_file: revision.manifest,
            "README.md": revision.readme,
            "CHANGELOG.md": revision.changelog,
        }
        found = scans.look(scans.subject(package, revision.version, texts)).findings
        cache.set(key, found, SCAN_SECONDS)
    return found


CHECKS: dict[str, Callable[[ProposalRevision], Check]] = {
    "conflicts": _conflicts,
    "manifest": _manifest,
    "version": _version,
    "notes": _notes,
    "difference": _difference,
    "scan": _scan,
}
