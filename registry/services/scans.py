"""Scanning releases: at publish, and again when there are newer checks."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, cast

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from registry.checks import Subject, Text, running
from registry.checks.lookalikes import slips
from registry.checks.running import Scan
from registry.domain.manifests import FILES, Format
from registry.models import Package, Release, ReleaseQuerySet, ReleaseScan, Visibility
from registry.services import artifacts

# How many of the names that are found are compared, the oldest packages first.
MOST_NAMES = 40
BATCH = 50

# Each tells which of some packages others use. Apps above the registry add theirs when they are loaded.
USED: list[Callable[[Collection[int]], set[int]]] = []


def subject(
    package: Package,
    version: str,
    texts: Mapping[str, str],
    value: Mapping[str, object] | None = None,
    files: Iterable[tuple[str, bytes]] = (),
) -> Subject:
    """What the checks look at. `texts` by file name, the manifest first; `files` of a release as bytes. At most four queries."""
    looked_at = [Text(file, content) for file, content in texts.items()]
    looked_at += [Text.of_bytes(path, content) for path, content in files]
    return Subject(str(package), package.kind, version, value or {}, tuple(looked_at), tuple(popular_names(package)))


def popular_names(package: Package) -> list[str]:
    """Public packages in other namespaces that others use, and whose name or namespace is easily taken for this one's.

    Looked up by name, so that it costs the same in a large catalogue. At most four queries.
    """
    slug = package.namespace.slug
    public = Package.objects.present().filter(visibility=Visibility.PUBLIC).exclude(namespace_id=package.namespace_id)
    # A sum is in no index: by the number itself, the planner walks all packages in their order, where it expects many
    # hits among two thousand names; mostly there are none.
    rows = public.order_by(F("id") + 0).values_list("id", "namespace__slug", "name")
    alike = rows.filter(name__among=slips(package.name))[:MOST_NAMES]
    namesakes = rows.filter(name=package.name, namespace__slug__among=_namespaces_like(slug))[:MOST_NAMES]
    found = {row[0]: f"{row[1]}/{row[2]}" for row in (*alike, *namesakes)}
    if not found:
        return []
    forks = Package.objects.present().filter(upstream__in=found)
    used = set(forks.values_list("upstream_id", flat=True).distinct())
    for used_among in USED:
        used |= used_among(found.keys())
    return [name for id_, name in found.items() if id_ in used]


@functools.lru_cache(maxsize=64)
def _namespaces_like(slug: str) -> frozenset[str]:
    """Whoever imports a thousand files asks for one namespace a thousand times."""
    return frozenset(slips(slug))


def look(looked_at: Subject) -> Scan:
    """Run every check."""
    return running.scan(looked_at)


def keep(release: Release, scan: Scan) -> ReleaseScan:
    """Store what a later scan found; of the same checks, once."""
    fingerprint = running.fingerprint(scan.checks)
    row, _ = ReleaseScan.objects.get_or_create(release=release, fingerprint=fingerprint, defaults=_told(scan))
    return row


def keep_first(release: Release, scan: Scan) -> ReleaseScan:
    """Store what was found, in the transaction that makes the release: nobody else can have scanned it."""
    return ReleaseScan.objects.create(release=release, fingerprint=running.fingerprint(scan.checks), **_told(scan))


def _told(scan: Scan) -> dict[str, Any]:
    counts = scan.counts()
    severities = [finding.severity for finding in scan.findings]
    return {
        "checks": {name: {"version": version, **counts.get(name, {})} for name, version in scan.checks.items()},
        "findings": [finding.as_json() for finding in scan.findings],
        "error_count": severities.count("error"),
        "warning_count": severities.count("warning"),
    }


def rescan(release: Release) -> ReleaseScan:
    """Scan a release with the checks of now; what they found before, if they looked already. Changes no release."""
    before = release.scans.filter(fingerprint=running.fingerprint(running.versions())).first()
    if before is not None:
        return before
    main = FILES[cast(Format, release.format)]
    tree = artifacts.files_of(release)
    files = [(file.path, file.content) for file in tree.files if file.path != main] if tree else []
    texts = {main: release.manifest, "README.md": release.readme, "CHANGELOG.md": release.changelog}
    found = look(subject(release.package, release.version, texts, release.content, files))
    with transaction.atomic():
        return keep(release, found)


def rescan_due(*, seconds: float) -> int:
    """Scan latest releases that the checks of now have not looked at, until there are none or the time is over.

    Returns how many it scanned. Two at once do no harm: a scan is stored once.
    """
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        batch = list(due()[:BATCH])
        for release in batch:
            rescan(release)
            count += 1
            if time.monotonic() >= end:
                break
        if len(batch) < BATCH:
            break
    return count


def due() -> ReleaseQuerySet:
    """Latest releases of packages that are there, without a scan by the checks of now; the first published first."""
    done = ReleaseScan.objects.filter(
        release=OuterRef("latest_release"), fingerprint=running.fingerprint(running.versions())
    )
    packages = Package.objects.present().filter(latest_release__isnull=False).exclude(Exists(done))
    rows = Release.objects.filter(id__in=packages.values("latest_release"))
    return rows.select_related("package__namespace").order_by("id")


def latest(release: Release) -> ReleaseScan | None:
    """The newest scan of a release. One query."""
    return ReleaseScan.objects.filter(release=release).order_by("-id").first()
