"""What is different between two texts: lines side by side, and inside a changed line the words.

The work is bounded whatever the texts are. Where two texts have too little in common to be compared within the bound,
a region is shown as replaced as a whole and the hunk says so (`coarse`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from registry.domain.changes import Change, semantic

__all__ = ["Change", "Hunk", "Line", "Part", "Row", "lines", "matching", "semantic", "split", "unified"]

CONTEXT = 3
# A step is one move of the comparison. So many take some tenths of a second.
MAX_STEPS = 600_000
MAX_WORDS = 400
MAX_LINE = 4_000
MAX_ROWS = 4_000
_WORD = re.compile(r"\w+|\s+|[^\w\s]")

type State = Literal["same", "changed", "removed", "added"]
type Block = tuple[int, int, int]


@dataclass(frozen=True)
class Part:
    """A stretch of a line, and whether it is different on the other side."""

    text: str
    changed: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a text, with its number from 1; `ended` is false for a last line without a line end."""

    number: int
    parts: tuple[Part, ...]
    ended: bool = True

    @property
    def text(self) -> str:
        """The line without its end."""
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True)
class Row:
    """What stands beside each other: a line before, a line after, or one of them."""

    state: State
    before: Line | None = None
    after: Line | None = None


@dataclass(frozen=True)
class Hunk:
    """Rows that belong together, with some unchanged ones around.

    `skipped` says how many unchanged lines are left out before it. `coarse` means that something in it was too large to be
    compared in detail: lines or words may be marked as changed that are not. `cut` is how many more rows are not shown.
    """

    rows: tuple[Row, ...]
    skipped: int = 0
    coarse: bool = False
    cut: int = 0


@dataclass
class _Budget:
    """The steps that are left for one comparison."""

    left: int = MAX_STEPS
    spent: bool = field(default=False)

    def take(self, steps: int) -> bool:
        """Whether so many steps may still be made."""
        self.left -= steps
        self.spent = self.spent or self.left < 0
        return not self.spent


def lines(before: str, after: str, context: int = CONTEXT) -> list[Hunk]:
    """The hunks in which `after` differs from `before`; none if the texts are the same."""
    if before == after:
        return []
    old, new = split(before), split(after)
    budget = _Budget()
    rows: list[Row] = []
    coarse: set[int] = set()
    for row, is_coarse in _rows(old, new, _matching(old, new, budget), budget):
        if is_coarse:
            coarse.add(len(rows))
        rows.append(row)
    return _hunks(rows, coarse, context, everything_coarse=budget.spent)


def unified(hunk: Hunk) -> Iterator[tuple[str, Line]]:
    """The hunk in one column, as (sign, line): what was taken away stands before what came in its place."""
    removed: list[Line] = []
    added: list[Line] = []
    for row in hunk.rows:
        if row.state == "same":
            yield from (("-", line) for line in removed)
            yield from (("+", line) for line in added)
            removed, added = [], []
            if row.after:
                yield " ", row.after
            continue
        removed += [row.before] if row.before else []
        added += [row.after] if row.after else []
    yield from (("-", line) for line in removed)
    yield from (("+", line) for line in added)


def matching(old: Sequence[str], new: Sequence[str]) -> list[Block]:
    """Runs that both have, as (start in old, start in new, length), in order; the last one is empty and at the ends."""
    return _matching(old, new, _Budget())


def split(text: str) -> list[str]:
    """Lines with their ends. Only LF ends a line: other characters that look like ends are content."""
    parts = text.split("\n")
    last = parts.pop()
    return [f"{part}\n" for part in parts] + ([last] if last else [])


def _matching(old: Sequence[str], new: Sequence[str], budget: _Budget) -> list[Block]:
    """Runs that both have, as (start in old, start in new, length), in order; the last one is empty and at the ends.

    What is the same at both ends costs nothing. Lines that occur once in each text part the rest into small regions
    (patience), and each region is compared with Myers' algorithm as long as the budget lasts.
    """
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    pairs = [(number, number) for number in range(start)]
    at_old = at_new = 0
    for one, other in [*_anchors(inner_old, inner_new), (len(inner_old), len(inner_new))]:
        found = _myers(inner_old[at_old:one], inner_new[at_new:other], budget)
        pairs += [(start + at_old + i, start + at_new + j) for i, j in found]
        if one < len(inner_old):
            pairs.append((start + one, start + other))
        at_old, at_new = one + 1, other + 1
    pairs += [(len(old) - end + number, len(new) - end + number) for number in range(end)]
    return _runs(pairs, len(old), len(new))


