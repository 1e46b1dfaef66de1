"""The form of an API token: `ahub_`, 32 random base-62 characters, 6 characters of checksum.

The prefix and the checksum let scanners recognise a leaked token without asking the hub
(the idea is GitHub's token format of 2021: CRC-32 of the random part, in base 62).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import string
import zlib
from enum import StrEnum

PREFIX = "ahub_"
RANDOM_LENGTH = 32
CHECKSUM_LENGTH = 6
# What a scanner for leaked secrets looks for; the checksum then tells a token from something that only looks like one.
SCANNER_PATTERN = rf"\b{PREFIX}[0-9A-Za-z]{{{RANDOM_LENGTH + CHECKSUM_LENGTH}}}\b"
SOON = dt.timedelta(days=7)
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


class State(StrEnum):
    """What has become of a token. `REPLACED` was rotated; it may still work until its overlap ends."""

    IN_FORCE = "in-force"
    EXPIRES_SOON = "expires-soon"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"


def state(*, revoked: bool, replaced: bool, expires_at: dt.datetime | None, now: dt.datetime) -> State:
    """The state to show: the reason that weighs most for somebody who wonders whether the token works."""
    if revoked:
        return State.REVOKED
    if replaced:
        return State.REPLACED
    if expires_at is not None and expires_at <= now:
        return State.EXPIRED
    return State.EXPIRES_SOON if expires_at is not None and expires_at <= now + SOON else State.IN_FORCE


def generate() -> str:
    """A new token with about 190 bits of randomness. It is shown once and never stored."""
    random = "".join(secrets.choice(_ALPHABET) for _ in range(RANDOM_LENGTH))
    return PREFIX + random + _checksum(random)


def from_digest(digest: bytes) -> str:
    """The token that a digest of at least 32 bytes stands for: the same for the same digest."""
    number, random = int.from_bytes(digest), ""
    for _ in range(RANDOM_LENGTH):
        number, rest = divmod(number, len(_ALPHABET))
        random += _ALPHABET[rest]
    return PREFIX + random + _checksum(random)


def is_well_formed(text: str) -> bool:
    """Whether `text` has the form of a token and its checksum fits; says nothing about being in force."""
    random = text.removeprefix(PREFIX)[:RANDOM_LENGTH]
    return len(random) == RANDOM_LENGTH and text == PREFIX + random + _checksum(random)


def digest(token: str) -> str:
    """What is stored of a token: SHA-256 in hexadecimal. Its randomness makes salt and stretching needless."""
    return hashlib.sha256(token.encode()).hexdigest()


def _checksum(random: str) -> str:
    number, digits = zlib.crc32(random.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, rest = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[rest] + digits
    return digits
