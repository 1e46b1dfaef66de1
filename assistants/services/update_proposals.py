"""Proposals that the hub makes so that a locked assistant takes newer releases: one at a time, for all that moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from assistants.domain import updating as domain
from assistants.domain.composition import Composition
from assistants.domain.updating import Merges, Move
from assistants.models import UpdatePolicy, UpdateProposal
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from registry.domain.faults import ManifestInvalid
from registry.models import Package, ProposalState, Release, ReleaseCoordinate
from registry.services import proposals, releases
from registry.services.proposals import Content

HUB = Actor(source="task")
UNDER_WAY = (ProposalState.DRAFT, ProposalState.OPEN)
MESSAGE = "Newer releases of what this assistant uses are out. Merging publishes a release that has them."
# What merging refuses, which is no fault of the update.
REFUSALS = (
    PermissionRefused,
    ManifestInvalid,
    proposals.BaseMoved,
    proposals.NotReady,
    proposals.PackageGone,
    proposals.Stale,
    proposals.WrongState,
    releases.TakesNoReleases,
    releases.VersionExists,
)


@dataclass(frozen=True)
class Offered:
    """Whether something was proposed that was not before, and whether it was merged at once."""

    is_new: bool = False
    is_merged: bool = False


def offer(
    package: Package,
    release: Release,
    policy: UpdatePolicy,
    composition: Composition,
    ranges: Mapping[str, str],
    moves: Sequence[Move],
) -> Offered:
    """Propose the moves, or revise the proposal that is open; merge it if the policy says so. The package's row is locked.

    What people closed is not proposed again. Raises ManifestInvalid.
    """
    told = [one.as_json() for one in moves]
    update = under_way(package)
    if update is None and _was_declined(package, told):
        return Offered()
    is_new = False
    if update is None or _is_outdated(update, release, told):
        is_new = True
        used = ReleaseCoordinate.objects.filter(namespace_id=package.namespace_id, name=package.name)
        version = domain.next_version(release.version, moves, set(used.values_list("version", flat=True)))
        text = domain.rewritten(composition, version, ranges)
        content = Content(version, text, release.readme, domain.changelog(moves)).checked()
        update = _put(package, release, update, content, moves)
    return Offered(is_new, domain.is_covered(Merges(policy.merges), moves) and _merge(update, policy))


def withdraw(package: Package) -> None:
    """Close the open proposal, if there is one: nothing is left to update."""
    update = under_way(package)
    if update is not None:
        proposals.withdraw(by=HUB, proposal=update.proposal)
        # Nobody declined it: should the same be due again, it is proposed again.
        UpdateProposal.objects.filter(id=update.pk).update(moves=[])


def under_way(package: Package) -> UpdateProposal | None:
    """The hub's own proposal that is open in the package."""
    rows = UpdateProposal.objects.filter(package=package, proposal__state__in=UNDER_WAY)
    found = rows.select_related("proposal__current__base").order_by("-id").first()
    if found is not None:
        found.proposal.package = package
    return found


def acting_for(policy: UpdatePolicy) -> Actor | None:
    """Who merges by policy: the person who set it, in that namespace alone, if the account is still in use.

    Setting it took every proof of sign-in. What counts from then on is whether the person still may publish there.
    """
    person = policy.set_by
    if person is None or not person.is_active:
        return None
    organization = policy.package.namespace.organization_id
    return Actor(
        user=person,
        sso=frozenset({organization} if organization else ()),
        second_factor=True,
        confined_to=organization,
        source="task",
    )


def _was_declined(package: Package, told: Sequence[object]) -> bool:
    last = UpdateProposal.objects.filter(package=package).select_related("proposal").order_by("-id").first()
    return (
        last is not None
        and last.proposal.state in (ProposalState.CLOSED, ProposalState.SUPERSEDED)
        and last.moves == list(told)
    )


def _is_outdated(update: UpdateProposal, release: Release, told: Sequence[object]) -> bool:
    return update.moves != list(told) or proposals.current_of(update.proposal).base_id != release.pk


def _put(
    package: Package, release: Release, update: UpdateProposal | None, content: Content, moves: Sequence[Move]
) -> UpdateProposal:
    """The proposal with this content: the one that is open, revised, or a new one."""
    told, title = [one.as_json() for one in moves], domain.title(moves)[: proposals.TITLE_MAX_LENGTH]
    if update is not None and proposals.current_of(update.proposal).number < proposals.MAX_REVISIONS:
        row = proposals.lock(update.proposal)
        proposals.add_revision(by=HUB, row=row, content=content, base=release)
        proposals.retitle(by=HUB, row=row, title=title)
        UpdateProposal.objects.filter(id=update.pk).update(moves=told, note="", noted_at=None)
        return UpdateProposal.objects.select_related("proposal__package__namespace").get(id=update.pk)
    if update is not None:
        withdraw(package)
    made = proposals.add(by=HUB, row=package, title=title, message=MESSAGE, content=content)
    return UpdateProposal.objects.create(proposal=made, package=package, moves=told)


def _merge(update: UpdateProposal, policy: UpdatePolicy) -> bool:
    """Merge it in the name of whoever set the policy; whether it was. Where that is refused it stays open, and says why."""
    by = acting_for(policy)
    why = "Whoever set the policy has no account in use any more. Somebody who may has to save it again."
    if by is not None:
        proposal = proposals.lock(update.proposal)
        try:
            proposals.merge(by=by, proposal=proposal, revision=proposals.current_of(proposal).number)
        except REFUSALS as error:
            why = str(error)
        else:
            return True
    UpdateProposal.objects.filter(id=update.pk).update(note=why[:500], noted_at=timezone.now())
    return False
