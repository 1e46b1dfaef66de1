"""Changes carried between a fork and its upstream, each way as a proposal that somebody looks at and merges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from hub.actors import Actor
from hub.domain.decisions import require
from registry import policies
from registry.domain import diffs, merging, upstreams
from registry.domain.proposals import TEXT_MAX_LENGTH
from registry.domain.upstreams import Joined, Texts
from registry.domain.versions import Version
from registry.kinds import KINDS
from registry.models import Direction, Package, Proposal, Release, ReleaseCoordinate, SyncPoint, UpstreamProposal
from registry.services import packages, proposals, sync_points
from registry.services.packages import PackageGone
from registry.services.proposal_texts import Content
from registry.services.upstreams import known_upstream, missing

__all__ = ["Carried", "NothingToCarry", "PackageGone", "merge", "propose"]
MOST_NOTES = 20  # releases whose changelogs are taken along
MOST_WORDS = 40  # changes that a message lists
HERE, THERE, FORK = "this package", "upstream", "the fork"


class NothingToCarry(Exception):
    """There is nothing to take over; the message says why."""


@dataclass(frozen=True)
class Carried:
    """What came of it: a proposal, maybe one that was under way; without one, the fork had everything already."""

    proposal: Proposal | None
    is_new: bool = False
    conflicts: int = 0
    point: SyncPoint | None = None


def merge(*, by: Actor, package: Package, version: str = "") -> Carried:
    """Propose in a fork what changed upstream since it last took that in: up to the latest release, or up to `version`.

    A three-way merge of the manifest, the README and the files; what both sides changed stands between markers until somebody
    decides. Nothing in it names the upstream: it is read by whoever reads the fork. One such proposal is under way at a time,
    and is returned to who asks again. Raises PermissionRefused, NothingToCarry, InvalidVersion, ManifestInvalid, TooMany or
    PackageGone.
    """
    require(policies.may_read(by, package))
    require(policies.may_propose(by, package))
    upstream = _usable_upstream(by, package)
    with transaction.atomic():
        # The lock makes two at once into one after the other.
        fork = packages.lock(package)
        under_way = sync_points.merge_under_way(fork)
        if under_way is not None:
            return Carried(under_way)
        point, theirs = _next(fork, upstream, version)
        ours = _latest(fork)
        base = point.upstream_release
        joined = _joined(base, ours, theirs, their_name=THERE)
        if _is_all_there(joined, ours):
            return _noted(by, fork, theirs, ours)
        new = list(missing(upstream, point).filter(version_key__lte=theirs.version_key).order_by("-version_key", "-id"))
        new = new or [theirs]  # a pre-release that was asked for
        content = _content(fork, ours, joined, changelog=_changelog(new)).checked_but_for_conflicts()
        made = proposals.add(
            by=by,
            row=fork,
            title="Merge what changed upstream",
            message=_message(fork, base, theirs, joined, new),
            content=content,
        )
        UpstreamProposal.objects.create(proposal=made, direction=Direction.INTO_FORK, release=theirs, base=base)
    return Carried(made, is_new=True, conflicts=joined.conflicts)


def propose(*, by: Actor, package: Package, title: str = "", message: str = "") -> Carried:
    """Propose in the upstream what its fork made of it: the fork's latest release merged onto upstream's latest.

    Raises PermissionRefused, NothingToCarry, InvalidText, ManifestInvalid, TooMany or PackageGone.
    """
    require(policies.may_read(by, package))
    upstream = _usable_upstream(by, package)
    require(policies.may_propose(by, upstream))
    with transaction.atomic():
        row = packages.lock(upstream)
        theirs, ours = _latest(package), _latest(row)
        under_way = sync_points.merge_under_way(row, release=theirs)
        if under_way is not None and under_way.author_id == (by.user.pk if by.user else None):
            return Carried(under_way)
        point = sync_points.newest(package)
        if point is None:
            raise NothingToCarry("It is not known which release both have in common.")
        base = point.upstream_release
        joined = _joined(base, ours, theirs, their_name=FORK)
        if _is_all_there(joined, ours):
            raise NothingToCarry(f"“{upstream}” has everything that this fork changed.")
        content = _content(row, ours, joined, changelog=theirs.changelog).checked_but_for_conflicts()
        made = proposals.add(
            by=by, row=row, title=title or "Take over what a fork changed", message=message, content=content
        )
        UpstreamProposal.objects.create(proposal=made, direction=Direction.INTO_UPSTREAM, release=theirs, base=base)
    return Carried(made, is_new=True, conflicts=joined.conflicts)


def _usable_upstream(by: Actor, package: Package) -> Package:
    """The package's upstream, for who may use it. Raises NothingToCarry, in the same words for what is gone and hidden."""
    upstream = known_upstream(by, package) if package.is_fork else None
    if upstream is None:
        raise NothingToCarry("What this package was forked from is gone, or you may not see it.")
    if upstream.is_quarantined:
        raise NothingToCarry(f"“{upstream}” is quarantined: nothing is taken from it.")
    return upstream


