"""Finds what is wrong with a log: seals that do not hold together, and events that are not as they were sealed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hub.domain.audit import NO_SEAL, Seal, entries_digest
from hub.domain.audit_keys import is_signed


class Fault(StrEnum):
    """The ways in which a log can be wrong."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    UNSEALED = "unsealed"
    BAD_SEAL = "bad seal"
    TRUNCATED = "truncated"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: how, with which event or seal, in words."""

    fault: Fault
    what: str
    detail: str

    def __str__(self) -> str:
        return f"{self.fault.value}: {self.what}: {self.detail}"


@dataclass
class Chain:
    """Goes along the seals in order and tells what is wrong with each."""

    publics: Mapping[str, str]
    previous: Seal | None = None
    from_the_start: bool = True
    count: int = 0

    def check(self, seal: Seal) -> Iterator[Finding]:
        """What is wrong with `seal`, coming after the one before."""
        for detail in self._faults(seal):
            yield Finding(Fault.BAD_SEAL, f"seal {seal.number}", detail)
        self.previous = seal
        self.count += 1

    def _faults(self, seal: Seal) -> Iterator[str]:
        before = self.previous
        if before is not None or self.from_the_start:
            number, position, link = (
                (before.number + 1, before.last_position + 1, before.hash) if before else (1, 1, NO_SEAL)
            )
            if seal.number != number:
                yield f"seal {number} is missing or stands elsewhere"
            elif seal.previous != link:
                yield "it does not follow from the seal before"
            elif seal.first_position != position:
                yield f"it begins at position {seal.first_position} instead of {position}"
        if not is_signed(seal.statement, seal.signature, seal.key, self.publics):
            yield "the hub's key did not sign it"
        if seal.ids is not None and seal.digests is not None:
            alike = len(seal.ids) == len(seal.digests) == seal.count
            if not alike or entries_digest(seal.ids, seal.digests) != seal.entries:
                yield "its list of events is not the one that was signed"


@dataclass
class Comparison:
    """Compares events with what was sealed, and at the end tells moved ones from edited ones."""

    compared: int = 0
    _expected: dict[int, tuple[str, int]] = field(default_factory=dict)
    _found: dict[int, str] = field(default_factory=dict)

    def compare(self, seal: Seal, found: Mapping[int, str]) -> None:
        """Set the digests of the events that are there (by id) against those of `seal`."""
        for number, digest in zip(seal.ids or (), seal.digests or (), strict=False):
            actual = found.get(number)
            self.compared += actual is not None
            if actual != digest:
                self._expected[number] = (digest, seal.number)
                if actual is not None:
                    self._found[number] = actual

    def moved_from(self, digest: str) -> int | None:
        """The id under which an event of that digest was sealed, if it is not found there."""
        return next((number for number, (sealed, _) in self._expected.items() if sealed == digest), None)

    def findings(self, *, strays: Mapping[int, str], pruned_through: int = 0) -> Iterator[Finding]:
        """What is wrong. `strays` are events that no seal knows, `pruned_through` is the last seal whose events may be gone."""
        moved = {digest: number for number, digest in {**self._found, **strays}.items()}
        for number, (digest, seal) in sorted(self._expected.items()):
            elsewhere = moved.get(digest)
            if number not in self._found and seal <= pruned_through:
                continue
            if elsewhere is not None:
                yield Finding(Fault.REORDERED, f"event {number}", f"of seal {seal} now stands as event {elsewhere}")
            elif number in self._found:
                yield Finding(Fault.EDITED, f"event {number}", f"is not as it was sealed in seal {seal}")
            else:
                yield Finding(Fault.DELETED, f"event {number}", f"of seal {seal} is gone")
