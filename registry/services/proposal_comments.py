"""What is said about proposals, as a whole or at one line."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused, require
from hub.services import audit
from registry import policies
from registry.domain import diffs
from registry.domain.actions import RegistryAction
from registry.domain.proposals import EventKind
from registry.models import Proposal, ProposalComment, ProposalRevision, Side
from registry.models.proposals import ProposalFile
from registry.services.proposal_events import happened
from registry.services.proposal_texts import InvalidText, rendered

EXCERPT = 300
MAX_COMMENTS = 2000
__all__ = ["Gone", "InvalidText", "Spot", "TooMany", "add", "delete", "edit", "resolve", "unresolve"]


class Gone(Exception):
    """The comment was deleted meanwhile."""


class TooMany(Exception):
    """The proposal has as many comments as one may have."""


@dataclass(frozen=True)
class Spot:
    """A line of one text of a revision: of the text before the change, or after."""

    revision: int
    file: str
    side: str
    line: int


def add(*, by: Actor, proposal: Proposal, text: str, spot: Spot | None = None) -> ProposalComment:
    """Comment on the proposal, or on one line.

    Raises PermissionRefused, InvalidText (also for a line that is not there) or TooMany.
    """
    require(policies.may_read(by, proposal.package))
    require(policies.may_discuss(by, proposal))
    html = rendered(text, what="The comment")
    place = _place(proposal, spot) if spot is not None else {}
    with transaction.atomic():
        Proposal.objects.select_for_update(of=("self",)).get(id=proposal.id)
        if proposal.comments.count() >= MAX_COMMENTS:
            raise TooMany(f"A proposal has at most {MAX_COMMENTS} comments.")
        made = ProposalComment.objects.create(proposal=proposal, author=by.user, text=text, html=html, **place)
        data = {"file": spot.file, "line": spot.line} if spot else {}
        _record(by, RegistryAction.COMMENT_CREATE, proposal, data)
        happened(by, proposal, EventKind.COMMENTED, comment=made.pk, excerpt=text[:EXCERPT])
    return made


def edit(*, by: Actor, comment: ProposalComment, text: str) -> None:
    """Change one's own comment. Raises PermissionRefused, InvalidText or Gone."""
    _require_own(by, comment)
    html = rendered(text, what="The comment")
    with transaction.atomic():
        changes = {"text": text, "html": html, "edited_at": timezone.now()}
        if not ProposalComment.objects.filter(id=comment.id).update(**changes):
            raise Gone("This comment was deleted.")
        _record(by, RegistryAction.COMMENT_UPDATE, comment.proposal, {"comment": comment.pk})


def delete(*, by: Actor, comment: ProposalComment) -> None:
    """Take one's own comment away; who manages the package takes anybody's away. Raises PermissionRefused or Gone."""
    if by.user is None or by.user.pk != comment.author_id:
        require(policies.may_manage(by, comment.proposal.package))
    else:
        require(policies.may_read(by, comment.proposal.package))
        require(policies.may_discuss(by, comment.proposal))
    with transaction.atomic():
        if not ProposalComment.objects.filter(id=comment.id).delete()[0]:
            raise Gone("This comment was deleted already.")
        author = comment.author.username if comment.author else ""
        _record(by, RegistryAction.COMMENT_DELETE, comment.proposal, {"comment": comment.pk, "author": author})


def resolve(*, by: Actor, comment: ProposalComment) -> bool:
    """Mark a comment as dealt with: for its author, the proposal's, and who publishes. Returns whether this call did it.

    Raises PermissionRefused.
    """
    _require_resolving(by, comment)
    changes = {"resolved_at": timezone.now(), "resolved_by": by.user}
    with transaction.atomic():
        changed = ProposalComment.objects.filter(id=comment.id, resolved_at=None).update(**changes)
        if changed:
            _record(by, RegistryAction.COMMENT_RESOLVE, comment.proposal, {"comment": comment.pk})
    return bool(changed)


def unresolve(*, by: Actor, comment: ProposalComment) -> bool:
    """Take that back. Returns whether this call did it. Raises PermissionRefused."""
    _require_resolving(by, comment)
    with transaction.atomic():
        rows = ProposalComment.objects.filter(id=comment.id, resolved_at__isnull=False)
        changed = rows.update(resolved_at=None, resolved_by=None)
        if changed:
            _record(by, RegistryAction.COMMENT_UNRESOLVE, comment.proposal, {"comment": comment.pk})
    return bool(changed)


def _place(proposal: Proposal, spot: Spot) -> dict[str, object]:
    """The columns of a spot that is there. Raises InvalidText."""
    revision = ProposalRevision.objects.select_related("base").filter(proposal=proposal, number=spot.revision).first()
    if revision is None or spot.file not in ProposalFile.values or spot.side not in Side.values:
        raise InvalidText("There is no such file in this proposal.")
    text = getattr(revision.base if spot.side == Side.BEFORE else revision, spot.file, "")
    if not 1 <= spot.line <= len(diffs.split(text)):
        raise InvalidText(f"There is no line {spot.line} in it.")
    return {"revision": revision, "file": spot.file, "side": spot.side, "line": spot.line}


def _require_own(by: Actor, comment: ProposalComment) -> None:
    require(policies.may_read(by, comment.proposal.package))
    require(policies.may_discuss(by, comment.proposal))
    if by.user is None or by.user.pk != comment.author_id:
        raise PermissionRefused("Only its author changes a comment.")


def _require_resolving(by: Actor, comment: ProposalComment) -> None:
    require(policies.may_read(by, comment.proposal.package))
    require(policies.may_discuss(by, comment.proposal))
    if by.user is not None and by.user.pk in (comment.author_id, comment.proposal.author_id):
        return
    require(policies.may_yank(by, comment.proposal.package))


def _record(by: Actor, action: RegistryAction, proposal: Proposal, data: dict[str, object]) -> None:
    audit.record(by, action, proposal, namespace=proposal.package.namespace, data=data)