def _next(fork: Package, upstream: Package, version: str) -> tuple[SyncPoint, Release]:
    """Up to where the fork has taken in its upstream, and the release that it takes in now. Raises NothingToCarry."""
    point = sync_points.newest(fork)
    if point is None:
        raise NothingToCarry("It is not known up to which release this fork has its upstream.")
    newer = missing(upstream, point)
    if version:
        number = str(Version.parse(version))
        found = Release.objects.filter(package=upstream).published().filter(version=number).first()
        if found is None or found.version_key <= point.upstream_release.version_key:
            raise NothingToCarry(f"Upstream has no release {number} that this fork lacks.")
        return point, found
    theirs = newer.order_by("-version_key", "-id").first()
    if theirs is None:
        raise NothingToCarry("This fork has everything that its upstream published.")
    return point, theirs


def _latest(package: Package) -> Release:
    rows = Release.objects.filter(id=package.latest_release_id or 0).select_related("package__namespace")
    found = rows.first()
    if found is None:
        raise NothingToCarry(f"“{package}” has no release that could be changed.")
    return found


def _joined(base: Release, ours: Release, theirs: Release, *, their_name: str) -> Joined:
    texts = (Texts(one.manifest, one.readme, sync_points.beside(one)) for one in (base, ours, theirs))
    return upstreams.join(*texts, our_name=HERE, their_name=their_name)


def _is_all_there(joined: Joined, ours: Release) -> bool:
    return (joined.manifest.text, joined.readme.text, joined.folder.files) == (
        ours.manifest,
        ours.readme,
        sync_points.beside(ours),
    )


def _noted(by: Actor, fork: Package, theirs: Release, ours: Release) -> Carried:
    """Nothing comes that the fork lacks: whoever publishes there has that noted without a release."""
    require(policies.may_release(by, fork))
    point = sync_points.keep(package=fork, upstream_release=theirs, release=ours)
    if point is not None:
        sync_points.record(by, fork, point)
    return Carried(None, point=point)


def _content(package: Package, ours: Release, joined: Joined, *, changelog: str) -> Content:
    version = _free_version(package, ours)
    manifest = joined.manifest.text
    if "version" in ours.content or ours.format == "json":
        manifest = merging.with_version(manifest, version)
    return Content(version, manifest, joined.readme.text, changelog)


def _free_version(package: Package, ours: Release) -> str:
    """The next minor version that was never used under the package's name."""
    used = set(
        ReleaseCoordinate.objects.filter(namespace=package.namespace_id, name=package.name).values_list(
            "version", flat=True
        )
    )
    latest = ours.parsed_version()
    major, minor, patch = latest.numbers
    found = f"{major}.{minor}.{patch}" if latest.is_prerelease else f"{major}.{minor + 1}.0"
    while found in used:
        minor += 1
        found = f"{major}.{minor + 1}.0"
    return found


def _changelog(new: Sequence[Release]) -> str:
    """What upstream said of its releases, the newest first, without saying which they are."""
    said = [one.changelog.strip() for one in new[:MOST_NOTES] if one.changelog.strip()]
    return "\n\n".join(["Merged from upstream.", *said]) + "\n"


def _message(fork: Package, base: Release, theirs: Release, joined: Joined, new: Sequence[Release]) -> str:
    """What comes, in Markdown."""
    changes = diffs.semantic(fork.kind, base.content, theirs.content)
    lines = [f"What upstream changed in {len(new)} release{'s' * (len(new) != 1)}:", ""]
    lines += [f"- {_plain(change.words)}" for change in changes[:MOST_WORDS]]
    if len(changes) > MOST_WORDS:
        lines.append("- … and more")
    if not changes:
        lines.append("- Nothing in the manifest that a client would notice.")
    fixes = [one for one in new if one.is_fix]
    if fixes:
        lines += ["", "Marked as fixes:", "", *(f"- {_plain(one.fix_note)}" for one in fixes)]
    if KINDS[fork.kind].takes_files:
        lines += ["", f"Files beside the manifest: {len(joined.folder.files)} after the merge."]
    if joined.folder.kept:
        lines += ["", "Both sides changed these files; they stay as they are here:", ""]
        lines += [f"- `{path}`" for path in joined.folder.kept[:MOST_WORDS]]
    if joined.conflicts:
        places = "1 place" if joined.conflicts == 1 else f"{joined.conflicts} places"
        lines += ["", f"Both sides changed the same lines in {places}. Decide which stay."]
    return "\n".join(lines)[:TEXT_MAX_LENGTH]


def _plain(text: str) -> str:
    """Words as Markdown that says just them."""
    return "".join(f"\\{one}" if one in "\\`*_[]<>&#!|~" else one for one in " ".join(text.split()))
