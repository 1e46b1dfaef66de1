"""What an audit event is once written down: its canonical bytes, its digest, and the seals that hold digests together.

Everything here can be checked without the hub and its database: docs/audit.md gives the format in words.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

FORMAT = 1
NO_SEAL = "0" * 64  # what the first seal names as the one before it
BIGGEST = 2**53  # the largest whole number that every reader of JSON keeps exact

type Plain = str | int | bool | list[Plain] | dict[str, Plain] | None


def plain(value: object) -> Plain:
    """`value` as JSON that comes back from any store as it went in: no fractions, no huge numbers, no unstorable text."""
    match value:
        case None | bool():
            return value
        case Enum():
            return plain(value.value)
        case str():
            return value.replace("\0", "�").encode("utf-8", "replace").decode()
        case int():
            return value if abs(value) <= BIGGEST else str(value)
        case dt.datetime():
            return moment(value)
        case Mapping():
            return {str(plain(str(name))): plain(each) for name, each in value.items()}
        case list() | tuple() | set() | frozenset():
            items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
            return [plain(each) for each in items]
    return plain(str(value))


def canonical(value: Mapping[str, object]) -> bytes:
    """The one way to write `value`: JSON in UTF-8, names in order of code points, no blanks."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(event: Mapping[str, object]) -> str:
    """SHA-256 of an event's canonical form, in hexadecimal digits."""
    return hashlib.sha256(canonical({"format": FORMAT, **event})).hexdigest()


def moment(at: dt.datetime) -> str:
    """A time in UTC with microseconds, always of the same length."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def address(text: str | None) -> str | None:
    """An IP address in its shortest form, without a zone; None if it is none."""
    try:
        return str(ipaddress.ip_address((text or "").partition("%")[0]))
    except ValueError:
        return None


def entries_digest(ids: Iterable[int], digests: Iterable[str]) -> str:
    """What a seal says of its events: SHA-256 over one line `id digest` for each, in order."""
    lines = "".join(f"{number} {each}\n" for number, each in zip(ids, digests, strict=True))
    return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True)
class Seal:
    """A signed statement about a run of events, chained to the one before. Positions of events have no gaps.

    `ids` and `digests` are None where only the statement is at hand, as in the export of one organization.
    """

    number: int
    at: str
    newest_at: str
    first_position: int
    count: int
    entries: str
    previous: str
    key: str
    signature: bytes = b""
    ids: tuple[int, ...] | None = None
    digests: tuple[str, ...] | None = None

    @property
    def statement(self) -> bytes:
        """The bytes that are signed."""
        names = ("number", "at", "newest_at", "first_position", "count", "entries", "previous", "key")
        return canonical({"format": FORMAT, **{name: getattr(self, name) for name in names}})

    @property
    def hash(self) -> str:
        """What the next seal names as `previous`: SHA-256 over statement and signature."""
        return hashlib.sha256(self.statement + self.signature).hexdigest()

    @property
    def last_position(self) -> int:
        """The position of the last event."""
        return self.first_position + self.count - 1
