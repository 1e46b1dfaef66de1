"""How far forks have taken in their upstream, and which proposals carry changes between the two.

Parts of other services' transactions: what they change is in the log of the deed that they belong to.
"""

from __future__ import annotations

from hub.actors import Actor
from hub.services import audit
from registry.domain import upstreams
from registry.domain.actions import RegistryAction
from registry.domain.files import File, FileTree, tree
from registry.domain.upstreams import JoinedFiles
from registry.kinds import KINDS
from registry.models import (
    Direction,
    Package,
    Proposal,
    ProposalRevision,
    ProposalState,
    Release,
    SyncPoint,
    UpstreamProposal,
)
from registry.services import artifacts

UNDER_WAY = (ProposalState.DRAFT, ProposalState.OPEN)


def newest(package: Package) -> SyncPoint | None:
    """Up to where the fork has taken in its upstream; None for what is no fork. One query."""
    rows = SyncPoint.objects.filter(package=package).select_related("upstream_release__package", "proposal")
    return rows.order_by("-id").first()


def keep(
    *, package: Package, upstream_release: Release, release: Release | None, proposal: Proposal | None = None
) -> SyncPoint | None:
    """Say that the fork has what is in a release of its upstream. None if it had something newer already."""
    last = newest(package)
    if last is not None and last.upstream_release.version_key >= upstream_release.version_key:
        return None
    return SyncPoint.objects.create(
        package=package, upstream_release=upstream_release, release=release, proposal=proposal
    )


def carried_by(proposal: Proposal) -> UpstreamProposal | None:
    """What a proposal carries between a fork and its upstream; None for the others. One query."""
    rows = UpstreamProposal.objects.filter(proposal=proposal)
    return rows.select_related("release__package__namespace", "base__package").first()


def merge_under_way(package: Package, *, release: Release | None = None) -> Proposal | None:
    """The open proposal that merges upstream into the fork, or (with `release`) that release of the fork into the package."""
    direction = Direction.INTO_UPSTREAM if release else Direction.INTO_FORK
    rows = Proposal.objects.filter(package=package, state__in=UNDER_WAY, carrying__direction=direction)
    if release is not None:
        rows = rows.filter(carrying__release__package=release.package_id)
    return rows.select_related("package__namespace").order_by("number").first()


def merged(*, by: Actor, carried: UpstreamProposal, proposal: Proposal, release: Release) -> None:
    """Note what a merged proposal brought into a fork. What it brought into an upstream is the fork's to take in again."""
    if carried.direction != Direction.INTO_FORK:
        return
    package = proposal.package
    kept = keep(package=package, upstream_release=carried.release, release=release, proposal=proposal)
    if kept is not None:
        record(by, package, kept)


def record(by: Actor, package: Package, kept: SyncPoint) -> None:
    """Put a new sync point into the log. Ids, not names: not everybody who reads the log may see the upstream."""
    data = {
        "upstream_release": kept.upstream_release_id,
        "version": kept.release.version if kept.release else "",
        "proposal": kept.proposal.number if kept.proposal else None,
    }
    audit.record(by, RegistryAction.PACKAGE_SYNC, package, namespace=package.namespace, data=data)


def folder(carried: UpstreamProposal, ours: Release | None) -> JoinedFiles:
    """The files beside the manifest after a merge onto `ours`. Up to three queries, none where nothing has files."""
    return upstreams.join_files(*(beside(release) for release in (carried.base, ours, carried.release)))


def files_for(revision: ProposalRevision, carried: UpstreamProposal | None) -> FileTree | None:
    """The files that merging a revision publishes: those that it starts from, with what is carried."""
    if carried is None or not KINDS[revision.proposal.package.kind].takes_files:
        return artifacts.files_of(revision.base) if revision.base else None
    return tree(folder(carried, revision.base).files)


def changes_files(revision: ProposalRevision) -> bool:
    """Whether a revision carries other files than those that it starts from. A query, a few more where there are files."""
    carried = carried_by(revision.proposal)
    return carried is not None and folder(carried, revision.base).files != beside(revision.base)


def beside(release: Release | None) -> tuple[File, ...]:
    """The files of a release without its manifest, by their paths."""
    files = artifacts.files_of(release) if release is not None else None
    if release is None or files is None:
        return ()
    main = KINDS[release.package.kind].main_file
    return tuple(file for file in files.files if file.path != main)
