"""Proposals: made, revised, opened, closed and merged. Comments and reviews have modules of their own."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from hub.actors import Actor
from hub.domain.decisions import require
from hub.services import audit
from registry import policies
from registry.domain import merging
from registry.domain.actions import RegistryAction
from registry.domain.merging import Merged
from registry.domain.proposals import EventKind
from registry.models import Direction, Package, Proposal, ProposalRevision, ProposalState, Release
from registry.models.proposals import MAX_REQUIRED_APPROVALS
from registry.services import packages, proposal_checks, proposal_reviews, releases, sync_points
from registry.services.packages import PackageGone
from registry.services.proposal_events import happened
from registry.services.proposal_texts import Content, InvalidText, rendered

MAX_UNDER_WAY = 50  # of one author in one package
MAX_REVISIONS = 200
TITLE_MAX_LENGTH = 200
FILES = ("manifest", "readme", "changelog")
__all__ = ["BaseMoved", "Content", "InvalidText", "NotReady", "PackageGone", "Stale", "TooMany", "WrongState"]


class WrongState(Exception):
    """The proposal stands elsewhere by now: it is merged, closed, or not open yet."""


class Stale(Exception):
    """The proposal was revised meanwhile; what was decided is about an older revision."""


class BaseMoved(Exception):
    """The package has another latest release than the one that the proposal starts from."""


class NotReady(Exception):
    """Approvals are missing, somebody asked for changes, or a check failed; the message says which."""


class TooMany(Exception):
    """The author has as many proposals under way in the package as one may have, or the proposal as many revisions."""


def create(
    *, by: Actor, package: Package, title: str, content: Content, message: str = "", state: str = ProposalState.OPEN
) -> Proposal:
    """Propose a change of the package, as a draft or open from the start. It starts from the latest release.

    Raises PermissionRefused, InvalidText, InvalidVersion, ManifestInvalid, TooMany or PackageGone.
    """
    require(policies.may_read(by, package))
    require(policies.may_propose(by, package))
    if state not in (ProposalState.DRAFT, ProposalState.OPEN):
        raise WrongState("A proposal begins as a draft, or open.")
    _described(title, message)
    content = content.checked()
    with transaction.atomic():
        return add(by=by, row=packages.lock(package), title=title, message=message, content=content, state=state)


def add(
    *, by: Actor, row: Package, title: str, message: str, content: Content, state: str = ProposalState.OPEN
) -> Proposal:
    """Add a proposal of content that was judged, for somebody who was allowed to propose, to a package whose row is locked.

    Raises InvalidText or TooMany.
    """
    words = _described(title, message)
    mine = Proposal.objects.filter(package=row, author=by.user, state__in=(ProposalState.DRAFT, ProposalState.OPEN))
    if mine.count() >= MAX_UNDER_WAY:
        raise TooMany(f"You have {MAX_UNDER_WAY} proposals under way here. Close some first.")
    # The lock also counts: two proposals at once get two numbers.
    number = (Proposal.objects.filter(package=row).aggregate(last=Max("number"))["last"] or 0) + 1
    made = Proposal.objects.create(package=row, number=number, author=by.user, state=state, **words)
    _add_revision(made, row.latest_release, content)
    data = {"state": str(made.state), "version": content.version}
    audit.record(by, RegistryAction.PROPOSAL_CREATE, made, namespace=row.namespace, data=data)
    if made.is_open:
        happened(by, made, EventKind.OPENED)
    return made


def describe(*, by: Actor, proposal: Proposal, title: str, message: str) -> None:
    """Change title and message. Raises PermissionRefused, InvalidText or WrongState."""
    require(policies.may_read(by, proposal.package))
    require(policies.may_revise(by, proposal))
    words = _described(title, message)
    with transaction.atomic():
        row = lock(proposal)
        _require_under_way(row)
        Proposal.objects.filter(id=row.id).update(**words, updated_at=timezone.now())
        data = {"before": row.title, "after": words["title"]}
        audit.record(by, RegistryAction.PROPOSAL_UPDATE, row, namespace=row.package.namespace, data=data)


def retitle(*, by: Actor, row: Proposal, title: str) -> None:
    """Call a proposal of the hub's own something else, because it asks for something else. Its row is locked."""
    if row.title != title:
        Proposal.objects.filter(id=row.pk).update(title=_described(title, "")["title"])
        data = {"before": row.title, "after": title}
        audit.record(by, RegistryAction.PROPOSAL_UPDATE, row, namespace=row.package.namespace, data=data)


