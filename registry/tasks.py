"""Background work of the registry."""

from __future__ import annotations

from celery import shared_task

from registry.services import publishers


@shared_task
def forget_used_identity_tokens(**_: object) -> None:
    """Forget identity tokens that were exchanged and have expired since: their own time keeps them out now."""
    publishers.forget_used()
