"""Reads npm-style version ranges and spells them out as plain comparators.

This module knows the notation only: `^1.2` becomes `>=1.2.0` and `<2.0.0-0`. What a comparator
allows is decided in `versions`, which owns the order of versions.

The meaning is npm's. The notation is npm's without its accidents: a leading `v`, build metadata,
numbers after a wildcard (`1.x.3`) and operators in a row (`> =1`) are refused with a reason,
because npm drops or reinterprets a part of each without a word.
"""

import re
from typing import NamedTuple

type Comparator = tuple[str, str]
"""An operator (`<`, `<=`, `=`, `>=`, `>`) and the text of a complete version."""

NOTHING: Comparator = ("<", "0.0.0-0")
ANYTHING: Comparator = (">=", "0.0.0")

# Every quantifier here is followed by something it cannot match itself, so no text is slow to refuse.
_SPACES = re.compile(r"[ \t\r\n]+")
_LOOSE_OPERATOR = re.compile(r"([<>=~^]) (?=[0-9xX*])")
_WORD = re.compile(
    r"(?P<operator>[<>]=?|=|\^|~>?|)"
    r"(?P<major>0|[1-9][0-9]*|[xX*])"
    r"(?:\.(?P<minor>0|[1-9][0-9]*|[xX*]))?"
    r"(?:\.(?P<patch>0|[1-9][0-9]*|[xX*]))?"
    r"(?P<prerelease>-[0-9A-Za-z.-]+)?"
)


class InvalidRange(ValueError):
    """A text is not a version range. The message says why, and what to write instead."""


class _Partial(NamedTuple):
    """A version whose last numbers may be missing; None stands for a wildcard or nothing."""

    major: int | None
    minor: int | None
    patch: int | None
    prerelease: str

    @property
    def floor(self) -> str:
        """The lowest version that it stands for."""
        return f"{self.major or 0}.{self.minor or 0}.{self.patch or 0}{self.prerelease}"

    @property
    def after(self) -> str:
        """The first version after those with the same major and, where one is given, minor number."""
        major = self.major or 0
        return f"{major + 1}.0.0" if self.minor is None else f"{major}.{self.minor + 1}.0"

    @property
    def breaking(self) -> str:
        """The first version that may be incompatible: one more in the leftmost number that is not 0."""
        major = self.major or 0
        if major > 0 or self.minor is None:
            return f"{major + 1}.0.0"
        if self.minor > 0 or self.patch is None:
            return f"0.{self.minor + 1}.0"
        return f"0.0.{self.patch + 1}"


def spell_out(text: str) -> tuple[tuple[Comparator, ...], ...]:
    """Return the alternatives of a range, each as the comparators that must all hold.

    An alternative without comparators allows anything.
    Raises InvalidRange. The caller checks the length, and that each comparator names a valid version.
    """
    plain = _LOOSE_OPERATOR.sub(r"\1", _SPACES.sub(" ", text))
    return tuple(_alternative(part.strip(" ")) for part in plain.split("||"))


def _alternative(text: str) -> tuple[Comparator, ...]:
    words = text.split(" ") if text else []
    if len(words) == 3 and words[1] == "-":
        found = _between(words[0], words[2])
    else:
        found = [comparator for word in words for comparator in _word(word)]
    return tuple(comparator for comparator in found if comparator != ANYTHING)


def _between(low: str, high: str) -> list[Comparator]:
    for end in (low, high):
        if _match(end)["operator"]:
            raise InvalidRange(f"{end!r} cannot stand beside ' - '; write two versions, such as '1.2 - 1.4'.")
    return [*_expand(">=", _partial(low)), *_expand("<=", _partial(high))]


def _word(word: str) -> list[Comparator]:
    return _expand(_match(word)["operator"], _partial(word))


def _expand(operator: str, version: _Partial) -> list[Comparator]:
    """Spell out one operator. Upper bounds end in `-0` so that they keep out the next one's prereleases."""
    if version.major is None:
        return [NOTHING] if operator in {"<", ">"} else [ANYTHING]
    if operator == "^":
        return [(">=", version.floor), ("<", f"{version.breaking}-0")]
    if operator in {"~", "~>"}:
        return [(">=", version.floor), ("<", f"{version.after}-0")]
    if version.patch is not None:
        return [(operator or "=", version.floor)]
    return {
        "<": [("<", f"{version.floor}-0")],
        "<=": [("<", f"{version.after}-0")],
        ">": [(">=", version.after)],
        ">=": [(">=", version.floor)],
    }.get(operator, [(">=", version.floor), ("<", f"{version.after}-0")])


def _match(word: str) -> re.Match[str]:
    if match := _WORD.fullmatch(word):
        return match
    raise InvalidRange(f"{word!r} is not a part of a range; {_advice(word)}")


def _advice(word: str) -> str:
    bare = word.lstrip("<>=~^")
    if "+" in word:
        return f"leave out the build metadata and write {word.partition('+')[0]!r}."
    if bare[:1] in {"v", "V"} and bare[1:2].isdigit():
        return f"leave out the 'v' and write {word.replace(bare[0], '', 1)!r}."
    if bare == "latest":
        return "'latest' stands alone, without operators or other versions."
    if re.search(r"(?<![0-9A-Za-z-])0[0-9]", bare.partition("-")[0]):
        return "numbers have no leading zeros."
    if "," in word or "&" in word:
        return "separate conditions by a space, as in '>=1.2 <2'."
    return "write for example 'latest', '1.2.3', '^1.2', '~1.2.3', '1.x', '>=1.2 <2', '1.2 - 1.4' or '1.2 || 2'."


def _partial(word: str) -> _Partial:
    match = _match(word)
    numbers = [match["major"], match["minor"], match["patch"]]
    known = [number for number in numbers if number and number.isdigit()]
    given = [number for number in numbers if number]
    if given[: len(known)] != known or (match["prerelease"] and len(known) < 3):
        raise InvalidRange(f"{word!r} goes on after a wildcard or a missing number; write for example '1.2.x'.")
    major, minor, patch = [*map(int, known), None, None, None][:3]
    return _Partial(major, minor, patch, match["prerelease"] or "")
