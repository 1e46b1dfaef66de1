"""Seals the audit log: puts waiting events into a chain of signed statements.

Writers never wait for each other: an event is marked and committed alone, and gets its place in the chain afterwards. One
process at a time seals. Sealing is nobody's deed, so it has no actor and no event of its own.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from hub.domain import audit as domain
from hub.models import AuditEvent, AuditSeal, AuditUnsealed
from hub.services import audit

SEAL_SIZE = 500
LATE = timedelta(minutes=2)
# Any number that nothing else in the database locks by.
LOCK = 0x61756469
DIGEST_SIZE = 32

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """The newest seal as it is kept outside the database: a chain that ends before it was cut off."""

    number: int
    hash: str
    position: int
    at: str


@dataclass(frozen=True)
class Status:
    """How far the log is sealed. `late` says that events have waited longer than sealing takes."""

    sealed_through: int
    sealed_at: datetime | None
    key: str
    waiting: int
    late: bool


def seal_all() -> int:
    """Seal every event that waits and that the hub wrote; return how many. Others stay behind, for `verify` to name them."""
    total, after = 0, 0
    while True:
        with transaction.atomic():
            _lock()
            ids = waiting(after=after, limit=SEAL_SIZE)
            found = list(AuditEvent.objects.filter(id__in=ids).order_by("id"))
            ours = [event for event in found if audit.is_ours(event)]
            if ours:
                _add(ours)
        if len(ours) < len(found):
            log.error("The audit log holds events that this hub did not write. See `manage.py audit verify`.")
        total += len(ours)
        if len(ids) < SEAL_SIZE:
            return total
        after = ids[-1]


def seals(*, after: int = 0, through: int | None = None) -> Iterator[domain.Seal]:
    """The seals in order, from the one after number `after` to number `through` (None: the last)."""
    rows = AuditSeal.objects.filter(number__gt=after).order_by("number")
    for row in (rows if through is None else rows.filter(number__lte=through)).iterator(chunk_size=200):
        yield as_domain(row)


def as_domain(row: AuditSeal) -> domain.Seal:
    """A stored seal as the statement that was signed, worked out from what is stored now."""
    packed = bytes(row.digests)
    digests = tuple(packed[start : start + DIGEST_SIZE].hex() for start in range(0, len(packed), DIGEST_SIZE))
    ids = tuple(row.ids)
    alike = len(ids) == len(digests)
    return domain.Seal(
        number=row.number,
        at=domain.moment(row.at),
        newest_at=domain.moment(row.newest_at),
        first_position=row.first_position,
        count=len(ids),
        entries=domain.entries_digest(ids, digests) if alike else "",
        previous=row.previous,
        key=row.key,
        signature=bytes(row.signature),
        ids=ids,
        digests=digests,
    )


def status() -> Status:
    """How far the log is sealed. Two queries, and a third while events wait."""
    last = AuditSeal.objects.defer("digests", "signature").order_by("-number").first()
    ids = waiting()
    oldest = AuditEvent.objects.filter(id=ids[0]).values_list("at", flat=True).first() if ids else None
    return Status(
        sealed_through=last.first_position + len(last.ids) - 1 if last else 0,
        sealed_at=last.at if last else None,
        key=last.key if last else audit.keys()[0].fingerprint,
        waiting=len(ids),
        late=oldest is not None and oldest < timezone.now() - LATE,
    )


def checkpoint() -> Checkpoint | None:
    """What was last kept outside the database; None if nothing was."""
    try:
        return Checkpoint(**json.loads(Path(settings.AUDIT_CHECKPOINT_FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def waiting(*, after: int = 0, limit: int | None = None) -> list[int]:
    """The numbers of events that have no seal yet, in order.

    They are read first and events by them, since the few that wait are no news to the planner's statistics: joined, it
    might read the whole log.
    """
    rows = AuditUnsealed.objects.filter(event_id__gt=after).order_by("event_id")
    return list(rows.values_list("event_id", flat=True)[:limit])


def lock_out_sealing() -> None:
    """Keep seals as they are until the transaction ends."""
    _lock()


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _add(events: Sequence[AuditEvent]) -> None:
    """Chain one more seal, over `events`."""
    row = AuditSeal.objects.order_by("-number").first()
    last = as_domain(row) if row else None
    digests = [audit.digest(event) for event in events]
    key = audit.keys()[0]
    now, newest = timezone.now(), max(event.at for event in events)
    ids = [event.id for event in events]
    seal = domain.Seal(
        number=last.number + 1 if last else 1,
        at=domain.moment(now),
        newest_at=domain.moment(newest),
        first_position=last.last_position + 1 if last else 1,
        count=len(ids),
        entries=domain.entries_digest(ids, digests),
        previous=last.hash if last else domain.NO_SEAL,
        key=key.fingerprint,
    )
    signature = key.sign(seal.statement)
    AuditSeal.objects.create(
        number=seal.number,
        at=now,
        newest_at=newest,
        first_position=seal.first_position,
        ids=ids,
        digests=bytes.fromhex("".join(digests)),
        previous=seal.previous,
        key=seal.key,
        signature=signature,
    )
    AuditUnsealed.objects.filter(event_id__in=ids).delete()
    made = replace(seal, signature=signature)
    transaction.on_commit(lambda: _keep(Checkpoint(made.number, made.hash, made.last_position, made.at)))


def _keep(new: Checkpoint) -> None:
    """Keep the newest seal's hash in a file and in the process's own log. A file that is further on stays: it is evidence."""
    log.info("Audit log sealed through event %s: seal %s, %s", new.position, new.number, new.hash)
    kept, path = checkpoint(), Path(settings.AUDIT_CHECKPOINT_FILE)
    if kept is not None and kept.number >= new.number:
        log.error("The audit log's checkpoint is at seal %s already. See `manage.py audit verify`.", kept.number)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w") as file:
            file.write(json.dumps(asdict(new)) + "\n")
        Path(unfinished).replace(path)
    except OSError as error:
        log.warning("The audit log's checkpoint cannot be written: %s", error.strerror)
