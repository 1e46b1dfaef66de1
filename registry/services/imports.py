"""Importing: what people's files would become, and making it so, item by item.

`plan` looks only; `run` publishes. Either way the answer is a list of rows, one for each item: imported, unchanged or
refused, with the reason. Every item has a transaction of its own, so that a broken file blocks only itself, and two runs
at once do not double anything: a package's name and its row in ImportedFile are what they compete for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused, require
from hub.domain.slugs import InvalidName
from hub.models import Namespace
from hub.policies.namespaces import may_publish
from registry.domain import literals
from registry.domain.faults import Fault, ManifestInvalid
from registry.domain.files import File, FileTree, tree
from registry.domain.versions import InvalidVersion, Version
from registry.importers import Candidate, Outcome, Refusal, Source, read, report, settled
from registry.importers.numbering import next_version, range_from
from registry.importers.report import ImportOutcome, Row
from registry.kinds import KINDS
from registry.models import ImportedFile, Package, ReleaseCoordinate, Visibility
from registry.services import packages, releases
from registry.services.releases import Notes

_BATCH = 1000
# What refuses one item and lets the others go on.
REFUSALS = (
    ManifestInvalid,
    PermissionRefused,
    packages.PackageExists,
    packages.PackageGone,
    packages.TakesNoReleases,
    releases.VersionExists,
    InvalidName,
    InvalidVersion,
    packages.UnknownKind,
)

type Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """What would become what."""

    rows: tuple[Row, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """The rows as a report has them."""
        return [row.as_json() for row in self.rows]


def plan(
    *, by: Actor, namespace: Namespace, files: Sequence[Source], source: str = "", progress: Progress | None = None
) -> Plan:
    """What `run` would do with the files, without doing it. Raises PermissionRefused."""
    require(may_publish(by, namespace))
    return Plan(tuple(_Import(by, namespace, files, source, progress or _untold).looked_at()))


def run(
    *,
    by: Actor,
    namespace: Namespace,
    files: Sequence[Source],
    visibility: str = Visibility.PRIVATE,
    source: str = "",
    progress: Progress | None = None,
) -> list[Row]:
    """Publish what the files become, as far as it is new, in packages of `namespace`; new ones get `visibility`.

    `source` tells files of one place from files of another that have the same paths. `progress(done, total)` is called
    for each item, first while the names are found, with nothing done yet. A second call with the same files changes
    nothing. Raises PermissionRefused; what is wrong with single files is in the rows.
    """
    rows = each(by=by, namespace=namespace, files=files, visibility=visibility, source=source, progress=progress)
    return list(rows)


def each(
    *,
    by: Actor,
    namespace: Namespace,
    files: Sequence[Source],
    visibility: str = Visibility.PRIVATE,
    source: str = "",
    origin: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Iterator[Row]:
    """As `run`, row by row: whoever reads may stop between two. `origin` is kept with every release beside its path."""
    require(may_publish(by, namespace))
    yield from _Import(by, namespace, files, source, progress or _untold, origin or {}).published(
        Visibility(visibility)
    )


@dataclass
class _Known:
    """What is remembered of one item: its package and what was published of it last."""

    path: str
    item: str
    name: str
    kind: str
    digest: str
    version: str
    source: str = ""


@dataclass
class _Import:
    """One run. Candidates are read twice, once for their names and once for their texts, so that few are held at a time."""

    by: Actor
    namespace: Namespace
    files: Sequence[Source]
    source: str
    progress: Progress
    origin: Mapping[str, str] = field(default_factory=dict)
    known: dict[tuple[str, str], _Known] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    refused: dict[tuple[str, str], Refusal] = field(default_factory=dict)
    twins: dict[tuple[str, str], _Known | Candidate] = field(default_factory=dict)
    moved: dict[tuple[str, str], _Known] = field(default_factory=dict)
    losses: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    done: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    total: int = 0

    def looked_at(self) -> Iterator[Row]:
        """The rows of a plan."""
        self._settle()
        used = _used_versions(self.namespace, self.names.values())
        for done, outcome in enumerate(read(self.files), 1):
            decided = self._decided(outcome)
            yield decided if isinstance(decided, Row) else self._foreseen(decided, used)
            self.progress(done, self.total)

    def _foreseen(self, candidate: Candidate, used: Mapping[str, Sequence[Version]]) -> Row:
        """The row of what would be published."""
        key = candidate.path, candidate.item
        if before := self.moved.get(key):
            self.done[key] = before.name, before.version
            return self._row(candidate, ImportOutcome.UNCHANGED, before.name, before.version, ())
        version = str(next_version(candidate.version, used.get(self.names[key], [])))
        try:
            _check(candidate, self.names[key], self._fitted(candidate, version))
        except REFUSALS as error:
            return report.refused(candidate, error)
        self.done[key] = self.names[key], version
        return self._row(candidate, ImportOutcome.IMPORTED, self.names[key], version)

    def published(self, visibility: Visibility) -> Iterator[Row]:
        """The rows of a run, each as it is done."""
        self._settle()
        for done, outcome in enumerate(read(self.files), 1):
            decided = self._decided(outcome)
            yield decided if isinstance(decided, Row) else self._tried(decided, visibility)
            self.progress(done, self.total)

    def _tried(self, candidate: Candidate, visibility: Visibility) -> Row:
        try:
            return self._apply(candidate, visibility)
        except REFUSALS as error:
            return report.refused(candidate, error)

    def _decided(self, outcome: Outcome) -> Row | Candidate:
        """The row of what needs nothing done, or the candidate that is to be published."""
        key = outcome.path, outcome.item
        if isinstance(outcome, Refusal):
            return report.row_of(outcome)
        if key in self.refused:
            return report.row_of(self.refused[key])
        if twin := self.twins.get(key):
            return self._row_of_twin(outcome, twin)
        known = self.known.get(key)
        if known is not None and (known.kind, known.digest) == (outcome.kind, outcome.digest):
            self.done[key] = known.name, known.version
            return self._row(outcome, ImportOutcome.UNCHANGED, known.name, known.version, ())
        return outcome

    def _row_of_twin(self, one: Candidate, twin: _Known | Candidate) -> Row:
        """The row of an item that another file holds too."""
        first = (twin.name, twin.version) if isinstance(twin, _Known) else self.done.get((twin.path, twin.item))
        if first is None:
            return report.row_of(
                Refusal(one.path, f"It is the same as “{twin.path}”, which was refused.", one.item, one.kind)
            )
        self.done[one.path, one.item] = first
        return self._row(one, ImportOutcome.UNCHANGED, *first, (f"The same as “{twin.path}”.",))

    def _settle(self) -> None:
        """Give every candidate its name, and find those that there is nothing to do for."""
        self.known = _known(self.namespace, self.source)
        light: dict[tuple[str, str], Candidate] = {}
        digests: dict[tuple[str, str], str] = {}
        for outcome in read(self.files):
            self.total += 1
            self.progress(0, self.total)
            key = outcome.path, outcome.item
            if isinstance(outcome, Candidate):
                digests[key] = outcome.digest
                light[key] = replace(outcome, manifest="", readme="", files=())
        holders = _holders(self.namespace, {one.name for one in light.values()})
        new = [key for key in light if key not in self.known]
        seen: dict[tuple[str, str, str], Candidate] = {}
        for key in new:
            self._place(light[key], digests[key], holders, seen, present=light)
        taken = {key: known.name for key, known in self.known.items()} | {
            key: known.name for key, known in self.moved.items()
        }
        elsewhere = [one.name for one in holders.values() if isinstance(one, _Known) and one.source != self.source]
        waiting = [one for key, one in light.items() if key not in self.refused and key not in self.twins]
        for one in settled(waiting, taken, elsewhere):
            key = one.path, one.item
            self.names[key] = one.name
            self.losses[key] = one.losses
            if (known := self.known.get(key)) and known.kind != one.kind:
                reason = f"It was a package of the kind “{known.kind}” and would be one of the kind “{one.kind}” now."
                self.refused[key] = Refusal(
                    one.path, reason, one.item, one.kind, one.line, mend="Move the file, or delete the package."
                )

    def _place(
        self,
        one: Candidate,
        digest: str,
        holders: dict[str, _Known | Package],
        seen: dict[tuple[str, str, str], Candidate],
        *,
        present: dict[tuple[str, str], Candidate],
    ) -> None:
        """What a new candidate is: the twin of another file, one that was moved, refused for its name, or really new."""
        key, holder = (one.path, one.item), holders.get(one.name)
        if isinstance(holder, Package):
            reason = f"“{holder}” exists already, and it was not imported."
            self.refused[key] = Refusal(one.path, reason, one.item, one.kind, one.line, mend="Rename the file.")
            return
        if holder is not None and (holder.kind, holder.digest) == (one.kind, digest):
            here = holder.source == self.source
            if (
                here
                and (holder.path, holder.item) not in present
                and holder.name not in map(_name, self.moved.values())
            ):
                self.moved[key] = holder
            else:
                self.twins[key] = holder
            return
        if first := seen.get((one.name, one.kind, digest)):
            self.twins[key] = first
        seen.setdefault((one.name, one.kind, digest), one)

    def _apply(self, candidate: Candidate, visibility: Visibility) -> Row:
        """Publish one candidate, unless somebody else has done so in the meantime."""
        try:
            return self._publish(candidate, visibility)
        except packages.PackageExists:
            # Another run made the package a moment ago; now its row is there to be found.
            if not self._rows_of(candidate).exists():
                raise
            return self._publish(candidate, visibility)

    @transaction.atomic
    def _publish(self, candidate: Candidate, visibility: Visibility) -> Row:
        key = candidate.path, candidate.item
        if before := self.moved.get(key):
            self._move(before, candidate)
        row = self._rows_of(candidate).select_for_update(of=("self",)).select_related("package__namespace").first()
        if row is not None and (row.package.deleted_at or row.package.namespace_id != self.namespace.id):
            row.delete()
            row = None
        if row is not None and row.digest == candidate.digest:
            self.done[key] = row.package.name, row.version
            return self._row(candidate, ImportOutcome.UNCHANGED, row.package.name, row.version, ())
        package = row.package if row else self._new_package(candidate, visibility)
        used = _used_versions(self.namespace, [package.name]).get(package.name, [])
        version = str(next_version(candidate.version, used))
        releases.publish(
            by=self.by,
            package=package,
            version=version,
            manifest=self._fitted(candidate, version),
            notes=Notes(candidate.readme, _changelog(candidate, self.losses.get(key, ()))),
            files=_files(candidate) if candidate.files else None,
            origin=self._origin(candidate),
        )
        row = row or ImportedFile(namespace=self.namespace, package=package, key=self._key(candidate))
        row.source, row.path, row.item = self.source, candidate.path, candidate.item
        row.importer, row.digest, row.version = candidate.importer, candidate.digest, version
        row.save()
        self.done[key] = package.name, version
        return self._row(candidate, ImportOutcome.IMPORTED, package.name, version)

    def _new_package(self, candidate: Candidate, visibility: Visibility) -> Package:
        return packages.create(
            by=self.by,
            namespace=self.namespace,
            name=self.names[candidate.path, candidate.item],
            kind=candidate.kind,
            visibility=visibility,
            summary=candidate.summary[:300],
        )

    def _move(self, before: _Known, candidate: Candidate) -> None:
        old = ImportedFile.key_of(self.source, before.path, before.item)
        rows = ImportedFile.objects.filter(namespace=self.namespace, key=old)
        rows.update(key=self._key(candidate), path=candidate.path, item=candidate.item)

    def _rows_of(self, candidate: Candidate) -> Any:
        return ImportedFile.objects.filter(namespace=self.namespace, key=self._key(candidate))

    def _key(self, candidate: Candidate) -> str:
        return ImportedFile.key_of(self.source, candidate.path, candidate.item)

    def _origin(self, candidate: Candidate) -> dict[str, str]:
        said = {
            **self.origin,
            "importer": candidate.importer,
            "path": candidate.path,
            "source_digest": candidate.digest,
        }
        return (
            said
            | ({"item": candidate.item} if candidate.item else {})
            | ({"source": self.source} if self.source else {})
        )

    def _fitted(self, candidate: Candidate, version: str) -> str:
        """The manifest with its version and parts. Raises ManifestInvalid if a part was refused."""
        wanted = {item: self.done.get((candidate.path, item)) for item in candidate.parts}
        if missing := [item for item, published in wanted.items() if published is None]:
            raise ManifestInvalid([Fault(f"A part of it was refused: {', '.join(missing)[:200]}.")])
        found = {
            item: f"{self.namespace.slug}/{published[0]}@{range_from(published[1])}"
            for item, published in wanted.items()
            if published
        }
        return candidate.fitted(version, found)

    def _row(
        self,
        candidate: Candidate,
        outcome: ImportOutcome,
        name: str,
        version: str | None,
        reasons: Iterable[str] | None = None,
    ) -> Row:
        if reasons is None:
            reasons = self.losses.get((candidate.path, candidate.item), candidate.losses)
        package = f"{self.namespace.slug}/{name}"
        return Row(
            report.shown(candidate.path),
            candidate.kind,
            package,
            version,
            outcome,
            report.shown(" ".join(reasons)),
            candidate.line,
        )


def _untold(done: int, total: int) -> None:
    """Nobody asked how far it is."""


def _known(namespace: Namespace, source: str) -> dict[tuple[str, str], _Known]:
    """What earlier imports from this source left behind, as far as the packages are still there."""
    rows = ImportedFile.objects.filter(namespace=namespace, source=source, package__deleted_at=None)
    rows = rows.filter(package__namespace=namespace)
    values = rows.values_list("path", "item", "package__name", "package__kind", "digest", "version")
    return {(row[0], row[1]): _Known(*row, source=source) for row in values.iterator(_BATCH)}


def _holders(namespace: Namespace, names: Iterable[str]) -> dict[str, _Known | Package]:
    """Who has each of the names now: a file that was imported, or a package that came from elsewhere."""
    found: dict[str, _Known | Package] = {}
    for batch in _batches(sorted(names)):
        rows = Package.objects.filter(namespace=namespace, name__in=batch, deleted_at=None)
        for package in rows.select_related("imported_file", "namespace"):
            row = getattr(package, "imported_file", None)
            found[package.name] = (
                _Known(row.path, row.item, package.name, package.kind, row.digest, row.version, row.source)
                if row is not None
                else package
            )
    return found


def _used_versions(namespace: Namespace, names: Iterable[str]) -> dict[str, list[Version]]:
    """Every version that was ever published under each name."""
    found: dict[str, list[Version]] = {}
    for batch in _batches(sorted(set(names))):
        rows = ReleaseCoordinate.objects.filter(namespace=namespace, name__in=batch)
        for name, version in rows.values_list("name", "version"):
            found.setdefault(name, []).append(Version.parse(version))
    return found


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _BATCH):
        yield names[start : start + _BATCH]


def _check(candidate: Candidate, name: str, manifest: str) -> None:
    """What a publication would refuse, as far as it can be seen beforehand. Raises ManifestInvalid."""
    KINDS[candidate.kind].read(manifest, name)
    faults = literals.in_text(candidate.readme, "README.md")
    if candidate.files:
        for file in tree(_files(candidate).files).files:
            faults += literals.in_text(file.content.decode("utf-8", "ignore"), file.path)
    if faults:
        raise ManifestInvalid(faults)


def _files(candidate: Candidate) -> FileTree:
    return FileTree(tuple(File(one.path, one.content, one.executable) for one in candidate.files))


def _changelog(candidate: Candidate, losses: Sequence[str]) -> str:
    lost = "".join(f"- {loss}\n" for loss in losses)
    return f"Imported from `{candidate.path}`.\n" + (f"\n{lost}" if lost else "")


def _name(known: _Known) -> str:
    return known.name
