"""Versions of releases (SemVer 2.0.0) and the ranges that ask for them.

`Version` is what a release is published under; `Range` is what a requirement, a lock request or a
client names. Both are values: reading one never depends on which releases exist.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from registry.domain.ranges import InvalidRange, spell_out

__all__ = [
    "LATEST",
    "MAX_RANGE_LENGTH",
    "MAX_SORT_KEY_LENGTH",
    "MAX_VERSION_LENGTH",
    "InvalidRange",
    "InvalidVersion",
    "Range",
    "Version",
]

LATEST = "latest"
MAX_VERSION_LENGTH = 64
MAX_RANGE_LENGTH = 256
# The longest sort key is that of a version made of one-digit identifiers: 51 + 29 identifiers of 18, less a comma.
MAX_SORT_KEY_LENGTH = 572
# The largest number that every client, JavaScript included, reads exactly. It has 16 digits.
MAX_NUMBER = 2**53 - 1

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?")
_DIGITS = re.compile(r"[0-9]+")
_ALPHABET = re.compile(r"[0-9A-Za-z-]+")


class InvalidVersion(ValueError):
    """A text is not a version. The message says why, and how to mend it."""


@dataclass(frozen=True, order=True, slots=True)
class Version:
    """A semantic version. Equal, ordered and hashed by precedence; make one with `parse`.

    `sort_key` sorts, codepoint by codepoint (Python's `<`, PostgreSQL's collation "C"), exactly as
    the versions do. It has at most MAX_SORT_KEY_LENGTH characters, all ASCII.
    """

    major: int = field(compare=False)
    minor: int = field(compare=False)
    patch: int = field(compare=False)
    prerelease: tuple[int | str, ...] = field(default=(), compare=False)
    sort_key: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sort_key", _sort_key(self))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a version such as `1.2.3` or `2.0.0-rc.1`. Raises InvalidVersion."""
        match = _VERSION.fullmatch(text) if len(text) <= MAX_VERSION_LENGTH else None
        if match is None:
            raise InvalidVersion(_fault(text))
        major, minor, patch = (_number(digits) for digits in match.group(1, 2, 3))
        identifiers = match[4].split(".") if match[4] else []
        return cls(major, minor, patch, tuple(_number(i) if _DIGITS.fullmatch(i) else i for i in identifiers))

    def __str__(self) -> str:
        core = f"{self.major}.{self.minor}.{self.patch}"
        return f"{core}-{'.'.join(map(str, self.prerelease))}" if self.prerelease else core

    @property
    def is_prerelease(self) -> bool:
        """Whether it announces a version that is still to come."""
        return bool(self.prerelease)

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Major, minor and patch number, which a version shares with its prereleases."""
        return (self.major, self.minor, self.patch)


@dataclass(frozen=True, slots=True)
class _Bound:
    """One comparator of a range."""

    operator: str
    version: Version

    def holds(self, version: Version) -> bool:
        if self.operator == "=":
            return version == self.version
        if version == self.version:
            return self.operator in {"<=", ">="}
        return (version < self.version) == self.operator.startswith("<")


@dataclass(frozen=True, slots=True)
class Range:
    """Which versions are asked for: `latest`, one exact version, or an npm-style range.

    `text` is what was asked, trimmed; two ranges are equal if their texts are. Make one with `parse`.
    """

    text: str
    _alternatives: tuple[tuple[_Bound, ...], ...] = field(repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a range; an empty text means `latest`. Raises InvalidRange."""
        if len(text) > MAX_RANGE_LENGTH:
            raise InvalidRange(f"A range is at most {MAX_RANGE_LENGTH} characters long; this has {len(text)}.")
        asked = text.strip(" \t\r\n") or LATEST
        comparators = ((),) if asked == LATEST else spell_out(asked)
        try:
            bounds = tuple(
                tuple(_Bound(operator, Version.parse(version)) for operator, version in alternative)
                for alternative in comparators
            )
        except InvalidVersion as error:
            raise InvalidRange(f"The range {asked!r} names a version that cannot exist: {error}") from error
        # As in npm, an alternative that allows anything leaves the others, and the prereleases they name, no say.
        return cls(asked, ((),) if () in bounds else bounds)

    def __str__(self) -> str:
        return self.text

    @property
    def is_latest(self) -> bool:
        """Whether it asks for whatever is newest."""
        return self.text == LATEST

    @property
    def is_exact(self) -> bool:
        """Whether only one version can ever satisfy it."""
        return len(self._alternatives) == 1 and [bound.operator for bound in self._alternatives[0]] == ["="]

    def allows(self, version: Version) -> bool:
        """Whether a version is one that is asked for.

        Prereleases count, as in npm, only if a comparator of the range names a prerelease of the same
        three numbers. `latest` allows every version, because any may be the newest; see `best`.
        """
        return self.is_latest or any(_satisfies(version, alternative) for alternative in self._alternatives)

    def best(self, versions: Iterable[Version]) -> Version | None:
        """Return the newest of the allowed versions, in whatever order they come; None if there is none.

        For `latest` a stable version is better than any prerelease, however new that is.
        """
        allowed = [version for version in versions if self.allows(version)]
        if self.is_latest:
            allowed = [version for version in allowed if not version.is_prerelease] or allowed
        return max(allowed, default=None)


