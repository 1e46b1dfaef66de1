"""Background work of the registry."""

from __future__ import annotations

from celery import shared_task

from hub.actors import Actor
from hub.services import jobs
from registry import background
from registry.services import (
    downloads,
    git_syncs,
    import_uploads,
    mirror_runs,
    mirrors,
    proposal_events,
    publishers,
    scans,
    search_entries,
    upstream_news,
)

# Well below the time limit of a task, and short enough to leave the worker to others.
RESCAN_SECONDS = 60.0
MOST_STEPS = 50


@shared_task
def forget_used_identity_tokens(**_: object) -> None:
    """Forget identity tokens that were exchanged and have expired since: their own time keeps them out now."""
    publishers.forget_used()


@shared_task
def rescan_releases(**_: object) -> None:
    """Look at latest releases again if there are newer checks, for a while; the next run goes on where this one ends."""
    scans.rescan_due(seconds=RESCAN_SECONDS)


@shared_task
def sync_git_source(*, run_id: int, **_: object) -> None:
    """Work on one sync of a Git source. What one step leaves, the next one takes up."""
    if git_syncs.work(run_id=run_id):
        background.send("registry.tasks.sync_git_source", run_id=run_id)


@shared_task
def sweep_git_sources(**_: object) -> None:
    """Queue the syncs that are due, and hand out again those that a worker left behind."""
    git_syncs.sweep()


@shared_task
def forget_import_uploads(**_: object) -> None:
    """Delete the bytes of archives whose import is over, or that nobody confirmed."""
    import_uploads.forget()


@shared_task
def tell_of_proposal(*, event_id: int, **_: object) -> None:
    """Tell those who follow a proposal what happened to it."""
    proposal_events.tell(event_id=event_id)


@shared_task
def tell_of_proposals(**_: object) -> None:
    """Tell what a worker that is gone left untold."""
    for event in proposal_events.untold()[:200]:
        proposal_events.tell(event_id=event.pk)


@shared_task
def tell_forks(*, news_id: int, **_: object) -> None:
    """Tell those who publish in the forks of a package what happened to it. What one step leaves, the next one takes up."""
    if upstream_news.tell(news_id=news_id):
        background.send("registry.tasks.tell_forks", news_id=news_id)


@shared_task
def tell_forks_untold(**_: object) -> None:
    """Tell what a worker that is gone left untold."""
    for news in upstream_news.untold()[:MOST_STEPS]:
        for _step in range(MOST_STEPS):
            if not upstream_news.tell(news_id=news.pk):
                break


@shared_task
def start_mirrors(**_: object) -> None:
    """Start the mirrors whose interval is over."""
    mirrors.start_due(by=Actor(source="task"))


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


@shared_task
def tidy_search_index(**_: object) -> None:
    """Work off the waiting list of the search index, and add entries that an upgrade or a restored copy lacks."""
    search_entries.add_missing()
    search_entries.tidy()


jobs.register(mirrors.JOB, mirror_runs.handle)
