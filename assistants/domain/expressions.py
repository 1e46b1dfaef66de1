"""What makes a text no regular expression of JavaScript, the language in which clients read a rule's `regex`.

Python's own compiler would not do: it refuses what JavaScript takes, such as `(?<name>…)`, and takes what that refuses.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
      \\.                            # an escape
    | \[ (?: [^\]\\] | \\. )* \]     # a class
    | \(\? (?: [a-zA-Z]+\) | P[<=] ) # flags and names as Python writes them
    | \(\?? | \)                     # groups, of every sort
    | [*+?]\?? | \{\d+(?:,\d*)?\}\?? # how often, lazily or not
    | .                              # anything else; here a backslash ends the text, and a bracket stays open
    """,
    re.DOTALL | re.VERBOSE,
)
_QUANTIFIER = re.compile(r"[*+?]|\{\d")
_COUNTS = re.compile(r"\{(\d{1,9}),(\d{1,9})\}")
# After these there is nothing that could be repeated.
_OPENING = ("(", "(?", "|", "^")


def fault_of(expression: str) -> str | None:
    """What is wrong, in words; None if nothing was seen, which is no promise."""
    depth, before = 0, "|"
    for token in _TOKEN.findall(expression):
        if token == "\\":
            return "it ends in a backslash"
        if token == "[":
            return "a “[” is not closed"
        if len(token) > 2 and token[0] == "(":
            return f"“{token}” means nothing in JavaScript"
        if token[0] in "*+?" and (before in _OPENING or _QUANTIFIER.match(before)):
            return f"“{token}” repeats nothing"
        counts = _COUNTS.match(token)
        if counts and int(counts[1]) > int(counts[2]):
            return f"“{token}” counts downwards"
        depth += (token[0] == "(") - (token == ")")
        if depth < 0:
            return "a “)” closes nothing"
        before = token
    return "a “(” is not closed" if depth else None
