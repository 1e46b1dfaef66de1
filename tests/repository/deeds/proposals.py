"""Proposals and what people are told."""

from __future__ import annotations

from typing import Any

from hub.actors import Actor
from hub.services import notifications
from registry.models import Proposal, ProposalFollower
from registry.services import proposal_comments, proposal_events, proposal_reviews, proposals
from registry.services.proposals import Content
from tests.conftest import RULE

READING = {
    # What somebody was told and has read is in no log: it changes nothing that others see.
    "notifications": {
        *("register_kind", "register_subject", "tell", "send_due", "listed", "unread_count", "readable"),
        *("mark_read", "preferences", "forget_old"),
    },
    "proposal_checks": {"of", "is_green", "register"},
    "proposal_events": {"tell", "untold", "may_still_read", "readable", "is_muted"},
    "proposal_reviews": {"standing"},
    "proposal_texts": {"rendered"},
    "proposals": {"onto_latest", "has_moved", "current_of", "lock"},
}
PARTS = {
    "proposal_events": {"happened"},
    "proposals": {"add", "add_revision", "retitle", "withdraw"},
}
BETTER = Content("1.1.0", RULE.format(title="style", version="1.1.0", text="Better."), changelog="Better.")


def furnish(world: Any) -> None:
    """A draft, open proposals of the owner and of a stranger, a closed one, comments and a review."""
    friend = Actor(world.friend)

    def made(by: Actor, **more: Any) -> Proposal:
        found = proposals.create(by=by, package=world.style, title="Better", content=BETTER, **more)
        return Proposal.objects.select_related("package__namespace", "current__base").get(id=found.id)

    mine, theirs, closed = made(world.by), made(friend), made(world.by)
    proposals.close(by=world.by, proposal=closed)
    said, settled = (proposal_comments.add(by=world.by, proposal=mine, text="Hm.") for _ in range(2))
    proposal_comments.resolve(by=world.by, comment=settled)
    settled.resolved_at = mine.created_at
    given = proposal_reviews.give(by=world.by, proposal=theirs, verdict="approve", revision=1)
    ProposalFollower.objects.filter(proposal=closed, user=world.by.user).update(is_muted=True)
    draft = made(world.by, state="draft")
    world.more.update(mine=mine, theirs=theirs, closed=closed, said=said, settled=settled, given=given, draft=draft)


def other(text: str) -> Content:
    return Content("1.2.0", RULE.format(title="style", version="1.2.0", text=text))


DEEDS = {
    "proposals.create": lambda w: proposals.create(by=w.by, package=w.style, title="More", content=BETTER),
    "proposals.describe": lambda w: proposals.describe(by=w.by, proposal=w.more["mine"], title="Other", message=""),
    "proposals.revise": lambda w: proposals.revise(by=w.by, proposal=w.more["mine"], content=other("Best.")),
    "proposals.open_up": lambda w: proposals.open_up(by=w.by, proposal=w.more["draft"]),
    "proposals.close": lambda w: proposals.close(by=w.by, proposal=w.more["mine"]),
    "proposals.reopen": lambda w: proposals.reopen(by=w.by, proposal=w.more["closed"]),
    "proposals.merge": lambda w: proposals.merge(by=w.by, proposal=w.more["theirs"], revision=1),
    "proposals.set_required_approvals": lambda w: proposals.set_required_approvals(by=w.by, package=w.style, count=2),
    "proposal_comments.add": lambda w: proposal_comments.add(by=w.by, proposal=w.more["mine"], text="Well."),
    "proposal_comments.edit": lambda w: proposal_comments.edit(by=w.by, comment=w.more["said"], text="Oh."),
    "proposal_comments.delete": lambda w: proposal_comments.delete(by=w.by, comment=w.more["said"]),
    "proposal_comments.resolve": lambda w: proposal_comments.resolve(by=w.by, comment=w.more["said"]),
    "proposal_comments.unresolve": lambda w: proposal_comments.unresolve(by=w.by, comment=w.more["settled"]),
    "proposal_reviews.give": lambda w: proposal_reviews.give(
        by=w.by, proposal=w.more["theirs"], verdict="request_changes", revision=1, text="Shorter."
    ),
    "proposal_reviews.dismiss": lambda w: proposal_reviews.dismiss(by=w.by, review=w.more["given"], reason="Late."),
    "proposal_events.follow": lambda w: proposal_events.follow(by=w.by, proposal=w.more["closed"]),
    "proposal_events.mute": lambda w: proposal_events.mute(by=w.by, proposal=w.more["mine"]),
    "notifications.prefer": lambda w: notifications.prefer(by=w.by, ways={"proposal-opened": "none"}),
}
