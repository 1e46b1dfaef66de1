"""Unified diffs, checked by applying them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from registry.domain import diffs
from registry.domain.patches import patch

_TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "long words\n", "end"]), max_size=40).map("".join)


def apply(before: str, text: str) -> str:
    """What the patch makes of `before`, as `patch` would, by line numbers alone."""
    old = diffs.split(before)
    new: list[str] = []
    at = 0
    for head, body in re.findall(r"^(@@ [^\n]* @@)\n((?:[ +\\-][^\n]*\n)*)", text, re.MULTILINE):
        start, count = map(int, re.findall(r"-(\d+),(\d+)", head)[0])
        begin = start - 1 if count else start
        new += old[at:begin]
        at = begin
        lines = body.splitlines(keepends=True)
        for number, line in enumerate(lines):
            ended = not lines[number + 1 : number + 2] or not lines[number + 1].startswith("\\")
            content = line[1:] if ended else line[1:-1]
            if line[0] in " -":
                assert old[at] == content
                at += 1
            if line[0] in " +":
                new.append(content)
    return "".join([*new, *old[at:]])


@given(_TEXTS, _TEXTS)
def test_a_patch_makes_one_text_into_the_other(before: str, after: str) -> None:
    made = patch(diffs.lines(before, after), before="a", after="b")
    assert apply(before, made) == after
    assert bool(made) == (before != after)


def test_a_patch_looks_as_programs_expect_it() -> None:
    made = patch(diffs.lines("a\nb\n", "a\nc"), before="1.0.0/x.md", after="1.1.0/x.md")
    assert made == ("--- 1.0.0/x.md\n+++ 1.1.0/x.md\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n")
