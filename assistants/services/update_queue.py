"""What has to be looked at because something changed: rows written with the change, and a word to the worker after it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from assistants.domain.layers import MAX_DEPTH
from assistants.models import LockEntry, UpdateRun, UpdateState, in_force
from hub.models import Namespace
from registry import background
from registry.models import Package

WORK = "assistants.tasks.work_on_update"
WORK_DUE = "assistants.tasks.work_on_due_updates"


def releases_changed(package: Package) -> None:
    """Other releases of the package may be chosen than before (called by the registry)."""
    package_changed(package)


def package_changed(package: Package, *, depth: int = 0) -> UpdateRun | None:
    """Have the assistants looked at that use the package, if any does. Part of the transaction of the change.

    `depth` is how many assistants the change came through: past the deepest that builds on others, it goes no further.
    """
    users = LockEntry.objects.filter(
        in_force("lock__"), package=package, lock__release=F("lock__release__package__latest_release")
    )
    if depth >= MAX_DEPTH or not users.exclude(path__contains=".").exists():
        return None
    return _queued(UpdateRun(package=package, depth=depth))


def policy_changed(namespace: Namespace) -> UpdateRun:
    """Have the assistants of a namespace looked at. Part of the transaction of the change."""
    return _queued(UpdateRun(namespace=namespace))


def look_again(package: Package, *, at: datetime | None = None) -> None:
    """Have one assistant looked at now; or `at` a time, not before, as it was looked at just now. In a transaction."""
    now = timezone.now()
    due = at or now
    row, is_new = UpdateState.objects.get_or_create(package=package, defaults={"due_at": due})
    if not is_new and (at is not None or row.due_at is None or row.due_at > due):
        UpdateState.objects.filter(id=row.pk).update(due_at=due)
    if due <= now:
        transaction.on_commit(lambda: background.send(WORK_DUE))


def send(run_id: int) -> None:
    """Hand a run to a worker."""
    background.send(WORK, run_id=run_id)


def _queued(run: UpdateRun) -> UpdateRun:
    run.save(force_insert=True)
    transaction.on_commit(lambda: send(run.pk))
    return run
