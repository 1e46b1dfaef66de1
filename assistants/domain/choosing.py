"""Which release a requirement gets: the newest that its range allows and that nobody forbids, and why not a newer one.

Nothing here depends on the order in which candidates come, or on who else has published what. Time matters in one way:
a cool-down holds a release back until it is old enough, so the moment is given (`Rules.now`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from assistants.domain.composition import Requirement
from registry.domain.faults import Fault, ManifestInvalid
from registry.domain.versions import Version

MAX_TOLD = 20


class Why(StrEnum):
    """Why a newer release was not taken."""

    QUARANTINED = "quarantined"
    YANKED = "yanked"
    COOLING = "cooling"
    PRERELEASE = "prerelease"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class Rules:
    """What decides besides the manifest: how old a release must be, and at which moment. `by` says whose rule it is.

    `statement` is what a receipt says of the policy, by its digest.
    """

    min_age: dt.timedelta = dt.timedelta()
    now: dt.datetime | None = None
    by: str = ""
    statement: Mapping[str, Any] = field(default_factory=dict)

    def held_until(self, candidate: Candidate) -> dt.datetime | None:
        """When the cool-down lets the candidate go; None if it does now. A security fix is never held back."""
        if not self.min_age or self.now is None or candidate.published_at is None or candidate.is_fix:
            return None
        until = candidate.published_at + self.min_age
        return until if until > self.now else None


NO_RULES = Rules()


@dataclass(frozen=True)
class Candidate:
    """A release that a requirement might get. With a `yank_reason` or a `quarantine_reason` it is never chosen.

    `deprecation` is what those who publish it say about using it no more; `is_fix` marks a security fix. `forbidden_by`
    is who yanked or quarantined it, as far as that is told.
    """

    id: int
    version: Version
    yank_reason: str | None = None
    quarantine_reason: str | None = None
    deprecation: str = ""
    published_at: dt.datetime | None = None
    is_fix: bool = False
    forbidden_by: str = ""

    @property
    def refusal(self) -> str:
        """Why the release is never chosen; empty if it may be."""
        if self.quarantine_reason is not None:
            return f"quarantined: {self.quarantine_reason}"
        return "" if self.yank_reason is None else f"yanked: {self.yank_reason}"


@dataclass(frozen=True)
class Available:
    """A package that may be read, and its releases. `refusal` says why it may not be used here, if so."""

    package: str
    kind: str
    section: str
    candidates: tuple[Candidate, ...]
    refusal: str = ""
    # How to mend that, and what those who manage the package say about using it no more.
    mend: str = "Change who may read one of the two."
    deprecation: str = ""


@dataclass(frozen=True)
class PassedOver:
    """A newer release that was not taken: why, in words, and who forbade it, if somebody did."""

    version: str
    reason: str
    why: Why
    by: str = ""

    def as_json(self) -> dict[str, str]:
        """As it stands in an explanation."""
        told = {"version": self.version, "reason": self.reason, "code": self.why.value}
        return told | ({"by": self.by} if self.by else {})


@dataclass(frozen=True)
class Considered:
    """How many releases there were, how many the range allowed, and how many of those nothing forbade."""

    releases: int = 0
    fitting: int = 0
    allowed: int = 0

    def as_json(self) -> dict[str, int]:
        """As it stands in an explanation."""
        return {"releases": self.releases, "fitting": self.fitting, "allowed": self.allowed}


@dataclass(frozen=True)
class Choice:
    """What a requirement got, and why. `held_until` is when the first cool-down ends that holds a newer release back."""

    requirement: Requirement
    candidate: Candidate
    reason: str
    passed_over: tuple[PassedOver, ...] = ()
    deprecation: str = ""
    considered: Considered = Considered()
    held_until: dt.datetime | None = None


def choose(
    requirements: Iterable[Requirement], available: Mapping[str, Available], rules: Rules = NO_RULES
) -> list[Choice]:
    """The newest allowed release for each requirement. Raises ManifestInvalid with a fault for each that gets none."""
    faults: list[Fault] = []
    choices = []
    for requirement in requirements:
        chosen = _choose(requirement, available.get(requirement.package), rules)
        if isinstance(chosen, Fault):
            faults.append(chosen)
        else:
            choices.append(chosen)
    if faults:
        raise ManifestInvalid(faults)
    return choices


def _choose(requirement: Requirement, available: Available | None, rules: Rules) -> Choice | Fault:
    package, place = requirement.package, requirement.place
    if available is None:
        return Fault(f"There is no package “{package}” that you may read.", place, "Check the name, or ask for access.")
    if available.section != requirement.section:
        message = f"“{package}” is of kind {available.kind}; it cannot stand under “{requirement.section}”."
        return Fault(message, place, _where(available))
    if available.refusal:
        return Fault(available.refusal, place, available.mend)
    # Whoever asks for one release exactly has decided; the cool-down is for what is taken unseen.
    applied = NO_RULES if requirement.range.is_exact else rules
    usable = _usable(requirement, available, applied)
    best = requirement.range.best(candidate.version for candidate in usable)
    if best is None:
        return _nothing_fits(requirement, available, applied)
    candidate = next(candidate for candidate in usable if candidate.version == best)
    return Choice(
        requirement,
        candidate,
        _reason(requirement),
        _passed_over(requirement, available, best, applied),
        available.deprecation or candidate.deprecation,
        _considered(requirement, available, usable),
        _held_until(requirement, available, best, applied),
    )


def _usable(requirement: Requirement, available: Available, rules: Rules) -> list[Candidate]:
    allowed = [one for one in available.candidates if not one.refusal]
    free = [one for one in allowed if rules.held_until(one) is None]
    if requirement.range.is_latest and any(not one.version.is_prerelease for one in allowed):
        # A cool-down that holds the stable ones back is no reason to hand out a prerelease.
        return [one for one in free if not one.version.is_prerelease]
    return free


def _held_until(requirement: Requirement, available: Available, best: Version, rules: Rules) -> dt.datetime | None:
    ends = (
        rules.held_until(one)
        for one in available.candidates
        if one.version > best and not one.refusal and requirement.range.allows(one.version)
    )
    return min((end for end in ends if end is not None), default=None)


def _where(available: Available) -> str:
    if not available.section:
        return "Packages of this kind are fetched by themselves."
    return f"Put it under “{available.section}”."


def _nothing_fits(requirement: Requirement, available: Available, rules: Rules) -> Fault:
    usable = [candidate for candidate in available.candidates if not candidate.refusal]
    held = requirement.range.best(candidate.version for candidate in usable)
    if held is not None:
        newest = next(candidate for candidate in usable if candidate.version == held)
        message = f"{requirement.package}@{held} is {_held(newest, rules)}, and nothing older fits."
        return Fault(message, requirement.place, f"Wait, or ask for it exactly: {requirement.package}@{held}.")
    refused = [candidate for candidate in available.candidates if candidate.refusal]
    fitting = requirement.range.best(candidate.version for candidate in refused)
    if fitting is not None:
        why = next(candidate.refusal for candidate in refused if candidate.version == fitting)
        return Fault(f"{requirement.package}@{fitting} was {why}", requirement.place, "Choose another version.")
    newest_version = max((candidate.version for candidate in usable), default=None)
    mend = f"The newest release is {newest_version}." if newest_version else "It has no release yet."
    return Fault(f"No release of “{requirement.package}” fits “{requirement.range}”.", requirement.place, mend)


def _reason(requirement: Requirement) -> str:
    if requirement.range.is_exact:
        return "asked for exactly"
    return "newest stable release" if requirement.range.is_latest else f"newest release that fits {requirement.range}"


def _passed_over(requirement: Requirement, available: Available, best: Version, rules: Rules) -> tuple[PassedOver, ...]:
    """Newer releases that were not taken, newest first, each with the reason."""
    newer = sorted(
        (one for one in available.candidates if one.version > best), key=lambda one: one.version, reverse=True
    )
    return tuple(_refused(one, requirement, rules) for one in newer[:MAX_TOLD])


def _refused(candidate: Candidate, requirement: Requirement, rules: Rules) -> PassedOver:
    version = str(candidate.version)
    if candidate.refusal:
        why = Why.YANKED if candidate.quarantine_reason is None else Why.QUARANTINED
        return PassedOver(version, candidate.refusal, why, candidate.forbidden_by)
    if not requirement.range.allows(candidate.version):
        if candidate.version.is_prerelease:
            return PassedOver(version, "prerelease", Why.PRERELEASE)
        return PassedOver(version, f"outside {requirement.range}", Why.OUTSIDE)
    if rules.held_until(candidate) is not None:
        return PassedOver(version, _held(candidate, rules), Why.COOLING, rules.by)
    return PassedOver(version, "prerelease", Why.PRERELEASE)


def _held(candidate: Candidate, rules: Rules) -> str:
    until = rules.held_until(candidate)
    return f"held back by the cool-down until {until:%Y-%m-%d %H:%M} UTC" if until else "held back"


def _considered(requirement: Requirement, available: Available, usable: list[Candidate]) -> Considered:
    def fits(candidate: Candidate) -> bool:
        return requirement.range.allows(candidate.version)

    return Considered(
        len(available.candidates), sum(map(fits, available.candidates)), sum(fits(candidate) for candidate in usable)
    )
