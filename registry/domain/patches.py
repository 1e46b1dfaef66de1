"""Differences between two texts in the unified format that `diff -u` writes and `patch` reads."""

from __future__ import annotations

from registry.domain.diffs import Hunk, Line, unified

_NO_END = "\\ No newline at end of file\n"


def patch(hunks: list[Hunk], *, before: str, after: str) -> str:
    """The hunks as one text; `before` and `after` name the two sides. Empty if there are none.

    A patch that is cut short (`Hunk.cut`) still applies: what comes after the cut is left as it was.
    """
    if not hunks:
        return ""
    texts = [f"--- {before}\n+++ {after}\n"]
    old = new = 0
    for hunk in hunks:
        old, new = old + hunk.skipped, new + hunk.skipped
        pairs = list(unified(hunk))
        removed = sum(sign != "+" for sign, _ in pairs)
        added = sum(sign != "-" for sign, _ in pairs)
        if pairs:
            texts.append(f"@@ -{_range(old, removed)} +{_range(new, added)} @@\n")
            texts += [_line(sign, line) for sign, line in pairs]
        old, new = old + removed, new + added
        if hunk.cut:
            break
    return "".join(texts)


def _range(before: int, count: int) -> str:
    """A range as the format writes it: an empty one stands after the line that it names."""
    return f"{before + 1 if count else before},{count}"


def _line(sign: str, line: Line) -> str:
    return f"{sign}{line.text}\n" + ("" if line.ended else _NO_END)
