"""What happened to proposals: kept for the timeline, and told to those who follow them."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import current_app
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from hub.actors import Actor
from hub.domain.decisions import require
from hub.models import User
from hub.services import audit, notifications
from registry import policies
from registry.domain.actions import RegistryAction
from registry.domain.proposals import EventKind
from registry.models import Package, Proposal, ProposalEvent, ProposalFollower

logger = logging.getLogger(__name__)
SUBJECT = "registry.package"
MAX_RECIPIENTS = 200
_PATIENCE = timedelta(minutes=1)
# Which kind of notification an event is.
NOTIFIES: dict[str, str] = {
    EventKind.OPENED: "proposal-opened",
    EventKind.REOPENED: "proposal-opened",
    EventKind.REVISED: "proposal-revised",
    EventKind.COMMENTED: "proposal-discussed",
    EventKind.APPROVED: "proposal-reviewed",
    EventKind.CHANGES_REQUESTED: "proposal-reviewed",
    EventKind.DISMISSED: "proposal-reviewed",
    EventKind.MERGED: "proposal-decided",
    EventKind.CLOSED: "proposal-decided",
}
_VERBS: dict[str, str] = {
    EventKind.OPENED: "proposes",
    EventKind.REOPENED: "reopened",
    EventKind.REVISED: "revised",
    EventKind.COMMENTED: "commented on",
    EventKind.APPROVED: "approved",
    EventKind.CHANGES_REQUESTED: "asks for changes in",
    EventKind.DISMISSED: "dismissed a review of",
    EventKind.MERGED: "merged",
    EventKind.CLOSED: "closed",
}


def happened(by: Actor, proposal: Proposal, kind: EventKind, **data: object) -> ProposalEvent:
    """Keep that something happened, let whoever did it follow the proposal, and have the others told after the commit."""
    now = timezone.now()
    Proposal.objects.filter(id=proposal.id).update(updated_at=now)
    if by.user is None and by.token is None:
        data["hub"] = True
    event = ProposalEvent.objects.create(proposal=proposal, kind=kind, actor=by.user, data=data)
    if by.user is not None:
        ProposalFollower.objects.get_or_create(proposal=proposal, user=by.user)
    transaction.on_commit(lambda: _queue(event.pk))
    return event


def tell(*, event_id: int) -> int:
    """Tell those who follow the proposal, or manage its package, and may still read it. Returns how many; once per event."""
    with transaction.atomic():
        rows = ProposalEvent.objects.select_for_update(of=("self",), skip_locked=True)
        event = rows.select_related("proposal__package__namespace", "actor").filter(id=event_id, told_at=None).first()
        if event is None:
            return 0
        ProposalEvent.objects.filter(id=event.id).update(told_at=timezone.now())
        if event.proposal.state == "draft":
            return 0
        people = [one for one in _recipients(event) if may_still_read(one, event.proposal.package)]
        return notifications.tell(people=people, note=_note(event))


def untold() -> QuerySet[ProposalEvent]:
    """Events whose telling was lost: the worker that had it is gone."""
    return ProposalEvent.objects.filter(told_at=None, at__lt=timezone.now() - _PATIENCE).order_by("id")


def may_still_read(user: User, package: Package) -> bool:
    """Whether the person may read the package now, with every proof that a sign-in can bring."""
    return bool(readable(user, [package.id]))


def readable(user: User, package_ids: list[int]) -> set[int]:
    """Which of the packages the person may read now, with every proof that a sign-in can bring. Two queries."""
    if not user.is_active:
        return set()
    rows = Package.objects.filter(id__in=package_ids)
    holders = rows.filter(namespace__organization__isnull=False).values_list("namespace__organization_id", flat=True)
    by = Actor(user, sso=frozenset(one for one in holders if one is not None), second_factor=True)
    return set(rows.visible_to(by).values_list("id", flat=True))


def follow(*, by: Actor, proposal: Proposal) -> None:
    """Hear of what happens to the proposal. Raises PermissionRefused."""
    _set_muted(by, proposal, muted=False, action=RegistryAction.PROPOSAL_FOLLOW)


def mute(*, by: Actor, proposal: Proposal) -> None:
    """Hear no more of the proposal, whatever part one had in it. Raises PermissionRefused."""
    _set_muted(by, proposal, muted=True, action=RegistryAction.PROPOSAL_MUTE)


def is_muted(*, user: User, proposal: Proposal) -> bool | None:
    """Whether the person muted the proposal; None for who neither follows nor muted it."""
    rows = ProposalFollower.objects.filter(proposal=proposal, user=user)
    return rows.values_list("is_muted", flat=True).first()


def _set_muted(by: Actor, proposal: Proposal, *, muted: bool, action: RegistryAction) -> None:
    require(policies.may_read(by, proposal.package))
    require(policies.may_discuss(by, proposal))
    with transaction.atomic():
        ProposalFollower.objects.update_or_create(proposal=proposal, user=by.user, defaults={"is_muted": muted})
        audit.record(by, action, proposal, namespace=proposal.package.namespace)


def _recipients(event: ProposalEvent) -> QuerySet[User]:
    followers = ProposalFollower.objects.filter(proposal=event.proposal)
    following = followers.filter(is_muted=False).values("user")
    muted = followers.filter(is_muted=True).values("user")
    managing = policies.managers(event.proposal.package).values("id")
    people = User.objects.filter(Q(id__in=following) | Q(id__in=managing), is_active=True, is_service=False)
    return people.exclude(id__in=muted).exclude(id__in=[event.actor_id or 0]).order_by("id")[:MAX_RECIPIENTS]


def _note(event: ProposalEvent) -> notifications.Note:
    proposal = event.proposal
    who = event.actor.username if event.actor is not None else "The hub" if event.data.get("hub") else "Somebody"
    return notifications.Note(
        kind=NOTIFIES[event.kind],
        key=f"proposal-event:{event.pk}",
        title=f"{who} {_VERBS[event.kind]} {proposal}: {proposal.title}",
        body=str(event.data.get("excerpt", "")),
        url=f"/{proposal.package}/proposals/{proposal.number}",
        subject_type=SUBJECT,
        subject_id=proposal.package_id,
    )


def _queue(event_id: int) -> None:
    try:
        current_app.send_task("registry.tasks.tell_of_proposal", kwargs={"event_id": event_id})
    except OperationalError:
        # The schedule finds the event: nobody's deed fails because the broker is away.
        logger.warning("The broker did not take the telling of proposal event %s.", event_id)
