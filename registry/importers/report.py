"""The lines of an import's report: what came of each item, fit to be kept and shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from registry.domain import literals
from registry.domain.faults import ManifestInvalid
from registry.importers.base import Candidate, Refusal


class ImportOutcome(StrEnum):
    """What came of one item."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True)
class Row:
    """One line of a report. For a plan, what would come of it."""

    path: str
    kind: str
    package: str | None
    version: str | None
    outcome: ImportOutcome
    reason: str
    line: int | None

    def as_json(self) -> dict[str, Any]:
        """The form in which reports are kept and printed."""
        return asdict(self) | {"outcome": str(self.outcome)}


def refused(candidate: Candidate, error: Exception) -> Row:
    """The row of a candidate that a publication refuses."""
    line: int | None = candidate.line
    reason = str(error)
    if isinstance(error, ManifestInvalid):
        fault = error.faults[0]
        place = f" ({fault.file})" if candidate.files and fault.file != "SKILL.md" else ""
        reason = f"{fault.message}{place} {fault.mend}".strip()
        line = fault.place.line if not candidate.is_generated and not candidate.item else candidate.line
    named = f"“{candidate.item}”: {reason}" if candidate.item else reason
    return Row(shown(candidate.path), candidate.kind, None, None, ImportOutcome.REFUSED, shown(named), line)


def row_of(refusal: Refusal) -> Row:
    """The row of what an importer, or the settling of names, refuses."""
    reason = f"“{refusal.item}”: {refusal.sentence}" if refusal.item else refusal.sentence
    return Row(shown(refusal.path), refusal.kind, None, None, ImportOutcome.REFUSED, shown(reason), refusal.line)


def shown(text: str) -> str:
    """A text for the report: without characters that cannot be stored, and nothing that looks like a credential."""
    plain = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return "(not shown: it holds what looks like a credential)" if literals.in_text(plain, "") else plain
