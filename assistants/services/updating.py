"""One assistant, brought up to date: a new lock if it floats, a proposal if it is locked, or why neither could be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from assistants.domain import composition as composing
from assistants.domain import updating as domain
from assistants.domain.actions import AssistantAction
from assistants.domain.composition import Composition
from assistants.domain.updating import Mode, Move, Taken
from assistants.models import Lock, LockEntry, UpdatePolicy, UpdateState
from assistants.services import locks, resolving, update_proposals, update_queue
from assistants.services.resolving import Resolved
from assistants.services.update_proposals import Offered
from hub.actors import Actor
from hub.services import audit
from registry.domain.faults import ManifestInvalid
from registry.models import Package, Release

HUB = Actor(source="task")
MAX_RECORDED = 50


@dataclass(frozen=True)
class Outcome:
    """What came of looking at an assistant."""

    moved: bool = False
    proposed: bool = False
    merged: bool = False
    failed: bool = False


@dataclass(frozen=True)
class _Subject:
    """The assistant as it is while its row is locked."""

    package: Package
    release: Release
    policy: UpdatePolicy
    lock: Lock
    has: Sequence[Taken]

    @property
    def floats(self) -> bool:
        return self.policy.mode == Mode.FLOATING

    @property
    def author(self) -> str:
        return self.release.published_by.username if self.release.published_by else ""


def bring_up_to_date(*, package_id: int, depth: int = 0) -> Outcome:
    """Resolve the latest release of an assistant anew, and do what its settings say about what is different.

    Doing it twice does it once. Where it cannot be resolved its lock stays, and the reason is kept for those who publish it.
    `depth` is how many assistants the change came through.
    """
    with transaction.atomic():
        subject = _locked(package_id)
        if subject is None:
            UpdateState.objects.filter(package=package_id).update(due_at=None, problem="", problem_at=None)
            return Outcome()
        try:
            # What was begun in here is undone before the reason is written down.
            with transaction.atomic():
                outcome, due_at = _updated(subject, depth)
        except ManifestInvalid as error:
            note(subject.package.pk, str(error.faults[0]))
            return Outcome(failed=True)
        # The release that a merge published has asked for a look of its own.
        if not outcome.merged:
            _keep_state(subject.package.pk, due_at)
    return outcome


def note(package_id: int, problem: str, *, due_at: datetime | None = None) -> None:
    """Keep what is in the way of an assistant's update."""
    now = timezone.now()
    row, is_new = UpdateState.objects.get_or_create(
        package_id=package_id, defaults={"problem": problem[:500], "problem_at": now, "due_at": due_at}
    )
    if not is_new:
        since = row.problem_at if row.problem == problem[:500] else now
        UpdateState.objects.filter(id=row.pk).update(problem=problem[:500], problem_at=since, due_at=due_at)


def _locked(package_id: int) -> _Subject | None:
    """The assistant with its row locked, as publishing it does; None for one that takes no updates."""
    # What hangs on the row is read after it is locked: a publication may have ended while we waited.
    rows = Package.objects.present().filter(id=package_id, kind="assistant", archived_at=None, quarantined_at=None)
    # A mirrored assistant follows its upstream, and nobody publishes in it but the mirror.
    rows = rows.filter(mirrored=None)
    if rows.select_for_update(of=("self",)).values_list("id").first() is None:
        return None
    package = rows.select_related("namespace", "latest_release__published_by").get()
    policy = UpdatePolicy.objects.select_related("set_by").filter(package=package).first() or UpdatePolicy(
        package=package
    )
    release = package.latest_release
    if release is None or (policy.mode == Mode.LOCKED and not policy.proposes):
        return None
    release.package = package
    lock = Lock.objects.current().filter(release=release).defer("pinned_manifest", "explanation").first()
    return _Subject(package, release, policy, lock, _taken(lock)) if lock is not None else None


def _updated(subject: _Subject, depth: int) -> tuple[Outcome, datetime | None]:
    composition = composing.read(subject.release.manifest)
    resolved = _resolved(subject, composition)
    moved, has = False, subject.has
    if subject.floats:
        moves = domain.moves(subject.has, named(_chosen(resolved), subject.has))
        moved = bool(moves) and _move_lock(subject, resolved, moves, depth)
        has = named(_chosen(resolved), subject.has)
    offered = _offered(subject, composition, resolved, has) if subject.policy.proposes else Offered()
    return Outcome(moved=moved, proposed=offered.is_new, merged=offered.is_merged), _held_until(resolved)


