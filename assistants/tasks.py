"""Background work of assistants."""

from __future__ import annotations

from celery import shared_task

from assistants.services import update_queue, update_runs

# Well below the time limit of a task, and short enough to leave the worker to others.
SECONDS = 60.0


@shared_task
def work_on_update(*, run_id: int, **_: object) -> None:
    """Bring assistants up to date that follow one change. What one step leaves, the next one takes up."""
    if update_runs.work(run_id=run_id, seconds=SECONDS):
        update_queue.send(run_id)


@shared_task
def work_on_due_updates(**_: object) -> None:
    """Bring assistants up to date whose time has come."""
    update_runs.work_due(seconds=SECONDS)


@shared_task
def sweep_updates(**_: object) -> None:
    """Hand out again the runs that a killed worker or a lost message left behind."""
    update_runs.sweep()