def revise(*, by: Actor, proposal: Proposal, content: Content, base: str | None = None) -> ProposalRevision:
    """Add a revision; approvals of earlier ones count no more. `base` is the version that it starts from, if another one.

    What is the same as the current revision adds none. Raises PermissionRefused, WrongState, BaseMoved (there is no such
    release), TooMany, InvalidVersion or ManifestInvalid.
    """
    require(policies.may_read(by, proposal.package))
    require(policies.may_revise(by, proposal))
    content = content.checked()
    with transaction.atomic():
        row = lock(proposal)
        _require_under_way(row)
        start = current_of(row).base
        if base is not None:
            start = Release.objects.filter(package=row.package, version=base).first()
            if start is None:
                raise BaseMoved(f"There is no release {base} of this package.")
        return add_revision(by=by, row=row, content=content, base=start)


def add_revision(*, by: Actor, row: Proposal, content: Content, base: Release | None) -> ProposalRevision:
    """Add a revision of content that was judged, for somebody who was allowed to, to a proposal whose row is locked.

    What is the same as the current revision adds none. Raises TooMany.
    """
    current = current_of(row)
    if _content_of(current) == content and current.base_id == (base.pk if base else None):
        return current
    if current.number >= MAX_REVISIONS:
        raise TooMany(f"A proposal has at most {MAX_REVISIONS} revisions. Close it, and propose anew.")
    made = _add_revision(row, base, content)
    data = {"revision": made.number, "version": made.version}
    audit.record(by, RegistryAction.PROPOSAL_REVISE, row, namespace=row.package.namespace, data=data)
    if row.is_open:
        happened(by, row, EventKind.REVISED, revision=made.number)
    return made


def open_up(*, by: Actor, proposal: Proposal) -> None:
    """Show a draft to everybody who reads the package. Raises PermissionRefused or WrongState."""
    require(policies.may_read(by, proposal.package))
    require(policies.may_revise(by, proposal))
    _move(by, proposal, (ProposalState.DRAFT,), ProposalState.OPEN, RegistryAction.PROPOSAL_OPEN, EventKind.OPENED)


def close(*, by: Actor, proposal: Proposal, superseded_by: int | None = None) -> None:
    """End a proposal without merging it, maybe because another one (by its number) takes its place.

    Raises PermissionRefused or WrongState.
    """
    require(policies.may_read(by, proposal.package))
    require(policies.may_close(by, proposal))
    state, successor = ProposalState.CLOSED, None
    if superseded_by is not None:
        rows = Proposal.objects.visible_to(by).filter(package=proposal.package_id, number=superseded_by)
        successor = rows.exclude(id=proposal.id).first()
        if successor is None:
            raise WrongState(f"There is no other proposal #{superseded_by} in this package.")
        state = ProposalState.SUPERSEDED
    before = (ProposalState.DRAFT, ProposalState.OPEN)
    more = {"decided_at": timezone.now(), "decided_by": by.user, "superseded_by": successor}
    _move(by, proposal, before, state, RegistryAction.PROPOSAL_CLOSE, EventKind.CLOSED, **more)


def withdraw(*, by: Actor, proposal: Proposal) -> None:
    """End a proposal of the hub's own that has nothing left to ask for. Raises WrongState."""
    before = (ProposalState.DRAFT, ProposalState.OPEN)
    more = {"decided_at": timezone.now(), "decided_by": by.user}
    _move(by, proposal, before, ProposalState.CLOSED, RegistryAction.PROPOSAL_CLOSE, EventKind.CLOSED, **more)


