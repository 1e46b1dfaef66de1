"""Background work of the registry."""

from __future__ import annotations

from celery import shared_task

from hub.services import jobs
from registry.services import mirror_runs, mirrors, publishers


@shared_task
def forget_used_identity_tokens(**_: object) -> None:
    """Forget identity tokens that were exchanged and have expired since: their own time keeps them out now."""
    publishers.forget_used()


@shared_task
def start_mirrors(**_: object) -> None:
    """Start the mirrors whose interval is over."""
    mirrors.start_due()


jobs.register(mirrors.JOB, mirror_runs.handle)
