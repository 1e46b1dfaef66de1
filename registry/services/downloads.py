"""Downloads: counted in memory as they happen, written by a thread of the process, added up by the worker.

Whoever fetches waits for none of it. A process that is killed loses what it counted since it wrote last; one that ends
writes it first. Only which release and which day is kept, nothing about who.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import F

from registry.domain.tallies import Tally
from registry.models import DownloadCount, Package, PackageDownloadCount, Release

logger = logging.getLogger(__name__)

MOST_COUNTED = 20_000
"""Different releases that a process keeps counts of between two writes."""
WRITTEN_AT = 2_000
"""With so many it writes at once."""
ROWS_A_STEP = 1_000
KEPT_DAYS = 400
"""A year and some weeks. The totals are kept for ever."""

# In one order of rows, or two processes that write at once could wait for each other.
_ADD = """
INSERT INTO registry_downloadcount (release_id, day, count, rolled_up)
SELECT release.id, new.day, new.count, 0
FROM unnest(%s::bigint[], %s::date[], %s::bigint[]) AS new(release_id, day, count)
JOIN registry_release AS release ON release.id = new.release_id
ORDER BY release.id, new.day
ON CONFLICT (release_id, day) DO UPDATE SET count = registry_downloadcount.count + EXCLUDED.count
"""
_ADD_TO_PACKAGE_DAYS = """
INSERT INTO registry_packagedownloadcount (package_id, day, count)
SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[])
ON CONFLICT (package_id, day) DO UPDATE SET count = registry_packagedownloadcount.count + EXCLUDED.count
"""
_ADD_TO_PACKAGES = """
UPDATE registry_package SET download_count = download_count + new.count
FROM unnest(%s::bigint[], %s::bigint[]) AS new(id, count) WHERE registry_package.id = new.id
"""
_ADD_TO_RELEASES = """
UPDATE registry_release SET download_count = download_count + new.count
FROM unnest(%s::bigint[], %s::bigint[]) AS new(id, count) WHERE registry_release.id = new.id
"""

tally: Tally[tuple[int, date]] = Tally(MOST_COUNTED)
_writing = threading.Lock()


def today() -> date:
    """The day that a download of now counts for, in UTC everywhere."""
    return datetime.now(UTC).date()


def note(release_id: int) -> None:
    """Count one download of a release: an addition in memory. No query, no wait."""
    tally.add((release_id, today()))
    _writer.see_to_it()


def write() -> int:
    """Write down what this process has counted, and return how much that was. What cannot be written is kept for later."""
    with _writing:
        counts = tally.take()
        if not counts:
            return 0
        try:
            with connection.cursor() as cursor:
                columns: list[Any] = [[one for one, _ in counts], [day for _, day in counts], list(counts.values())]
                cursor.execute(_ADD, columns)
        except Error:
            tally.give_back(counts)
            raise
    return sum(counts.values())


def roll_up() -> int:
    """Add what was written to the totals of releases and packages, in one step of limited size. Returns how many rows it did.

    Of two at once each takes rows of its own. A package that somebody is changing right now is left for the next time.
    """
    with transaction.atomic():
        waiting = DownloadCount.objects.filter(rolled_up__lt=F("count")).order_by("id")
        rows = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("release")
        found = list(rows.only("day", "count", "rolled_up", "release__package_id")[:ROWS_A_STEP])
        packages = Package.objects.filter(id__in={one.release.package_id for one in found}).order_by("id")
        free = set(packages.select_for_update(skip_locked=True, no_key=True).values_list("id", flat=True))
        done = [one for one in found if one.release.package_id in free]
        _add_up(done)
        DownloadCount.objects.filter(id__in=[one.pk for one in done]).update(rolled_up=F("count"))
    return len(done)


def prune() -> None:
    """Forget days that no chart shows any more. The totals have them."""
    before = today() - timedelta(days=KEPT_DAYS)
    DownloadCount.objects.filter(day__lt=before, rolled_up=F("count")).delete()
    PackageDownloadCount.objects.filter(day__lt=before).delete()


def of_package(package: Package, days: int) -> list[tuple[date, int]]:
    """How often its releases were downloaded on each of the last `days` days, oldest first, with the days of none."""
    rows = PackageDownloadCount.objects.filter(package=package, day__gt=today() - timedelta(days=days))
    return _every_day(dict(rows.values_list("day", "count")), days)


def of_release(release: Release, days: int) -> list[tuple[date, int]]:
    """As `of_package`, for one release."""
    rows = DownloadCount.objects.filter(release=release, day__gt=today() - timedelta(days=days))
    return _every_day(dict(rows.values_list("day", "count")), days)


def _every_day(found: dict[date, int], days: int) -> list[tuple[date, int]]:
    start = today() - timedelta(days=days - 1)
    every = (start + timedelta(days=number) for number in range(days))
    return [(day, found.get(day, 0)) for day in every]


def _add_up(rows: list[DownloadCount]) -> None:
    releases, packages, days = Counter[int](), Counter[int](), Counter[tuple[int, date]]()
    for one in rows:
        new, package = one.count - one.rolled_up, one.release.package_id
        releases[one.release_id] += new
        packages[package] += new
        days[package, one.day] += new
    with connection.cursor() as cursor:
        columns: list[Any] = [[package for package, _ in days], [day for _, day in days], list(days.values())]
        cursor.execute(_ADD_TO_PACKAGE_DAYS, columns)
        cursor.execute(_ADD_TO_PACKAGES, [list(packages), list(packages.values())])
        cursor.execute(_ADD_TO_RELEASES, [list(releases), list(releases.values())])


class Writer:
    """The thread of this process that writes the counts down every few seconds. It begins with the first count."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._full = threading.Event()

    def see_to_it(self) -> None:
        """Have what was counted written soon, at once if it is much."""
        if self._thread is None or not self._thread.is_alive():
            self._start()
        if len(tally) >= WRITTEN_AT:
            self._full.set()

    def stop(self) -> None:
        """Let the thread end once `DOWNLOADS_WRITTEN_EVERY` is 0."""
        self._full.set()
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        with self._starting:
            alive = self._thread is not None and self._thread.is_alive()
            if settings.DOWNLOADS_WRITTEN_EVERY > 0 and not alive:
                self._thread = threading.Thread(target=self._run, name="downloads", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while settings.DOWNLOADS_WRITTEN_EVERY > 0:
            self._full.wait(settings.DOWNLOADS_WRITTEN_EVERY)
            self._full.clear()
            write_if_possible()


def write_if_possible() -> None:
    """Write, and leave no connection behind; a database that is away is tried again with the next counts."""
    try:
        write()
    except Error as error:
        logger.warning("Counts of downloads wait for the database: %s", type(error).__name__)
    finally:
        connection.close()


def _begin_anew() -> None:
    """In a process that was forked off: the thread stayed with the parent, and so does what the parent counted."""
    global _writing, _writer
    _writing, _writer = threading.Lock(), Writer()
    tally.forget()


def _write_the_rest() -> None:
    if tally:
        write_if_possible()


_writer = Writer()
atexit.register(_write_the_rest)
os.register_at_fork(after_in_child=_begin_anew)