def reopen(*, by: Actor, proposal: Proposal) -> None:
    """Take the closing back. Raises PermissionRefused or WrongState, also where another merge from upstream is under way."""
    require(policies.may_read(by, proposal.package))
    require(policies.may_close(by, proposal))
    before = (ProposalState.CLOSED, ProposalState.SUPERSEDED)
    more = {"decided_at": None, "decided_by": None, "superseded_by": None}
    with transaction.atomic():
        carried = sync_points.carried_by(proposal)
        if carried is not None and carried.direction == Direction.INTO_FORK:
            other = sync_points.merge_under_way(packages.lock(proposal.package))
            if other is not None:
                raise WrongState(f"#{other.number} merges upstream and is under way. One at a time.")
        _move(by, proposal, before, ProposalState.OPEN, RegistryAction.PROPOSAL_REOPEN, EventKind.REOPENED, **more)


def merge(*, by: Actor, proposal: Proposal, revision: int) -> Release:
    """Publish what `revision`, the current one, says. Of two merges at once exactly one wins.

    Raises PermissionRefused, WrongState, Stale, BaseMoved, NotReady, VersionExists, ManifestInvalid or PackageGone; then
    nothing has changed.
    """
    require(policies.may_merge(by, proposal))
    with transaction.atomic():
        package = packages.lock(proposal.package)
        row = lock(proposal)
        current = current_of(row)
        _require_mergeable(package, row, current, revision)
        row.package = current.proposal.package = package
        author = row.author.username if row.author else ""
        carried = sync_points.carried_by(row)
        release = releases.publish(
            by=by,
            package=package,
            version=current.version,
            manifest=current.manifest,
            notes=releases.Notes(current.readme, current.changelog),
            # A proposal is about the texts: the files beside them stay as they are, or come with what is carried.
            files=sync_points.files_for(current, carried),
            origin={"proposal": str(row.number), "author": author},
        )
        changes = {"state": ProposalState.MERGED, "release": release}
        more = {"decided_at": timezone.now(), "decided_by": by.user, "updated_at": timezone.now()}
        Proposal.objects.filter(id=row.id).update(**changes, **more)
        data = {"proposal": row.number, "author": author, "revision": current.number, "version": release.version}
        audit.record(by, RegistryAction.PROPOSAL_MERGE, row, namespace=package.namespace, data=data)
        happened(by, row, EventKind.MERGED, version=release.version)
        if carried is not None:
            sync_points.merged(by=by, carried=carried, proposal=row, release=release)
    return release


def set_required_approvals(*, by: Actor, package: Package, count: int) -> None:
    """How many approvals a proposal needs before it can be merged. Raises PermissionRefused, ValueError or PackageGone."""
    require(policies.may_manage(by, package))
    if not 0 <= count <= MAX_REQUIRED_APPROVALS:
        raise ValueError(f"Ask for 0 to {MAX_REQUIRED_APPROVALS} approvals.")
    with transaction.atomic():
        before = packages.lock(package).required_approvals
        Package.objects.filter(id=package.id).update(required_approvals=count)
        data = {"before": before, "after": count}
        audit.record(by, RegistryAction.PROPOSAL_RULES, package, namespace=package.namespace, data=data)


def onto_latest(*, proposal: Proposal) -> dict[str, Merged]:
    """The texts of the current revision with what the package's latest release changed since its base, by file."""
    revision, latest = current_of(proposal), proposal.package.latest_release
    their_name = f"{proposal.package}@{latest.version}" if latest else "nothing"
    merged = {}
    for file in FILES:
        ours = getattr(revision, file)
        # A changelog is of one release: there is nothing to merge.
        base, theirs = ("" if file == "changelog" else getattr(one, file, "") for one in (revision.base, latest))
        if file == "manifest":
            base, theirs = (merging.with_version_of(text, ours) for text in (base, theirs))
        merged[file] = merging.merge(base, ours, theirs, our_name="this proposal", their_name=their_name)
    return merged


