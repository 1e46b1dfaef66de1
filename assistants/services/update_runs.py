"""Runs through the assistants that have to follow a change: claimed, worked off in batches, found again when a worker dies.

The row is the truth. A worker takes a run by an update that one of several wins, and each assistant is done in one
transaction with the run's cursor: what a killed worker did is done, what it did not do is next.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db import OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from assistants.models import LockEntry, UpdateProposal, UpdateRun, UpdateState, in_force
from assistants.services import update_queue, updating
from assistants.services.updating import Outcome
from registry.models import Package, ProposalState

BATCH = 100
STALE = timedelta(seconds=120)  # a worker that was not heard of for so long is gone
LOST_AFTER = timedelta(seconds=60)  # a run that waits longer was lost on its way to a worker
MAX_TRIES = 3
RETRY_DUE = timedelta(minutes=10)
KEPT = timedelta(days=30)
UNEXPECTED = "Something went wrong in the hub. Its log has more; whoever runs it can tell."
logger = logging.getLogger(__name__)


class TakenOver(Exception):
    """Another worker goes on with this run."""


def work(*, run_id: int, seconds: float) -> bool:
    """Work on a run for a while. Returns whether there is more to do. Doing it twice, or at once, does it once."""
    run = _claimed(run_id)
    if run is None:
        return False
    end = time.monotonic() + seconds
    while True:
        batch = _next(run)
        for package_id in batch:
            try:
                _one(run, package_id)
            except TakenOver:
                logger.info("Another worker took over update run %s.", run_id)
                return False
        if len(batch) < BATCH:
            _mine(run).update(state=UpdateRun.State.DONE, finished_at=timezone.now())
            return False
        if time.monotonic() >= end:
            return bool(_mine(run).update(state=UpdateRun.State.QUEUED, beat_at=timezone.now()))


def work_due(*, seconds: float) -> int:
    """Look at the assistants whose time has come, as when a cool-down is over. Returns how many were looked at."""
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        due = UpdateState.objects.filter(due_at__lte=timezone.now()).order_by("due_at", "package_id")
        batch = list(due.values_list("id", "package_id", "due_at")[:BATCH])
        for state_id, package_id, due_at in batch:
            # Of two workers one gets it; should that one die, it is due again in a while.
            mine = UpdateState.objects.filter(id=state_id, due_at=due_at)
            if mine.update(due_at=timezone.now() + RETRY_DUE):
                _guarded(package_id, 0)
                count += 1
        if len(batch) < BATCH:
            break
    return count


def sweep() -> int:
    """Hand out again what was lost or left behind, and forget what is long over. Returns how many runs were handed out."""
    now = timezone.now()
    waiting = Q(state=UpdateRun.State.QUEUED) & (
        Q(beat_at=None, created_at__lt=now - LOST_AFTER) | Q(beat_at__lt=now - LOST_AFTER)
    )
    left = Q(state=UpdateRun.State.RUNNING, beat_at__lt=now - STALE)
    found = list(UpdateRun.objects.filter(waiting | left).order_by("id").values_list("id", flat=True)[:200])
    for run_id in found:
        update_queue.send(run_id)
    # Somebody did something in a proposal that policy could not merge: an approval may have been missing.
    noted = UpdateProposal.objects.filter(proposal__state=ProposalState.OPEN, proposal__updated_at__gt=F("noted_at"))
    for update in noted.select_related("package")[:200]:
        with transaction.atomic():
            UpdateProposal.objects.filter(id=update.pk).update(noted_at=now)
            update_queue.look_again(update.package)
    UpdateRun.objects.filter(state=UpdateRun.State.DONE, finished_at__lt=now - KEPT).delete()
    return len(found)


def _claimed(run_id: int) -> UpdateRun | None:
    """The run, if this call is the one to work on it; others that wait for the same are over with it."""
    now = timezone.now()
    free = Q(state=UpdateRun.State.QUEUED) | Q(state=UpdateRun.State.RUNNING, beat_at__lt=now - STALE)
    changes = {"state": UpdateRun.State.RUNNING, "beat_at": now, "claims": F("claims") + 1, "tries": F("tries") + 1}
    if not UpdateRun.objects.filter(free, id=run_id).update(**changes):
        return None
    run = UpdateRun.objects.get(id=run_id)
    if run.cursor == 0:
        # Their changes are there to be seen, and no assistant was looked at before.
        alike = UpdateRun.objects.filter(package=run.package_id, namespace=run.namespace_id, depth__gte=run.depth)
        alike = alike.filter(state=UpdateRun.State.QUEUED, cursor=0).exclude(id=run.pk)
        alike.update(state=UpdateRun.State.DONE, finished_at=now)
    return run


def _next(run: UpdateRun) -> list[int]:
    """The next assistants by their id. Of those that have the package only inside of what they build on, that one is first."""
    if run.namespace_id is not None:
        rows = Package.objects.filter(
            namespace=run.namespace_id, kind="assistant", deleted_at=None, latest_release__isnull=False
        )
        return list(rows.filter(id__gt=run.cursor).order_by("id").values_list("id", flat=True)[:BATCH])
    entries = LockEntry.objects.filter(
        in_force("lock__"),
        package=run.package_id,
        lock__release=F("lock__release__package__latest_release"),
        lock__release__package__gt=run.cursor,
    ).exclude(path__contains=".")
    ids = entries.order_by("lock__release__package").values_list("lock__release__package", flat=True).distinct()
    return list(ids[:BATCH])


def _one(run: UpdateRun, package_id: int) -> None:
    """Do one assistant, together with the run's cursor. Raises TakenOver."""
    if run.tries > MAX_TRIES:
        logger.error("Update run %s killed its worker at assistant %s; it goes on behind that.", run.pk, package_id)
        with transaction.atomic():
            updating.note(package_id, UNEXPECTED)
            _advance(run, package_id, Outcome(failed=True))
        return
    try:
        with transaction.atomic():
            outcome = updating.bring_up_to_date(package_id=package_id, depth=run.depth)
            _advance(run, package_id, outcome)
    except (TakenOver, OperationalError):
        # The database went away, or two waited for each other: the run is taken up again where it is.
        raise
    except Exception:
        logger.exception("Update run %s failed at assistant %s.", run.pk, package_id)
        with transaction.atomic():
            updating.note(package_id, UNEXPECTED)
            _advance(run, package_id, Outcome(failed=True))


def _guarded(package_id: int, depth: int) -> None:
    try:
        updating.bring_up_to_date(package_id=package_id, depth=depth)
    except OperationalError:
        raise
    except Exception:
        logger.exception("The update of assistant %s failed.", package_id)
        updating.note(package_id, UNEXPECTED)


def _advance(run: UpdateRun, package_id: int, outcome: Outcome) -> None:
    changes = {
        "cursor": package_id,
        "beat_at": timezone.now(),
        "tries": 0,
        "looked_at_count": F("looked_at_count") + 1,
        "moved_count": F("moved_count") + int(outcome.moved),
        "proposed_count": F("proposed_count") + int(outcome.proposed),
        "failed_count": F("failed_count") + int(outcome.failed),
    }
    if not _mine(run).update(**changes):
        raise TakenOver
    run.cursor, run.tries = package_id, 0


def _mine(run: UpdateRun) -> QuerySet[UpdateRun]:
    return UpdateRun.objects.filter(id=run.pk, state=UpdateRun.State.RUNNING, claims=run.claims)
