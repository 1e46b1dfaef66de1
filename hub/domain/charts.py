"""Bars over time, laid out for a drawing of any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

HEIGHT = 100
STEP = 10
GAP = 2
# What happened at least once must be seen.
LEAST_HEIGHT = 2.0


@dataclass(frozen=True)
class Bar:
    """How much there was from one day to another, both included; and where it is drawn."""

    start: date
    end: date
    count: int
    x: int
    y: str
    height: str

    @property
    def is_one_day(self) -> bool:
        """Whether the bar stands for a single day."""
        return self.start == self.end


@dataclass(frozen=True)
class Chart:
    """Bars, the number at the top of the scale, and the sum."""

    bars: tuple[Bar, ...]
    top: int
    total: int
    days_a_bar: int

    @property
    def width(self) -> int:
        """Of the drawing, in its own units."""
        return len(self.bars) * STEP

    @property
    def bar_width(self) -> int:
        """Of one bar."""
        return STEP - GAP

    @property
    def start(self) -> date:
        """The first day."""
        return self.bars[0].start

    @property
    def end(self) -> date:
        """The last day."""
        return self.bars[-1].end

    @property
    def busiest(self) -> Bar:
        """The highest bar, the latest of them."""
        return max(self.bars, key=lambda bar: (bar.count, bar.start))


def chart(counts: Sequence[tuple[date, int]], days_a_bar: int = 1) -> Chart:
    """The chart of daily counts, oldest first. Days are put together from the end, so that only the first bar may have fewer."""
    groups = [counts[max(0, end - days_a_bar) : end] for end in range(len(counts), 0, -days_a_bar)][::-1]
    sums = [sum(count for _, count in group) for group in groups]
    top = _round_up(max(sums))
    bars = tuple(
        _bar(group[0][0], group[-1][0], count, number * STEP + GAP // 2, top)
        for number, (group, count) in enumerate(zip(groups, sums, strict=True))
    )
    return Chart(bars, top, sum(sums), days_a_bar)


def _bar(start: date, end: date, count: int, x: int, top: int) -> Bar:
    height = max(LEAST_HEIGHT, count / top * HEIGHT) if count else 0.0
    # As text: a template would write a number with the reader's decimal sign.
    return Bar(start, end, count, x, f"{HEIGHT - height:.2f}", f"{height:.2f}")


def _round_up(highest: int) -> int:
    """The next number that is easy to read: one digit with noughts."""
    size = 1
    while True:
        for digit in (1, 2, 3, 4, 5, 6, 8):
            if digit * size >= highest:
                return digit * size
        size *= 10
