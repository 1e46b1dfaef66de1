"""What a Git sync asks of importing: files in, one row for each thing that became of them. The only place that knows how."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.domain.slugs import InvalidName
from hub.models import Namespace
from registry.domain.faults import ManifestInvalid
from registry.domain.versions import Version
from registry.models import Package, Release, ReleaseCoordinate
from registry.services import packages, publications, releases


@dataclass(frozen=True)
class File:
    """One file of the repository, where it lies in it."""

    path: str
    content: bytes = field(repr=False)
    executable: bool = False


@dataclass(frozen=True)
class Row:
    """What became of a file, or of one item of it."""

    path: str
    outcome: str
    kind: str = ""
    package: str = ""
    version: str = ""
    reason: str = ""
    line: int | None = None


def publish(
    *,
    by: Actor,
    namespace: Namespace,
    files: Sequence[File],
    origin: Mapping[str, str],
    visibility: str,
    progress: Callable[[int, int], None],
) -> Iterator[Row]:
    """Publish what of `files` is new or changed. `progress(done, total)` is called often, and may raise to stop between two.

    Every release keeps `origin` and its path. A file that cannot be imported is a row, and no reason to stop.
    """
    rules = [file for file in files if file.path.endswith(".md")]
    for number, file in enumerate(rules, start=1):
        yield _publish(by, namespace, file, visibility)
        progress(number, len(rules))


def _publish(by: Actor, namespace: Namespace, file: File, visibility: str) -> Row:
    name = re.sub(r"[^a-z0-9]+", "-", file.path.rpartition("/")[2].removesuffix(".md").lower()).strip("-")
    try:
        text = file.content.decode()
    except UnicodeDecodeError as error:
        line = file.content[: error.start].count(b"\n") + 1
        return Row(file.path, "refused", "rule", name, reason="The file is not UTF-8.", line=line)
    package = Package.objects.present().named(namespace.slug, name).select_related("namespace").first()
    newest = Release.objects.filter(package=package).newest_first().first() if package else None
    if newest is not None and newest.manifest == text:
        return Row(file.path, "unchanged", "rule", name, newest.version)
    try:
        release = _released(by, namespace, package, name, text, visibility)
    except ManifestInvalid as error:
        fault = error.faults[0]
        return Row(
            file.path, "refused", "rule", name, reason=str(fault), line=fault.place.line if fault.place else None
        )
    except (InvalidName, packages.PackageExists, releases.VersionExists, PermissionRefused) as error:
        return Row(file.path, "refused", "rule", name, reason=str(error))
    return Row(file.path, "imported", "rule", name, release.version)


def _released(
    by: Actor, namespace: Namespace, package: Package | None, name: str, text: str, visibility: str
) -> Release:
    used = ReleaseCoordinate.objects.filter(namespace=namespace, name=name).values_list("version", flat=True)
    newest = max(map(Version.parse, used), default=None)
    version = f"{newest.major}.{newest.minor}.{newest.patch + 1}" if newest else "1.0.0"
    if package is not None:
        return releases.publish(by=by, package=package, version=version, manifest=text)
    return publications.publish_new(
        by=by, namespace=namespace, name=name, kind="rule", version=version, manifest=text, visibility=visibility
    )
