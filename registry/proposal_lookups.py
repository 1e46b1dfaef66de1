"""From a number in an address to a proposal that the actor may read, and what it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404

from hub import keyset
from hub.actors import Actor
from registry import lookups
from registry.domain import diffs
from registry.domain.diffs import Change, Hunk
from registry.domain.faults import ManifestInvalid
from registry.kinds import KINDS
from registry.models import (
    Package,
    Proposal,
    ProposalComment,
    ProposalQuerySet,
    ProposalReview,
    ProposalRevision,
)

NEWEST = keyset.Order("proposals", ("-number",))
REVISIONS = keyset.Order("revisions", ("-number",))
OLDEST = keyset.Order("said", ("id",))
FILES = (("manifest", ""), ("readme", "README.md"), ("changelog", "CHANGELOG.md"))


@dataclass(frozen=True)
class FileDiff:
    """One text of a revision compared with its base."""

    name: str
    file: str
    hunks: Sequence[Hunk]


def of_package(actor: Actor, package: Package) -> ProposalQuerySet:
    """The proposals of a package, as lists show them."""
    rows = Proposal.objects.visible_to(actor).filter(package=package)
    related = ("author", "decided_by", "release", "superseded_by", "current__base", "package__namespace")
    texts = ("manifest", "readme", "changelog")
    base = ("content", "readme_html", "changelog_html", "warnings", *texts)
    heavy = [f"current__{name}" for name in texts]
    heavy += [f"{path}__{name}" for path in ("release", "current__base") for name in base]
    return rows.select_related(*related).defer(*heavy, "message", "message_html")


def proposal(actor: Actor, namespace: str, name: str, number: int) -> Proposal:
    """The proposal with its package and current revision. Raises Http404."""
    return of_number(actor, lookups.package(actor, namespace, name), number)


def of_number(actor: Actor, package: Package, number: int) -> Proposal:
    """The proposal of this number in a package that the actor may read. Raises Http404."""
    rows = Proposal.objects.visible_to(actor).filter(package=package, number=_sane(number))
    related = ("author", "decided_by", "release", "superseded_by", "current__base")
    found = rows.select_related(*related).first()
    if found is None:
        raise Http404
    found.package = package
    if found.current is not None:
        found.current.proposal = found
    return found


def revision(found: Proposal, number: int) -> ProposalRevision:
    """One revision with its base. Raises Http404."""
    row = found.revisions.select_related("base").filter(number=_sane(number)).first()
    if row is None:
        raise Http404
    row.proposal = found
    return row


def comment(found: Proposal, comment_id: int) -> ProposalComment:
    """One comment. Raises Http404."""
    row = found.comments.select_related("author", "revision").filter(id=_sane(comment_id)).first()
    if row is None:
        raise Http404
    row.proposal = found
    return row


def review(found: Proposal, review_id: int) -> ProposalReview:
    """One review. Raises Http404."""
    row = found.reviews.select_related("reviewer", "revision").filter(id=_sane(review_id)).first()
    if row is None:
        raise Http404
    row.proposal = found
    return row


def file_diffs(shown: ProposalRevision, since: ProposalRevision | None = None) -> list[FileDiff]:
    """How the texts of a revision differ from its base, or from an earlier revision."""
    before = since or shown.base
    found = []
    for name, file in FILES:
        # A changelog is of one release: all of it is new.
        old = "" if name == "changelog" and since is None else getattr(before, name, "")
        if hunks := diffs.lines(old, getattr(shown, name)):
            found.append(FileDiff(name, file or KINDS[shown.proposal.package.kind].main_file, hunks))
    return found


def changes(shown: ProposalRevision) -> list[Change] | None:
    """What the revision changes for a client; None if its manifest is not valid."""
    package = shown.proposal.package
    try:
        after = KINDS[package.kind].read(shown.manifest, package.name).value
    except ManifestInvalid:
        return None
    return diffs.semantic(package.kind, shown.base.content if shown.base else {}, after)


def _sane(number: int) -> int:
    """Raises Http404 for a number that no column holds."""
    if number > 2_000_000_000:
        raise Http404
    return number
