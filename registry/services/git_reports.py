"""What a sync has done so far: kept while it goes, so that the page shows it and the next worker knows it."""

from __future__ import annotations

import time

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from registry.git import trees
from registry.git.errors import TooLarge
from registry.git.repository import Checkout
from registry.models import Release, SyncEntry, SyncRun
from registry.services import source_import
from registry.services.source_import import File, Row

STEP_SECONDS = 150.0  # of the 300 that a task may take
BEAT_SECONDS = 5.0
BATCH = 100
KEPT_RUNS = 100
KEPT_FAILURES = 20
_PUBLISHED = (SyncEntry.Outcome.IMPORTED, SyncEntry.Outcome.UNCHANGED)


class Superseded(Exception):
    """Another worker works on this sync now; what this one finds does not count any more."""


class Paused(Exception):
    """The step has taken as long as one may. The next one goes on."""


class Report:
    """The entries of one sync as one worker writes them."""

    def __init__(self, run: SyncRun) -> None:
        self.run = run
        self._started = self._beaten = time.monotonic()
        self._rows: list[Row] = []
        self._paths: set[str] = set()
        self._packages: set[str] = set()
        self._done, self._total, self._published = run.done, run.total, 0
        entries = SyncEntry.objects.filter(run=run)
        self._known = set(entries.filter(outcome="imported").values_list("path", "package", "version"))
        # Earlier steps' other entries are found anew.
        entries.exclude(outcome="imported").delete()

    def alive(self) -> None:
        """Show that somebody is at it. Raises Superseded."""
        if time.monotonic() - self._beaten >= BEAT_SECONDS:
            self._flush()

    def progress(self, done: int, total: int) -> None:
        """How far it is. Raises Superseded, or Paused at the end of the step."""
        # What earlier steps have done is done: while this one passes over it, nobody sees the number fall.
        if done >= self.run.done or done == total:
            self._done, self._total = done, total
        self.alive()
        # A step that has published nothing would leave the next one just as much to do.
        if time.monotonic() - self._started > STEP_SECONDS and self._published and done < total:
            raise Paused

    def gather(self, fetched: Checkout) -> list[File]:
        """The files that importing has a use for; what is left out becomes entries. Raises TooLarge or Unusable."""
        walk, files, room = fetched.walk(), [], fetched.limits.total_bytes
        listed = list(walk)
        is_wanted = source_import.wanted(one.path for one in listed)
        for found in listed:
            self.alive()
            try:
                file = File(found.path, found.content(), found.executable)
            except trees.Left as error:
                self.add(Row(found.path, "skipped", reason=str(error)))
                continue
            if not is_wanted(file):
                continue
            self._paths.add(file.path)
            files.append(file)
            room -= len(file.content)
            if room < 0:
                raise TooLarge(f"The files to import are larger than {fetched.limits.total_bytes >> 20} MiB in all.")
        for one in walk.skipped:
            self.add(Row(one.path, "skipped", reason=one.reason))
        self._total = max(self._total, len(files))
        self._flush()
        return files

    def add(self, row: Row) -> None:
        """Note what became of a file. Raises Superseded."""
        self._rows.append(row)
        if row.outcome != SyncEntry.Outcome.GONE:
            self._paths.add(row.path)
        self._published += row.outcome == SyncEntry.Outcome.IMPORTED
        if row.package and row.outcome in _PUBLISHED:
            self._packages.add(row.package)
        if len(self._rows) >= BATCH:
            self._flush()

    def add_gone(self) -> None:
        """Note what the last sync had and the repository has no more. Its packages and releases stay."""
        rows = SyncRun.objects.filter(source=self.run.source_id, state=SyncRun.State.DONE, id__lt=self.run.id)
        before = rows.exclude(counts={}).order_by("-id").first()
        had = SyncEntry.objects.filter(run=before, outcome__in=[*_PUBLISHED, SyncEntry.Outcome.GONE])
        for entry in had.exclude(package="").order_by("path", "id"):
            if entry.package not in self._packages and entry.path not in self._paths:
                reason = "Its package and releases stay. Delete or yank them by hand if they should not."
                self.add(Row(entry.path, "gone", entry.kind, entry.package, entry.version, reason))

    def leave(self) -> bool:
        """End the step, and leave the sync to whoever comes next. Returns whether it was still this worker's."""
        try:
            self._flush()
        except Superseded:
            return False
        return bool(self._mine().update(heartbeat_at=None))

    def close(self, state: str, *, commit_after: str = "", error: str = "") -> dict[str, int]:
        """End the sync, in the caller's transaction, and count what became of the files. Raises Superseded."""
        self._flush()
        entries = SyncEntry.objects.filter(run=self.run)
        counts = dict(entries.values_list("outcome").annotate(Count("id")).order_by("outcome"))
        over = {"state": state, "finished_at": timezone.now(), "counts": counts, "error": error}
        if not self._mine().update(heartbeat_at=None, commit_after=commit_after, **over):
            raise Superseded
        self._forget_older(state, counts)
        return counts

    def _flush(self) -> None:
        """Write what was gathered, unless somebody else took over."""
        with transaction.atomic():
            now = timezone.now()
            if not self._mine().update(heartbeat_at=now, done=self._done, total=self._total):
                raise Superseded
            rows, self._rows = self._rows, []
            SyncEntry.objects.bulk_create(self._entry(row) for row in self._settled(rows))
        self._beaten = time.monotonic()

    def _settled(self, rows: list[Row]) -> list[Row]:
        """The rows without those that an earlier step has written, and with what it published before it could write so."""
        if self.run.attempt == 1:
            return rows
        names = {row.package for row in rows if row.outcome == "unchanged"}
        releases = Release.objects.filter(
            package__namespace=self.run.source.namespace_id,
            package__name__in=names,
            published_at__gte=self.run.started_at,
        )
        fresh = set(releases.values_list("package__name", "version")) if names else set()
        settled = []
        for row in rows:
            if (row.path, row.package, row.version) in self._known:
                continue
            published = row.outcome == "unchanged" and (row.package, row.version) in fresh
            settled.append(Row(**{**vars(row), "outcome": "imported"}) if published else row)
        return settled

    def _entry(self, row: Row) -> SyncEntry:
        # What a file is called and why it is refused may hold anything; no text in PostgreSQL holds a NUL.
        clean = {
            name: value.replace("\0", "") if isinstance(value, str) else value for name, value in vars(row).items()
        }
        clean["path"], clean["reason"] = clean["path"][:500], clean["reason"][:2000]
        return SyncEntry(run=self.run, **clean)

    def _mine(self) -> QuerySet[SyncRun]:
        return SyncRun.objects.filter(id=self.run.id, attempt=self.run.attempt, state=SyncRun.State.RUNNING)

    def _forget_older(self, state: str, counts: dict[str, int]) -> None:
        """Keep what changed something for a while; of syncs that found nothing new or failed, the newest ones."""
        older = SyncRun.objects.filter(source=self.run.source_id, id__lt=self.run.id).order_by("-id")
        if state == SyncRun.State.FAILED:
            _beyond(older.filter(state=state), KEPT_FAILURES)
        elif not counts:
            older.filter(state=state, counts={}).delete()
        else:
            SyncEntry.objects.filter(run__in=older, outcome__in=["unchanged", "skipped"]).delete()
            _beyond(older, KEPT_RUNS)


def _beyond(rows: QuerySet[SyncRun], number: int) -> None:
    """Delete all but the first `number` rows."""
    for run_id in rows.values_list("id", flat=True)[number : number + 1]:
        rows.filter(id__lte=run_id).delete()
