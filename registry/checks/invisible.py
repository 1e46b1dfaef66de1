"""Hidden and bidirectional Unicode: characters that a reader does not see and a model or a program does.

What scripts and emoji need is left alone: joiners inside words of scripts that use them and inside emoji, direction marks
and balanced isolates in lines with right-to-left letters, a byte order mark at the beginning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from registry.checks.base import Check, Finding, Severity, Subject, Text

NAME = "hidden-unicode"

_BIDI_OPEN = {"\u202a": "\u202c", "\u202b": "\u202c", "\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
_OVERRIDES = "\u202d\u202e"
_BIDI_CLOSE = "\u202c\u2069"
_MARKS = "\u200e\u200f\u061c"
_JOINERS = "\u200c\u200d"
_BOM = "\ufeff"
# Nothing to see, and no script or emoji that needs them where they stand alone.
_EMPTY = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
)
_MONGOLIAN_SELECTORS = "\u180b\u180c\u180d\u180f"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS = "\U000e0000-\U000e007f"
_CONTROLS = "\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u2028\u2029"
_SUSPECT = re.compile(
    f"[{''.join(_BIDI_OPEN)}{_OVERRIDES}{_BIDI_CLOSE}{_MARKS}{_JOINERS}{_EMPTY}{_SELECTORS}{_TAGS}{_CONTROLS}"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]+"
)
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{2,8}\U000e007f")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
# Scripts whose spelling uses joiners: Arabic and its neighbours, those of India and around it, Mongolian, Khmer.
_JOINING = re.compile(
    "[\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc\U00011000-\U00011fff]"
)
# Scripts without blanks between words, where U+200B says where a line may break, or blanks may not be.
_BREAKING = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u3040-\u30ff\u3400-\u9fff]")
# So many invisible characters in a row are no slip: they can carry a message.
_MESSAGE_LENGTH = 6
_SELECTED_MESSAGE = 2
_EMOJI = re.compile(
    "[#*0-9\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\ufe0f\u20e3]"
)
_IDEOGRAPH = re.compile(
    "[\u1820-\u18aa\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af\u2200-\u22ff\uff00-\uffef\u3001\u3002\u1000-\u109f\ua980-\uaaff]"
)


@dataclass(frozen=True)
class _Odd:
    """A run of characters that should not be there."""

    severity: Severity
    what: str
    mend: str


def run(subject: Subject) -> Iterator[Finding]:
    """Look at every line of every text."""
    for text in subject.readable():
        for number, line in enumerate(text.lines, 1):
            if not line.isascii() or _SUSPECT.search(line):
                yield from _in_line(text, number, line)


def _in_line(text: Text, number: int, line: str) -> Iterator[Finding]:
    flags = {index for flag in _FLAG.finditer(line) for index in range(*flag.span())} if "\U0001f3f4" in line else set()
    stack_fault = None
    for match in _SUSPECT.finditer(line):
        if match.start() in flags or (number == 1 and match.start() == 0 and match[0] == _BOM):
            continue
        if stack_fault is None:
            stack_fault = not _is_balanced(line)
        odd = _judge(match, line, unbalanced=stack_fault)
        if odd is not None:
            message = f"{odd.what} ({_points(match[0])})."
            yield Finding(NAME, odd.severity, message, text.file, number, match.start() + 1, odd.mend)


def _judge(match: re.Match[str], line: str, *, unbalanced: bool) -> _Odd | None:
    run, before, after = match[0], line[: match.start()][-1:], line[match.end() : match.end() + 1]
    if any("\U000e0000" <= one <= "\U000e007f" for one in run):
        mend = "Remove them. Only flags of regions (emoji) are written with tag characters."
        return _Odd("error", f"{_many(run)} of tags: invisible letters that models read", mend)
    if any(one in _OVERRIDES for one in run):
        mend = "Remove it: it shows a text in another order than the one that programs read."
        return _Odd("error", "A character that overrides the direction of writing", mend)
    if len(run) >= _MESSAGE_LENGTH:
        return _Odd("error", f"{_many(run)} in a row: such a run can carry a hidden message", "Remove them.")
    if odd := _selectors(run, before):
        return odd
    rest = [one for one in run if not _is_selector(one)]
    return next((odd for one in rest if (odd := _single(one, line, before, after, unbalanced=unbalanced))), None)


def _single(one: str, line: str, before: str, after: str, *, unbalanced: bool) -> _Odd | None:
    if one in _BIDI_OPEN or one in _BIDI_CLOSE:
        if unbalanced:
            mend = "Close it on the same line, or remove it."
            return _Odd("error", "A change of the direction of writing that is not closed on its line", mend)
        if _RIGHT_TO_LEFT.search(line):
            return None
        return _Odd(
            "warning", "A change of the direction of writing in a line without right-to-left letters", "Remove it."
        )
    if one in _MARKS:
        if _RIGHT_TO_LEFT.search(line):
            return None
        return _Odd("warning", "An invisible direction mark in a line without right-to-left letters", "Remove it.")
    if one in _JOINERS and _joins(one, before, after):
        return None
    if one in _MONGOLIAN_SELECTORS and "\u1820" <= before <= "\u18aa":
        return None
    if one == "\u200b" and (_BREAKING.match(before) or _BREAKING.match(after)):
        return None
    if one == "\u00ad" and before.isalpha() and after.isalpha():
        return None
    if unicodedata.category(one) == "Cc" or one in "\u2028\u2029":
        return _Odd("warning", "A control character", "Remove it: terminals obey it instead of showing it.")
    return _Odd("warning", "An invisible character", "Remove it.")


def _joins(one: str, before: str, after: str) -> bool:
    """Whether a joiner stands where spelling or emoji need one."""
    if _JOINING.match(before) and (_JOINING.match(after) or one == "\u200d" or after in ("", " ")):
        return True
    return one == "\u200d" and bool(_EMOJI.match(before)) and bool(_EMOJI.match(after))


def _selectors(run: str, before: str) -> _Odd | None:
    chosen = [one for one in run if _is_selector(one)]
    if not chosen:
        return None
    if len(chosen) >= _SELECTED_MESSAGE:
        what = f"{_many(''.join(chosen))} that select variants in a row: they can carry hidden bytes"
        return _Odd("error", what, "Remove them.")
    fits = bool(_EMOJI.match(before)) if chosen[0] in "\ufe0e\ufe0f" else bool(_IDEOGRAPH.match(before))
    if fits and run[0] == chosen[0]:
        return None
    return _Odd("warning", "A selector of variants after a character that has none", "Remove it.")


def _is_selector(one: str) -> bool:
    return "\ufe00" <= one <= "\ufe0f" or "\U000e0100" <= one <= "\U000e01ef"


def _is_balanced(line: str) -> bool:
    stack: list[str] = []
    for one in line:
        if one in _BIDI_OPEN:
            stack.append(_BIDI_OPEN[one])
        elif one in _BIDI_CLOSE and (not stack or stack.pop() != one):
            return False
    return not stack


def _many(run: str) -> str:
    return f"{len(run)} characters" if len(run) > 1 else "A character"


def _points(run: str) -> str:
    shown = ", ".join(f"U+{ord(one):04X}" for one in run[:4])
    return shown + (", …" if len(run) > 4 else "")


INVISIBLE = Check(NAME, 1, "Hidden and bidirectional Unicode", run)
