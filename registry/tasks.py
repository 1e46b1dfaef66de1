"""Background work of the registry."""

from __future__ import annotations

from celery import shared_task

from registry.services import import_uploads, publishers


@shared_task
def forget_used_identity_tokens(**_: object) -> None:
    """Forget identity tokens that were exchanged and have expired since: their own time keeps them out now."""
    publishers.forget_used()


@shared_task
def forget_import_uploads(**_: object) -> None:
    """Delete the bytes of archives whose import is over, or that nobody confirmed."""
    import_uploads.forget()
