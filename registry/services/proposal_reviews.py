"""Reviews of proposals: given, counted and dismissed."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from hub.actors import Actor
from hub.domain.decisions import require
from hub.services import audit
from registry import policies
from registry.domain import proposals as domain
from registry.domain.actions import RegistryAction
from registry.domain.proposals import EventKind, Tally
from registry.models import Proposal, ProposalReview, ProposalState, Verdict
from registry.services.proposal_events import happened
from registry.services.proposal_texts import InvalidText, rendered

EXCERPT = 300
MAX_REVIEWS = 500
__all__ = ["Gone", "InvalidText", "NotOpen", "dismiss", "give", "standing"]


class NotOpen(Exception):
    """The proposal is not open, or was revised meanwhile."""


class Gone(Exception):
    """The review was dismissed already."""


def give(*, by: Actor, proposal: Proposal, verdict: str, revision: int, text: str = "") -> ProposalReview:
    """Approve the current revision or ask for changes; with changes asked for goes what they are.

    Raises PermissionRefused, InvalidText or NotOpen.
    """
    require(policies.may_read(by, proposal.package))
    require(policies.may_review(by, proposal))
    assert by.user is not None  # noqa: S101  # nobody else may review
    verdict = Verdict(verdict)
    html = rendered(text, what="What should change", required=verdict == Verdict.REQUEST_CHANGES)
    with transaction.atomic():
        row = Proposal.objects.select_for_update(of=("self",)).select_related("current").get(id=proposal.id)
        if row.state != ProposalState.OPEN or row.current is None:
            raise NotOpen("Only an open proposal is reviewed.")
        if row.current.number != revision:
            raise NotOpen(f"The proposal has revision {row.current.number} by now. Look at that one.")
        if row.reviews.count() >= MAX_REVIEWS:
            raise NotOpen(f"A proposal has at most {MAX_REVIEWS} reviews.")
        made = ProposalReview.objects.create(
            proposal=row, revision=row.current, reviewer=by.user, verdict=verdict, text=text, html=html
        )
        data = {"verdict": str(verdict), "revision": revision}
        audit.record(by, RegistryAction.REVIEW_CREATE, proposal, namespace=proposal.package.namespace, data=data)
        kind = EventKind.APPROVED if verdict == Verdict.APPROVE else EventKind.CHANGES_REQUESTED
        happened(by, proposal, kind, excerpt=text[:EXCERPT])
    return made


def dismiss(*, by: Actor, review: ProposalReview, reason: str) -> None:
    """Let a review count no more, with a reason: for who manages the package, or who gave it.

    Raises PermissionRefused, ValueError without a reason, or Gone.
    """
    proposal = review.proposal
    if by.user is None or by.user.pk != review.reviewer_id:
        require(policies.may_manage(by, proposal.package))
    else:
        require(policies.may_read(by, proposal.package))
        require(policies.may_discuss(by, proposal))
    if not reason.strip():
        raise ValueError("Give a reason: whoever wrote the review will read it.")
    with transaction.atomic():
        Proposal.objects.select_for_update(of=("self",)).get(id=proposal.id)
        changes = {"dismissed_at": timezone.now(), "dismissed_by": by.user, "dismissal": reason.strip()[:500]}
        if not ProposalReview.objects.filter(id=review.id, dismissed_at=None).update(**changes):
            raise Gone("This review was dismissed already.")
        data = {"reviewer": review.reviewer.username, "reason": reason.strip()[:500]}
        audit.record(by, RegistryAction.REVIEW_DISMISS, proposal, namespace=proposal.package.namespace, data=data)
        happened(by, proposal, EventKind.DISMISSED, excerpt=reason.strip()[:EXCERPT])


def standing(*, proposal: Proposal) -> Tally:
    """How the reviews count now: only of people who may publish in the package at this moment. Two queries."""
    rows = proposal.reviews.filter(dismissed_at=None).order_by("id")
    given = [
        domain.Given(reviewer, revision, verdict == Verdict.APPROVE)
        for reviewer, revision, verdict in rows.values_list("reviewer_id", "revision_id", "verdict")
    ]
    reviewers = {one.reviewer for one in given}
    counting = policies.publishers(proposal.package).filter(id__in=reviewers).values_list("id", flat=True)
    return domain.tally(
        given,
        counting=frozenset(counting if reviewers else ()),
        author=proposal.author_id,
        current=proposal.current_id or 0,
        required=proposal.package.required_approvals,
    )