def _offered(subject: _Subject, composition: Composition, resolved: Resolved, has: Sequence[Taken]) -> Offered:
    """Propose what there is beyond what the assistant has by now."""
    ranges: dict[str, str] = {}
    if subject.policy.beyond_range:
        ranges = resolving.wider_ranges(into=subject.package, composition=composition)
    if ranges:
        text = domain.rewritten(composition, subject.release.version, ranges)
        resolved = _resolved(subject, composing.read(text))
    moves = domain.moves(has, named(_chosen(resolved), has))
    if not moves:
        update_proposals.withdraw(subject.package)
        return Offered()
    return update_proposals.offer(subject.package, subject.release, subject.policy, composition, ranges, moves)


def _resolved(subject: _Subject, composition: Composition) -> Resolved:
    return resolving.resolve(
        by=None,
        into=subject.package,
        version=subject.release.version,
        composition=composition,
        author=subject.author,
    )


def _move_lock(subject: _Subject, resolved: Resolved, moves: Sequence[Move], depth: int) -> bool:
    """Put another lock in the place of the one in force. Returns whether this call did it."""
    before = subject.lock
    mine = Lock.objects.filter(id=before.pk, superseded_at=None)
    if not mine.update(superseded_at=timezone.now()):
        return False
    told = [one.as_json() for one in moves]
    lock = locks.keep(subject.release, resolved, number=before.number + 1, moved=told)
    data = {
        "version": subject.release.version,
        "number": lock.number,
        "before": before.bundle_id,
        "after": lock.bundle_id,
        "moved": told[:MAX_RECORDED],
    }
    audit.record(HUB, AssistantAction.LOCK_MOVE, subject.release, namespace=subject.package.namespace, data=data)
    update_queue.package_changed(subject.package, depth=depth + 1)
    return True


def _taken(lock: Lock) -> list[Taken]:
    """What a lock has at each place, and what has become of it since."""
    rows = LockEntry.objects.filter(lock=lock).select_related("package__namespace", "release").order_by("id")
    columns = ("version", "yank_reason", "yanked_at", "quarantined_at", "quarantine_reason")
    rows = rows.only(
        "path", "release_id", "package__name", "package__namespace__slug", *(f"release__{name}" for name in columns)
    )
    return [
        Taken(row.path, str(row.package), row.release.version, release=row.release_id, trouble=_trouble(row.release))
        for row in rows
    ]


def _trouble(release: Release) -> str:
    if release.is_quarantined:
        return f"quarantined: {release.quarantine_reason}"
    return f"yanked: {release.yank_reason}" if release.is_yanked else ""


def _chosen(resolved: Resolved) -> list[Taken]:
    return [
        Taken(
            f"{layer.prefix}{path}",
            choice.requirement.package,
            str(choice.candidate.version),
            release=choice.candidate.id,
            why=choice.reason,
            is_security_fix=choice.candidate.is_fix,
        )
        for layer in resolved.layers
        for path, choice in layer.choices.items()
    ]


def named(chosen: Iterable[Taken], has: Iterable[Taken]) -> list[Taken]:
    """What was chosen under the names that its packages have now; a manifest may still use a former one."""
    known = {one.release: one.package for one in has}
    listed = list(chosen)
    if unknown := {one.release for one in listed} - known.keys():
        rows = Release.objects.filter(id__in=unknown).select_related("package__namespace")
        known |= {row.pk: str(row.package) for row in rows.only("package__name", "package__namespace__slug")}
    return [replace(one, package=known[one.release]) for one in listed]


def _held_until(resolved: Resolved) -> datetime | None:
    ends = (choice.held_until for layer in resolved.layers for choice in layer.choices.values())
    return min((end for end in ends if end is not None), default=None)


def _keep_state(package_id: int, due_at: datetime | None) -> None:
    """Nothing is in the way, and the assistant is looked at again at `due_at`. Most often that is so already."""
    row = UpdateState.objects.filter(package=package_id).first()
    if row is None:
        if due_at is not None:
            UpdateState.objects.create(package_id=package_id, due_at=due_at)
    elif (row.problem, row.due_at) != ("", due_at):
        UpdateState.objects.filter(id=row.pk).update(problem="", problem_at=None, due_at=due_at)