def _runs(pairs: list[tuple[int, int]], old_length: int, new_length: int) -> list[Block]:
    runs: list[Block] = []
    for i, j in pairs:
        if runs and i == runs[-1][0] + runs[-1][2] and j == runs[-1][1] + runs[-1][2]:
            runs[-1] = (runs[-1][0], runs[-1][1], runs[-1][2] + 1)
        else:
            runs.append((i, j, 1))
    return [*runs, (old_length, new_length, 0)]


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The longest rising sequence of elements that occur exactly once on either side."""
    in_old, in_new = Counter(old), Counter(new)
    places = {text: number for number, text in enumerate(new) if in_new[text] == 1}
    common = [(i, places[text]) for i, text in enumerate(old) if in_old[text] == 1 and text in places]
    ends: list[int] = []
    tops: list[int] = []
    previous: list[int] = []
    for number, (_, j) in enumerate(common):
        length = bisect_left(ends, j)
        ends[length:], tops[length:] = [j, *ends[length + 1 :]], [number, *tops[length + 1 :]]
        previous.append(tops[length - 1] if length else -1)
    chain: list[tuple[int, int]] = []
    number = tops[-1] if tops else -1
    while number >= 0:
        chain.append(common[number])
        number = previous[number]
    return chain[::-1]


def _myers(old: Sequence[str], new: Sequence[str], budget: _Budget) -> list[tuple[int, int]]:
    """The pairs of a shortest edit script (Myers, 1986); none when the budget ends before it is found."""
    if not old or not new:
        return []
    furthest = {1: 0}
    trace: list[dict[int, int]] = []
    for edits in range(len(old) + len(new) + 1):
        trace.append(dict(furthest))
        if not budget.take(3 * edits + 1):
            return []
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and furthest[k - 1] < furthest[k + 1])
            x = furthest[k + 1] if down else furthest[k - 1] + 1
            first = x
            while x < len(old) and 0 <= x - k < len(new) and old[x] == new[x - k]:
                x += 1
            budget.take(x - first)
            furthest[k] = x
            if x >= len(old) and x - k >= len(new):
                return _walk_back(trace, len(old), len(new))
    return []


def _walk_back(trace: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for edits in range(len(trace) - 1, -1, -1):
        furthest, k = trace[edits], x - y
        down = k == -edits or (k != edits and furthest[k - 1] < furthest[k + 1])
        before_k = k + 1 if down else k - 1
        before_x = furthest[before_k] if edits else 0
        before_y = before_x - before_k if edits else 0
        while x > before_x and y > before_y:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = before_x, before_y
    return pairs[::-1]


def _rows(old: list[str], new: list[str], blocks: list[Block], budget: _Budget) -> Iterator[tuple[Row, bool]]:
    """Every row with whether its words could not be compared."""
    i = j = 0
    for block_i, block_j, length in blocks:
        for offset in range(max(block_i - i, block_j - j)):
            one, other = i + offset, j + offset
            yield _changed(old, new, one if one < block_i else None, other if other < block_j else None, budget)
        for offset in range(length):
            before = _line(block_i + offset, old[block_i + offset])
            yield Row("same", before, _line(block_j + offset, new[block_j + offset])), False
        i, j = block_i + length, block_j + length


def _changed(old: list[str], new: list[str], i: int | None, j: int | None, budget: _Budget) -> tuple[Row, bool]:
    if i is None:
        assert j is not None  # noqa: S101  # one of the two is there
        return Row("added", after=_line(j, new[j])), False
    if j is None:
        return Row("removed", before=_line(i, old[i])), False
    one, other = old[i].removesuffix("\n"), new[j].removesuffix("\n")
    if max(len(one), len(other)) > MAX_LINE:
        return Row("changed", _line(i, old[i]), _line(j, new[j])), True
    left, right, coarse = _words(one, other, budget)
    before, after = Line(i + 1, left, old[i].endswith("\n")), Line(j + 1, right, new[j].endswith("\n"))
    return Row("changed", before, after), coarse


def _words(before: str, after: str, budget: _Budget) -> tuple[tuple[Part, ...], tuple[Part, ...], bool]:
    """The two lines with what differs marked. Lines that have little in common are not marked: all of them is new."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    plain = (Part(before),) if before else (), (Part(after),) if after else ()
    if max(len(old), len(new)) > MAX_WORDS or budget.spent:
        return *plain, True
    blocks = _matching(old, new, _Budget(min(budget.left, 40_000)))
    budget.take(len(old) + len(new))
    shared = sum(len(old[i + offset].strip()) for i, _, length in blocks for offset in range(length))
    if 3 * shared < max(len(before.strip()), len(after.strip())):
        return *plain, False
    return _marked(old, [(i, length) for i, _, length in blocks]), _marked(new, [(j, n) for _, j, n in blocks]), False


def _marked(words: list[str], same: list[tuple[int, int]]) -> tuple[Part, ...]:
    parts: list[Part] = []
    at = 0
    for start, length in same:
        if start > at:
            parts.append(Part("".join(words[at:start]), changed=True))
        if length:
            parts.append(Part("".join(words[start : start + length])))
        at = start + length
    return tuple(parts)


def _line(index: int, text: str) -> Line:
    content = text.removesuffix("\n")
    return Line(index + 1, (Part(content),) if content else (), text.endswith("\n"))


def _hunks(rows: list[Row], coarse: set[int], context: int, *, everything_coarse: bool) -> list[Hunk]:
    spans: list[list[int]] = []
    for number, row in enumerate(rows):
        if row.state == "same":
            continue
        first, end = max(0, number - context), min(len(rows), number + context + 1)
        if spans and first <= spans[-1][1]:
            spans[-1][1] = end
        else:
            spans.append([first, end])
    hunks, at, shown = [], 0, 0
    for first, end in spans:
        kept = min(end, first + max(0, MAX_ROWS - shown))
        is_coarse = everything_coarse or any(first <= number < end for number in coarse)
        hunks.append(Hunk(tuple(rows[first:kept]), first - at, is_coarse, end - kept))
        shown += kept - first
        at = end
    return hunks
