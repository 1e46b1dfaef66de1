"""Which overlays lie on somebody, what they stand for now, and which of them apply to an assistant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.http import Http404

from assistants.domain.scopes import Asked, Part
from assistants.models import Lock, LockEntry, Mode, Overlay, OverlayQuerySet, parts_hidden_from
from assistants.services import fetching
from hub.actors import Actor
from hub.domain import roles
from hub.domain.roles import Permission
from hub.models import Team, TeamMembership
from hub.policies.memberships import effective
from registry.domain.versions import Range, Version
from registry.models import Package, Release
from registry.policies import Quarantined

HIDDEN = "You may not read it. Ask those who manage the organization, or use a token that may read it."
HIDDEN_PARTS = "It contains a package that you may not read."
ITSELF = "It is this assistant itself."
EXTENDED = "The assistant builds on it already."


@dataclass(frozen=True)
class Lying:
    """An overlay, as it lies on one actor now: the lock that it stands for, or why it cannot be used (`refusal`).

    What the actor may not read has no name here.
    """

    id: int
    of: str
    organization_id: int
    team_id: int | None
    package_id: int
    package: str
    mode: str
    range: str
    version: str = ""
    lock_id: int = 0
    refusal: str = ""

    @property
    def is_required(self) -> bool:
        """Whether the assistant below has no say."""
        return self.mode == Mode.REQUIRED

    @property
    def part(self) -> Part:
        """As it stands in a scope's key."""
        return Part(self.id, self.mode, self.lock_id)


@dataclass(frozen=True)
class Judged:
    """Whether an overlay applies to one assistant, and if it does not, why. Broken is what should apply, and cannot."""

    lying: Lying
    applies: bool
    reason: str = ""

    @property
    def is_broken(self) -> bool:
        """Whether the organization requires it and it cannot be had."""
        return bool(not self.applies and self.lying.refusal and self.lying.is_required)


def lying_on(actor: Actor, asked: Asked) -> list[Lying]:
    """The overlays of the scope that is asked for, in order. None without a query for who may read nothing.

    Raises Http404 for a scope that the actor does not belong to: for them it is not there.
    """
    if asked.is_none or (asked.is_whole and actor.reader is None):
        return []
    return judged_for(actor, Overlay.objects.lying_on(actor) if asked.is_whole else _named(actor, asked))


def judged_for(actor: Actor, overlays: OverlayQuerySet) -> list[Lying]:
    """What these overlays stand for now, for the actor. At most three queries, more only to say what is quarantined."""
    readable = Package.objects.known_to(actor).filter(id=OuterRef("package"))
    rows = overlays.in_order().annotate(is_readable=Exists(readable))
    related = ("organization__namespace", "team", "package__namespace", "package__latest_release")
    found = list(rows.select_related(*related))
    chosen = _releases(found)
    locks = _locks(actor, chosen.values())
    return [_lying(one, chosen.get(one.id), locks) for one in found]


def judge(
    lying: Sequence[Lying], *, lock_id: int, package_id: int, extended: Collection[int] = frozenset()
) -> list[Judged]:
    """Which of the overlays apply to the assistant of this lock. `extended` are the assistants that it builds on."""
    return [_judge(one, lock_id, package_id, extended) for one in lying]


def extended_by(locks: Collection[int], lying: Sequence[Lying]) -> dict[int, set[int]]:
    """Of what may give way: which of it the locks build on, by lock. One query, none if there is nothing of that sort.

    What is required applies nevertheless: who builds on it may have left things out.
    """
    added = {one.package_id for one in lying if not one.is_required}
    found: dict[int, set[int]] = {lock: set() for lock in locks}
    if added:
        rows = LockEntry.objects.filter(lock__in=locks, package__in=added, package__kind="assistant")
        for lock, package in rows.values_list("lock_id", "package_id"):
            found[lock].add(package)
    return found


def release_of(package: Package, wanted: Range) -> int | None:
    """The release that a range names of a package, as an overlay would: the newest that fits; None if there is none."""
    if wanted.is_latest:
        return package.latest_release_id
    rows = Release.objects.filter(package=package).published().values_list("version", "id")
    ids = {Version.parse(version): number for version, number in rows}
    best = wanted.best(ids)
    return ids[best] if best is not None else None


