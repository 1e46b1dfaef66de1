"""Background work of the registry."""

from __future__ import annotations

from celery import shared_task

from registry.services import downloads, publishers

MOST_STEPS = 50


@shared_task
def forget_used_identity_tokens(**_: object) -> None:
    """Forget identity tokens that were exchanged and have expired since: their own time keeps them out now."""
    publishers.forget_used()


@shared_task
def roll_up_downloads(**_: object) -> None:
    """Add the counts of downloads to the totals of releases and packages. What one run does not reach, the next one does."""
    for _step in range(MOST_STEPS):
        if not downloads.roll_up():
            break


@shared_task
def prune_downloads(**_: object) -> None:
    """Forget on which days something was downloaded that long ago that no chart shows it."""
    downloads.prune()