def has_moved(*, proposal: Proposal) -> bool:
    """Whether the package has another latest release by now than the one that the proposal starts from."""
    return current_of(proposal).base_id != proposal.package.latest_release_id


def current_of(proposal: Proposal) -> ProposalRevision:
    """The newest revision of a proposal, which every one has."""
    revision = proposal.current
    if revision is None:
        raise WrongState("The proposal has no revision.")
    revision.proposal = proposal
    return revision


def lock(proposal: Proposal) -> Proposal:
    """The proposal's row as it is now, locked, with what belongs to it. Raises PackageGone."""
    rows = Proposal.objects.select_for_update(of=("self",))
    rows = rows.select_related("package__namespace", "package__latest_release", "author", "current__base")
    row = rows.filter(id=proposal.id, package__deleted_at=None).first()
    if row is None:
        raise PackageGone(f"“{proposal.package}” was deleted.")
    return row


def _described(title: str, message: str) -> dict[str, str]:
    line = " ".join(title.split())
    if not line or len(line) > TITLE_MAX_LENGTH:
        raise InvalidText(f"The title has 1 to {TITLE_MAX_LENGTH} characters.")
    rendered(line, what="The title")
    return {"title": line, "message": message, "message_html": rendered(message, what="The message", required=False)}


def _add_revision(proposal: Proposal, base: Release | None, content: Content) -> ProposalRevision:
    last = proposal.current.number if proposal.current else 0
    made = ProposalRevision.objects.create(
        proposal=proposal,
        number=last + 1,
        base=base,
        version=content.version,
        manifest=content.manifest,
        readme=content.readme,
        changelog=content.changelog,
    )
    Proposal.objects.filter(id=proposal.id).update(current=made, updated_at=timezone.now())
    proposal.current = made
    return made


def _content_of(revision: ProposalRevision) -> Content:
    return Content(revision.version, revision.manifest, revision.readme, revision.changelog)


def _require_under_way(row: Proposal) -> None:
    if not row.is_under_way:
        raise WrongState(f"This proposal is {row.get_state_display().lower()}.")


def _require_mergeable(package: Package, row: Proposal, current: ProposalRevision, revision: int) -> None:
    if not row.is_open:
        raise WrongState(f"This proposal is {row.get_state_display().lower()}.")
    if current.number != revision:
        raise Stale(f"The proposal has revision {current.number} by now. Look at that one.")
    if package.latest_release_id != current.base_id:
        mend = "Bring the proposal up to date first."
        raise BaseMoved(f"The package has another latest release than the one this starts from. {mend}")
    tally = proposal_reviews.standing(proposal=row)
    if tally.blockers:
        raise NotReady("Somebody who publishes here asks for changes.")
    if not tally.is_enough:
        raise NotReady(f"It has {tally.approvals} of the {tally.required} approvals that it needs.")
    failed = [check for check in proposal_checks.of(current) if check.state == "failed"]
    if failed:
        raise NotReady(f"A check failed: {failed[0].label}. {failed[0].words}")


def _move(
    by: Actor,
    proposal: Proposal,
    before: tuple[ProposalState, ...],
    after: ProposalState,
    action: RegistryAction,
    kind: EventKind,
    **more: object,
) -> None:
    with transaction.atomic():
        row = lock(proposal)
        if row.state not in before:
            raise WrongState(f"This proposal is {row.get_state_display().lower()}.")
        Proposal.objects.filter(id=row.id).update(state=after, updated_at=timezone.now(), **more)
        data = {"before": str(row.state), "after": str(after)}
        audit.record(by, action, row, namespace=row.package.namespace, data=data)
        was_draft = row.state == ProposalState.DRAFT
        # What nobody saw is told to nobody.
        if not (was_draft and kind == EventKind.CLOSED):
            happened(by, row, kind)