def _named(actor: Actor, asked: Asked) -> OverlayQuerySet:
    mine = effective(actor) if actor.reader is not None else effective(Actor())
    named = mine.filter(organization__namespace__slug=asked.organization)
    membership = named.values_list("id", "organization_id", "role").first()
    if membership is None:
        raise Http404
    number, organization, role = membership
    whose = Q(team=None)
    if asked.team:
        team = Team.objects.filter(organization=organization, slug=asked.team).first()
        if team is None or not (
            roles.allows(role, Permission.MEMBERS_MANAGE)
            or TeamMembership.objects.filter(team=team, membership=number).exists()
        ):
            raise Http404
        whose |= Q(team=team)
    return Overlay.objects.filter(whose, organization=organization, is_enabled=True)


def _releases(overlays: Iterable[Overlay]) -> dict[int, int]:
    """The release that each stands for, by the overlay's id; what has none is not there. One query if any has a range."""
    wanted = {one.id: Range.parse(one.range) for one in overlays}
    found = {one.id: one.package.latest_release_id for one in overlays if wanted[one.id].is_latest}
    ranged = [one for one in overlays if not wanted[one.id].is_latest]
    versions: dict[int, dict[Version, int]] = {one.package_id: {} for one in ranged}
    if ranged:
        # A release asked for exactly is told to be quarantined; among several, such a one is passed over.
        exact = Q(pk__in=[])
        for one in ranged:
            if wanted[one.id].is_exact:
                exact |= Q(package=one.package_id, version=str(wanted[one.id]))
        usable = Q(yanked_at=None, quarantined_at=None)
        rows = Release.objects.filter(usable | exact, package__in=list(versions))
        for package, version, number in rows.values_list("package_id", "version", "id"):
            versions[package][Version.parse(version)] = number
    for one in ranged:
        best = wanted[one.id].best(versions[one.package_id])
        found[one.id] = versions[one.package_id][best] if best is not None else None
    return {overlay: release for overlay, release in found.items() if release is not None}


@dataclass(frozen=True)
class _Locked:
    id: int
    version: str
    is_hidden: bool
    is_quarantined: bool


def _locks(actor: Actor, releases: Iterable[int]) -> dict[int, _Locked]:
    ids = set(releases)
    if not ids:
        return {}
    rows = Lock.objects.current().filter(release__in=ids)
    rows = rows.annotate(is_hidden=parts_hidden_from(actor), is_quarantined=fetching.is_quarantined())
    columns = ("release_id", "id", "release__version", "is_hidden", "is_quarantined")
    return {release: _Locked(*rest) for release, *rest in rows.values_list(*columns)}


def _lying(overlay: Overlay, release: int | None, locks: Mapping[int, _Locked]) -> Lying:
    is_readable = bool(getattr(overlay, "is_readable", False))
    lock = locks.get(release) if release is not None else None
    refusal = _refusal(overlay, lock) if is_readable else HIDDEN
    return Lying(
        id=overlay.id,
        of=overlay.of,
        organization_id=overlay.organization_id,
        team_id=overlay.team_id,
        package_id=overlay.package_id,
        package=str(overlay.package) if is_readable else "",
        mode=overlay.mode,
        range=overlay.range,
        version=lock.version if lock is not None and is_readable else "",
        lock_id=lock.id if lock is not None else 0,
        refusal=refusal,
    )


def _refusal(overlay: Overlay, lock: _Locked | None) -> str:
    if overlay.package.is_quarantined:
        return str(Quarantined(overlay.package))
    if lock is None:
        return f"It has no release that fits “{overlay.range}”."
    if lock.is_hidden:
        return HIDDEN_PARTS
    return str(fetching.quarantine_of(lock.id)) if lock.is_quarantined else ""


def _judge(one: Lying, lock_id: int, package_id: int, extended: Collection[int]) -> Judged:
    # An older release of an assistant that is required still gets what the newer one requires.
    if one.package_id == package_id and (not one.is_required or one.lock_id == lock_id):
        return Judged(one, applies=False, reason=ITSELF)
    if not one.is_required and one.package_id in extended:
        return Judged(one, applies=False, reason=EXTENDED)
    return Judged(one, applies=not one.refusal, reason=one.refusal)
