"""Importing: what people's files would become, and making it so, item by item.

`plan` looks only; `run` publishes. Either way the answer is a list of rows, one for each item: imported, unchanged or
refused, with the reason. Every item has a transaction of its own, so that a broken file blocks only itself, and two runs
at once do not double anything: a package's name and its row in ImportedFile are what they compete for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused, require
from hub.domain.slugs import InvalidName
from hub.models import Namespace
from hub.policies.namespaces import may_publish
from registry.domain import literals
from registry.domain.faults import Fault, ManifestInvalid
from registry.domain.files import File, FileTree, tree
from registry.domain.versions import InvalidVersion, Version
from registry.importers import Candidate, Outcome, Refusal, Source, read, report
from registry.importers.numbering import next_version, range_from
from registry.importers.report import ImportOutcome, Row
from registry.kinds import KINDS
from registry.models import ImportedFile, Package, Visibility
from registry.services import import_names, imported, packages, publications, releases
from registry.services.import_names import Names
from registry.services.imported import Key, Known, key_of
from registry.services.releases import Notes

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
    return Plan(tuple(_started(by, namespace, files, source, progress).looked_at()))


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
    started = _started(by, namespace, files, source, progress, origin or {})
    yield from started.published(Visibility(visibility))


def _started(
    by: Actor,
    namespace: Namespace,
    files: Sequence[Source],
    source: str,
    progress: Progress | None,
    origin: Mapping[str, str] | None = None,
) -> _Import:
    tell = progress or _untold
    names = import_names.settle(namespace, source, files, tell)
    return _Import(by, namespace, files, source, tell, names, origin or {})


@dataclass
class _Import:
    """One run. Candidates are read twice, once for their names and once for their texts, so that few are held at a time."""

    by: Actor
    namespace: Namespace
    files: Sequence[Source]
    source: str
    progress: Progress
    names: Names
    origin: Mapping[str, str] = field(default_factory=dict)
    # What each item became, for those that use it.
    done: dict[Key, tuple[str, str]] = field(default_factory=dict)

    def looked_at(self) -> Iterator[Row]:
        """The rows of a plan."""
        used = imported.used_versions(self.namespace, self.names.names.values())
        for done, outcome in enumerate(read(self.files), 1):
            decided = self._decided(outcome)
            yield decided if isinstance(decided, Row) else self._foreseen(decided, used)
            self.progress(done, self.names.total)

    def _foreseen(self, candidate: Candidate, used: Mapping[str, Sequence[Version]]) -> Row:
        """The row of what would be published."""
        key = candidate.path, candidate.item
        if before := self.names.moved.get(key):
            self.done[key] = before.name, before.version
            return self._row(candidate, ImportOutcome.UNCHANGED, before.name, before.version, ())
        version = str(next_version(candidate.version, used.get(self.names.names[key], [])))
        try:
            _check(candidate, self.names.names[key], self._fitted(candidate, version))
        except REFUSALS as error:
            return report.refused(candidate, error)
        self.done[key] = self.names.names[key], version
        return self._row(candidate, ImportOutcome.IMPORTED, self.names.names[key], version)

    def published(self, visibility: Visibility) -> Iterator[Row]:
        """The rows of a run, each as it is done."""
        for done, outcome in enumerate(read(self.files), 1):
            decided = self._decided(outcome)
            yield decided if isinstance(decided, Row) else self._tried(decided, visibility)
            self.progress(done, self.names.total)

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
        if key in self.names.refused:
            return report.row_of(self.names.refused[key])
        if twin := self.names.twins.get(key):
            return self._row_of_twin(outcome, twin)
        known = self.names.known.get(key)
        if known is not None and (known.kind, known.digest) == (outcome.kind, outcome.digest):
            self.done[key] = known.name, known.version
            return self._row(outcome, ImportOutcome.UNCHANGED, known.name, known.version, ())
        return outcome

    def _row_of_twin(self, one: Candidate, twin: Known | Candidate) -> Row:
        """The row of an item that another file holds too."""
        first = (twin.name, twin.version) if isinstance(twin, Known) else self.done.get((twin.path, twin.item))
        if first is None:
            return report.row_of(
                Refusal(one.path, f"It is the same as “{twin.path}”, which was refused.", one.item, one.kind)
            )
        self.done[one.path, one.item] = first
        return self._row(one, ImportOutcome.UNCHANGED, *first, (f"The same as “{twin.path}”.",))

    def _apply(self, candidate: Candidate, visibility: Visibility) -> Row:
        """Publish one candidate, unless somebody else has done so in the meantime."""
        if key_of(candidate) in self.names.fresh:
            try:
                return self._begin(candidate, visibility)
            except (packages.PackageExists, releases.VersionExists, IntegrityError):
                pass  # Somebody was here since the names were found, so this takes a closer look.
        try:
            return self._publish(candidate, visibility)
        except packages.PackageExists:
            # Another run made the package a moment ago; now its row is there to be found.
            if not self._rows_of(candidate).exists():
                raise
            return self._publish(candidate, visibility)

    @transaction.atomic
    def _begin(self, candidate: Candidate, visibility: Visibility) -> Row:
        """Make the package of a candidate that none is known of, without asking first: what is unique tells if one is."""
        version = str(next_version(candidate.version, ()))
        release = publications.publish_new(
            by=self.by,
            namespace=self.namespace,
            version=version,
            **self._package_of(candidate, visibility),
            **self._texts_of(candidate, version),
        )
        return self._keep(candidate, version, ImportedFile(), release.package)

    @transaction.atomic
    def _publish(self, candidate: Candidate, visibility: Visibility) -> Row:
        if before := self.names.moved.get(key_of(candidate)):
            self._move(before, candidate)
        row = self._rows_of(candidate).select_for_update(of=("self",)).select_related("package__namespace").first()
        if row is not None and (row.package.deleted_at or row.package.namespace_id != self.namespace.id):
            row.delete()
            row = None
        if row is not None and row.digest == candidate.digest:
            self.done[key_of(candidate)] = row.package.name, row.version
            return self._row(candidate, ImportOutcome.UNCHANGED, row.package.name, row.version, ())
        package = (
            row.package
            if row
            else packages.create(by=self.by, namespace=self.namespace, **self._package_of(candidate, visibility))
        )
        used = imported.used_versions(self.namespace, [package.name]).get(package.name, [])
        version = str(next_version(candidate.version, used))
        releases.publish(by=self.by, package=package, version=version, **self._texts_of(candidate, version))
        return self._keep(candidate, version, row or ImportedFile(), package)

    def _keep(self, candidate: Candidate, version: str, row: ImportedFile, package: Package) -> Row:
        """Remember what became of a file, in the transaction that made it so."""
        row.namespace, row.package, row.key = self.namespace, package, self._key(candidate)
        row.source, row.path, row.item = self.source, candidate.path, candidate.item
        row.importer, row.digest, row.version = candidate.importer, candidate.digest, version
        row.save()
        self.done[key_of(candidate)] = package.name, version
        return self._row(candidate, ImportOutcome.IMPORTED, package.name, version)

    def _package_of(self, candidate: Candidate, visibility: Visibility) -> dict[str, Any]:
        name, summary = self.names.names[key_of(candidate)], candidate.summary[:300]
        return {"name": name, "kind": candidate.kind, "visibility": visibility, "summary": summary}

    def _texts_of(self, candidate: Candidate, version: str) -> dict[str, Any]:
        """What is published of it. Raises ManifestInvalid."""
        return {
            "manifest": self._fitted(candidate, version),
            "notes": Notes(candidate.readme, _changelog(candidate, self.names.losses.get(key_of(candidate), ()))),
            "files": _files(candidate) if candidate.files else None,
            "origin": self._origin(candidate),
        }

    def _move(self, before: Known, candidate: Candidate) -> None:
        old = ImportedFile.key_of(self.source, before.path, before.item)
        rows = ImportedFile.objects.filter(namespace=self.namespace, key=old)
        rows.update(key=self._key(candidate), path=candidate.path, item=candidate.item)

    def _rows_of(self, candidate: Candidate) -> QuerySet[ImportedFile]:
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
            reasons = self.names.losses.get((candidate.path, candidate.item), candidate.losses)
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
