"""What earlier imports left behind: which file became which package, and which versions are used up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hub.models import Namespace
from registry.domain.versions import Version
from registry.importers import Candidate
from registry.models import ImportedFile, Package, ReleaseCoordinate

_BATCH = 1000

# What tells one item of one file from all others of its source.
type Key = tuple[str, str]


@dataclass
class Known:
    """What is remembered of one item: its package and what was published of it last."""

    path: str
    item: str
    name: str
    kind: str
    digest: str
    version: str
    source: str = ""


def key_of(one: Candidate | Known) -> Key:
    """The key of an item."""
    return one.path, one.item


def known(namespace: Namespace, source: str) -> dict[Key, Known]:
    """What earlier imports from this source left behind, as far as the packages are still there."""
    rows = ImportedFile.objects.filter(namespace=namespace, source=source, package__deleted_at=None)
    rows = rows.filter(package__namespace=namespace)
    values = rows.values_list("path", "item", "package__name", "package__kind", "digest", "version")
    return {(row[0], row[1]): Known(*row, source=source) for row in values.iterator(_BATCH)}


def holders(namespace: Namespace, names: Iterable[str]) -> dict[str, Known | Package]:
    """Who has each of the names now: a file that was imported, or a package that came from elsewhere."""
    found: dict[str, Known | Package] = {}
    for batch in _batches(names):
        rows = Package.objects.filter(namespace=namespace, name__among=batch, deleted_at=None)
        for package in rows.select_related("imported_file", "namespace"):
            row = getattr(package, "imported_file", None)
            found[package.name] = (
                Known(row.path, row.item, package.name, package.kind, row.digest, row.version, row.source)
                if row is not None
                else package
            )
    return found


def used_versions(namespace: Namespace, names: Iterable[str]) -> dict[str, list[Version]]:
    """Every version that was ever published under each name."""
    found: dict[str, list[Version]] = {}
    for batch in _batches(set(names)):
        rows = ReleaseCoordinate.objects.filter(namespace=namespace, name__among=batch)
        for name, version in rows.values_list("name", "version"):
            found.setdefault(name, []).append(Version.parse(version))
    return found


def remembered(namespace: Namespace, source: str, keys: Iterable[Key]) -> set[Key]:
    """Those of the items that have a row, be it of a package that is gone."""
    by_key = {ImportedFile.key_of(source, *key): key for key in keys}
    found: set[Key] = set()
    for batch in _batches(by_key):
        rows = ImportedFile.objects.filter(namespace=namespace, key__among=batch)
        found |= {by_key[key] for key in rows.values_list("key", flat=True)}
    return found


def _batches(names: Iterable[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(names)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]