def _satisfies(version: Version, bounds: tuple[_Bound, ...]) -> bool:
    if not all(bound.holds(version) for bound in bounds):
        return False
    return not version.is_prerelease or any(
        bound.version.is_prerelease and bound.version.numbers == version.numbers for bound in bounds
    )


def _sort_key(version: Version) -> str:
    """Encode precedence as text.

    Numbers have a fixed width. After them `-` (a prerelease) sorts before `~` (none). Identifiers begin
    with `0` if numeric and `1` if not, and are parted by `,`, which sorts before all they consist of.
    """
    core = ".".join(f"{number:016}" for number in version.numbers)
    if not version.prerelease:
        return f"{core}~"
    return f"{core}-" + ",".join(f"0{i:016}" if isinstance(i, int) else f"1{i}" for i in version.prerelease)


def _number(digits: str) -> int:
    number = int(digits)
    if number > MAX_NUMBER:
        raise InvalidVersion(f"{digits} is too large; numbers in a version go up to {MAX_NUMBER}.")
    return number


def _fault(text: str) -> str:
    """Say what is wrong with a text that is not a version."""
    if len(text) > MAX_VERSION_LENGTH:
        return f"A version is at most {MAX_VERSION_LENGTH} characters long; this has {len(text)}."
    if not text.strip():
        return "The version is empty; write three numbers, such as 1.0.0."
    if text != text.strip():
        return f"{text!r} has spaces around it; write {text.strip()!r}."
    if text[0] in "vV=" and text[1:2].isdigit():
        return f"{text!r} begins with {text[0]!r}; write {text[1:]!r}."
    core, hyphen, prerelease = text.partition("-")
    if "+" in text:
        return (
            f"{text!r} has build metadata; leave out everything from '+' on. "
            "Two releases that differ only there would have equal precedence, so neither would be the newer one."
        )
    numbers = core.split(".")
    return _fault_in_numbers(text, numbers) or (hyphen and _fault_in_prerelease(text, prerelease)) or _not_three(text)


def _fault_in_numbers(text: str, numbers: list[str]) -> str:
    if not all(_DIGITS.fullmatch(number) for number in numbers):
        return ""
    for number in numbers:
        if number[0] == "0" and number != "0":
            return f"{text!r} has a number with a leading zero; write {number.lstrip('0') or '0'} instead of {number}."
    if len(numbers) < 3:
        core = ".".join(numbers)
        return f"{text!r} has too few numbers; write {text.replace(core, core + '.0' * (3 - len(numbers)), 1)!r}."
    return _not_three(text) if len(numbers) > 3 else ""


def _fault_in_prerelease(text: str, prerelease: str) -> str:
    for identifier in prerelease.split("."):
        if not identifier:
            return f"{text!r} has an empty part after its hyphen; write for example '1.0.0-rc.1'."
        if not _ALPHABET.fullmatch(identifier):
            return f"{text!r} has {identifier!r} after its hyphen; use only letters, digits, hyphens and dots."
        if _DIGITS.fullmatch(identifier) and identifier[0] == "0" and identifier != "0":
            mended = identifier.lstrip("0") or "0"
            return f"{text!r} has a number with a leading zero; write {mended} instead of {identifier}."
    return ""


def _not_three(text: str) -> str:
    return f"{text!r} is not a version; write three numbers separated by dots, such as 1.0.0 or 1.0.0-rc.1."
