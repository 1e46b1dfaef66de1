"""Differences between texts: right, readable, and bounded whatever the texts are."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import diffs

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", "long line with words", "x y"]), max_size=30).flatmap(
    lambda lines: st.sampled_from(["\n".join(lines), "\n".join(lines) + "\n"])
)


def sides(hunks: list[diffs.Hunk]) -> tuple[str, str]:
    """Both texts, put together again from hunks that have every line."""

    def text(lines: list[diffs.Line]) -> str:
        return "".join(line.text + "\n" * line.ended for line in lines)

    rows = [row for hunk in hunks for row in hunk.rows]
    return text([row.before for row in rows if row.before]), text([row.after for row in rows if row.after])


@given(TEXTS, TEXTS)
def test_with_all_its_context_a_diff_holds_both_texts(before: str, after: str) -> None:
    hunks = diffs.lines(before, after, context=1000)
    assert sides(hunks) == ((before, after) if before != after else ("", ""))


@given(TEXTS, TEXTS)
def test_lines_that_stay_are_the_same_and_changed_ones_are_not(before: str, after: str) -> None:
    for hunk in diffs.lines(before, after):
        for row in hunk.rows:
            same = row.before and row.after and (row.before.text, row.before.ended) == (row.after.text, row.after.ended)
            assert bool(same) == (row.state == "same")


def test_inside_a_changed_line_the_words_are_marked() -> None:
    (hunk,) = diffs.lines("Use tabs for indents.\n", "Use spaces for indents.\n")
    (row,) = hunk.rows
    assert row.before
    assert row.after
    assert [part.text for part in row.before.parts if part.changed] == ["tabs"]
    assert [part.text for part in row.after.parts if part.changed] == ["spaces"]


def test_unchanged_lines_far_away_are_left_out_and_counted() -> None:
    before = "".join(f"line {number}\n" for number in range(50))
    (hunk,) = diffs.lines(before, before.replace("line 25\n", "other\n"))
    assert (hunk.skipped, len(hunk.rows)) == (22, 7)
    assert [sign for sign, _ in diffs.unified(hunk)] == list("   -+   ")


def test_a_missing_line_end_is_a_difference() -> None:
    (hunk,) = diffs.lines("a\n", "a")
    assert hunk.rows[0].state == "changed"
    assert hunk.rows[0].after
    assert not hunk.rows[0].after.ended


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("".join(f"{number}\n" for number in range(60_000)), "".join(f"x{number}\n" for number in range(60_000))),
        ("a\nb\n" * 60_000, "b\nb\na\n" * 40_000),
        ("a\nb\nc\n" * 30_000, "c\nb\na\n" * 30_000),
        ("w " * 100_000, "v w " * 50_000),
        ("{}" * 1000 + "\n", "}{" * 1000 + "\n"),
        ("ab cd\n" * 3000, "cd ab\n" * 3000),
    ],
)
def test_hostile_texts_cost_little(before: str, after: str) -> None:
    started = time.process_time()
    hunks = diffs.lines(before, after)
    assert time.process_time() - started < 4
    assert sum(len(hunk.rows) for hunk in hunks) <= diffs.MAX_ROWS
    assert any(hunk.coarse for hunk in hunks) or len(before) < 20_000
