"""The form of an API token: `ahub_`, 32 random base-62 characters, 6 characters of checksum.

The prefix and the checksum let scanners recognise a leaked token without asking the hub
(the idea is GitHub's token format of 2021: CRC-32 of the random part, in base 62).
"""

from __future__ import annotations

import hashlib
import secrets
import string
import zlib

PREFIX = "ahub_"
RANDOM_LENGTH = 32
CHECKSUM_LENGTH = 6
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def generate() -> str:
    """A new token with about 190 bits of randomness. It is shown once and never stored."""
    random = "".join(secrets.choice(_ALPHABET) for _ in range(RANDOM_LENGTH))
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
