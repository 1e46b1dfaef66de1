"""Background work of the registry."""

from __future__ import annotations

from celery import shared_task

from registry.services import proposal_events, publishers


@shared_task
def forget_used_identity_tokens(**_: object) -> None:
    """Forget identity tokens that were exchanged and have expired since: their own time keeps them out now."""
    publishers.forget_used()


@shared_task
def tell_of_proposal(*, event_id: int, **_: object) -> None:
    """Tell those who follow a proposal what happened to it."""
    proposal_events.tell(event_id=event_id)


@shared_task
def tell_of_proposals(**_: object) -> None:
    """Tell what a worker that is gone left untold."""
    for event in proposal_events.untold()[:200]:
        proposal_events.tell(event_id=event.pk)
