"""Background work of the registry."""

from __future__ import annotations

from celery import shared_task

from registry.services import publishers, search_entries


@shared_task
def forget_used_identity_tokens(**_: object) -> None:
    """Forget identity tokens that were exchanged and have expired since: their own time keeps them out now."""
    publishers.forget_used()


@shared_task
def tidy_search_index(**_: object) -> None:
    """Work off the waiting list of the search index, and add entries that an upgrade or a restored copy lacks."""
    search_entries.add_missing()
    search_entries.tidy()
