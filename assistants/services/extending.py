"""Assistants that others build on, as layers: with the releases that they have locked, not chosen anew.

So what a base gives does not depend on who builds on it, and there is no cycle among releases: a release can only extend
one that was there before. Packages can still go round in a circle, each release a step longer; that is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from assistants.domain import composition as composing
from assistants.domain.choosing import Candidate, Choice, Considered
from assistants.domain.composition import EXTENDS, Requirement
from assistants.domain.layers import MAX_DEPTH, Identity, Layer, Role
from assistants.models import Lock, LockEntry
from hub.domain.decisions import Denied
from registry import policies
from registry.domain.faults import Fault, ManifestInvalid
from registry.domain.versions import Version
from registry.models import Package, Release

_NESTED = re.compile(rf"(?:{EXTENDS}\[\d+\]\.)*{EXTENDS}\[\d+\]")
_LOCKED = "as the release that is built on has it locked"


def layers_of(choices: Sequence[Choice], into: Package) -> list[Layer]:
    """The layers of the assistants that were chosen to build on, the farthest first. Two queries, none without any.

    Raises ManifestInvalid where one leads back to `into`, goes too deep, is quarantined, or holds what `into` may not hand out.
    """
    if not choices:
        return []
    found = {lock.release_id: lock for lock in _locks(choice.candidate.id for choice in choices)}
    entries = entries_of(found.values())
    faults: list[Fault] = []
    stacked: list[Layer] = []
    for choice in choices:
        lock, requirement = found.get(choice.candidate.id), choice.requirement
        if lock is None:
            mend = "Publish it again."
            faults.append(Fault(f"“{requirement.package}” was never resolved.", requirement.place, mend))
            continue
        faults += _refusals(requirement, lock, entries[lock.pk], into)
        uses = f"{requirement.package}@{requirement.range}"
        stacked += layers_in(lock, entries[lock.pk], prefix=f"{requirement.path}.", role=Role.EXTENDED, uses=uses)
    if faults:
        raise ManifestInvalid(faults)
    return stacked


def layers_in(lock: Lock, entries: Sequence[LockEntry], *, prefix: str, role: Role, uses: str) -> list[Layer]:
    """A lock as layers under `prefix`: what the assistant extends, the farthest first, then itself. No query.

    `entries` are the lock's own, with release and package.
    """
    by_layer: dict[str, dict[str, LockEntry]] = {"": {}}
    for entry in entries:
        inner, _, path = entry.path.rpartition(".")
        by_layer.setdefault(f"{inner}." if inner else "", {})[path] = entry
        if _NESTED.fullmatch(entry.path):
            by_layer.setdefault(f"{entry.path}.", {})
    bundles = {one["path"]: one for one in lock.document.get(EXTENDS, ())}
    nested = {f"{entry.path}.": entry for entry in entries if _NESTED.fullmatch(entry.path)}
    found = []
    for inner in sorted(by_layer, key=lambda one: (-one.count(EXTENDS), one)):
        release = nested[inner].release if inner else lock.release
        about = bundles.get(inner.removesuffix("."), {})
        located = {"uses": about.get("uses", uses), "bundle": about.get("bundle", lock.bundle_id)}
        made = _layer(release, by_layer[inner], _choices(lock, inner))
        found.append(replace(made, prefix=f"{prefix}{inner}", role=role, **located))
    return found


def _locks(releases: Iterable[int]) -> list[Lock]:
    rows = Lock.objects.current().filter(release__in=list(releases)).defer("pinned_manifest")
    return list(rows.select_related("release__package__namespace", "release__published_by"))


def entries_of(locks: Iterable[Lock]) -> dict[int, list[LockEntry]]:
    """The rows of some locks with what layers need of them, by lock. One query."""
    found: dict[int, list[LockEntry]] = {lock.pk: [] for lock in locks}
    rows = LockEntry.objects.filter(lock__in=list(found)).order_by("id")
    for entry in rows.select_related("package__namespace", "release__package__namespace", "release__published_by"):
        found[entry.lock_id].append(entry)
    return found


def _layer(release: Release, entries: Mapping[str, LockEntry], explained: Mapping[str, Mapping[str, object]]) -> Layer:
    composition = composing.read(release.manifest)
    wanted = [*(extension.requirement for extension in composition.extensions), *composition.requirements]
    choices = {
        requirement.path: _choice(requirement, entries[requirement.path], explained.get(requirement.path, {}))
        for requirement in wanted
    }
    author = release.published_by.username if release.published_by else ""
    identity = Identity(str(release.package), release.version, release.digest, author)
    return Layer(identity, composition, choices)


def _choices(lock: Lock, inner: str) -> dict[str, Mapping[str, object]]:
    """What the lock's explanation says of the requirements of one of its layers, by their own paths."""
    return {
        one["path"].removeprefix(inner): one
        for one in lock.explanation
        if one["path"].startswith(inner) and "chosen" in one
    }


def _choice(requirement: Requirement, entry: LockEntry, explained: Mapping[str, object]) -> Choice:
    reason = str(explained.get("reason") or "")
    words = reason if reason.endswith(_LOCKED) else f"{reason}, {_LOCKED}" if reason else _LOCKED
    candidate = Candidate(entry.release_id, Version.parse(entry.release.version))
    return Choice(requirement, candidate, words, deprecation=_deprecation(entry), considered=_considered(explained))


def _considered(explained: Mapping[str, object]) -> Considered:
    told = explained.get("considered")
    return Considered(**told) if isinstance(told, dict) else Considered()


def _deprecation(entry: LockEntry) -> str:
    return entry.package.deprecation_message or entry.release.deprecation_message


def _refusals(requirement: Requirement, lock: Lock, entries: Sequence[LockEntry], into: Package) -> Iterator[Fault]:
    place, base = requirement.place, requirement.package
    extended = [lock.release.package, *(entry.package for entry in entries if _NESTED.fullmatch(entry.path))]
    if into.pk is not None and any(package.pk == into.pk for package in extended):
        yield Fault(f"“{base}” builds on “{into}”: an assistant cannot build on itself.", place, "Extend another one.")
    if max((entry.path.count(EXTENDS) for entry in entries), default=0) + 1 >= MAX_DEPTH:
        yield Fault(
            f"“{base}” goes too deep: at most {MAX_DEPTH} build on one another.", place, "Extend what it extends."
        )
    for entry in entries:
        decision = policies.may_contain(into, entry.package)
        if isinstance(decision, Denied):
            mend = "Change who may read one of the two."
            yield Fault(f"“{base}” brings something that cannot stand here. {decision.reason}", place, mend)
        if entry.package.is_quarantined or entry.release.is_quarantined:
            part = entry.package if entry.package.is_quarantined else entry.release
            yield Fault(f"“{base}” contains “{part}”, which is quarantined.", place, "Wait, or extend another release.")
