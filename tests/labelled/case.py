"""A labelled text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`bad` are the lines (from 1) on which something is to be found; none: the text is clean."""

    name: str
    file: str
    text: str
    bad: frozenset[int] = frozenset()
