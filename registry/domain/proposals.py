"""What happens to proposals, and which of it is told to whom, as values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

TEXT_MAX_LENGTH = 20_000


class EventKind(StrEnum):
    """What can happen to a proposal."""

    OPENED = "opened"
    REVISED = "revised"
    COMMENTED = "commented"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes-requested"
    DISMISSED = "dismissed"
    CLOSED = "closed"
    REOPENED = "reopened"
    MERGED = "merged"


@dataclass(frozen=True)
class Given:
    """A review as far as it counts: whose, of which revision, and whether it approves."""

    reviewer: int
    revision: int
    approves: bool


@dataclass(frozen=True)
class Tally:
    """How far the reviews of a proposal go."""

    approvals: int
    required: int
    blockers: frozenset[int]

    @property
    def is_enough(self) -> bool:
        """Whether the reviews let it be merged."""
        return self.approvals >= self.required and not self.blockers


def tally(
    given: Iterable[Given], *, counting: frozenset[int], author: int | None, current: int, required: int
) -> Tally:
    """Count the reviews in the order in which they were given: for each reviewer the last one.

    Only those of `counting` weigh, and never the author's. An approval is of one revision; a request for changes stands
    until its reviewer looks again.
    """
    latest = {one.reviewer: one for one in given if one.reviewer in counting and one.reviewer != author}
    approvals = sum(one.approves and one.revision == current for one in latest.values())
    return Tally(approvals, required, frozenset(one.reviewer for one in latest.values() if not one.approves))
