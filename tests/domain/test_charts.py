"""Bars over time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.charts import HEIGHT, LEAST_HEIGHT, chart

START = date(2026, 1, 1)


def days(*counts: int) -> list[tuple[date, int]]:
    return [(START + timedelta(days=number), count) for number, count in enumerate(counts)]


def test_bars_stand_on_the_ground_and_reach_their_share_of_the_height() -> None:
    made = chart(days(0, 5, 10))
    assert (made.top, made.total, made.width) == (10, 15, 30)
    assert [(bar.x, bar.y, bar.height) for bar in made.bars] == [
        (1, "100.00", "0.00"),
        (11, "50.00", "50.00"),
        (21, "0.00", "100.00"),
    ]
    assert made.busiest.start == START + timedelta(days=2)


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (1, 1), (2, 2), (3, 3), (7, 8), (9, 10), (11, 20), (201, 300), (999, 1000)]
)
def test_the_scale_ends_at_a_number_that_is_easy_to_read(highest: int, top: int) -> None:
    assert chart(days(highest)).top == top


def test_days_are_put_together_from_the_end() -> None:
    made = chart(days(1, 2, 3, 4, 5, 6, 7, 8), days_a_bar=7)
    assert [(bar.start, bar.end, bar.count) for bar in made.bars] == [
        (START, START, 1),
        (START + timedelta(days=1), START + timedelta(days=7), 35),
    ]


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=400), st.integers(1, 10))
def test_nothing_is_lost_and_nothing_leaves_the_drawing(counts: list[int], days_a_bar: int) -> None:
    made = chart(days(*counts), days_a_bar)
    assert sum(bar.count for bar in made.bars) == made.total == sum(counts)
    for bar in made.bars:
        assert 0 <= float(bar.y) <= HEIGHT
        assert float(bar.height) <= HEIGHT
        assert (float(bar.height) >= LEAST_HEIGHT) == bool(bar.count)
