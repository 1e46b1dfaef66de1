"""The key behind the audit log. The database never holds it, so whoever can write there cannot write what it would sign."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@dataclass(frozen=True)
class AuditKey:
    """One secret, two uses: it signs seals (Ed25519), and marks each event as the hub writes it (HMAC)."""

    _signing: Ed25519PrivateKey
    _marking: bytes

    @property
    def public(self) -> str:
        """The public half, in hexadecimal digits. Give it to whoever shall check seals."""
        return self._signing.public_key().public_bytes_raw().hex()

    @property
    def fingerprint(self) -> str:
        """The short name of the public half."""
        return fingerprint(self.public)

    def sign(self, statement: bytes) -> bytes:
        """A signature of 64 bytes."""
        return self._signing.sign(statement)

    def mark(self, digest: str) -> str:
        """What proves that this hub wrote an event of that digest."""
        return hmac.new(self._marking, digest.encode(), hashlib.sha256).hexdigest()

    def has_marked(self, digest: str, mark: str) -> bool:
        """Whether `mark` is the one for `digest`. Takes the same time for every wrong one."""
        return hmac.compare_digest(self.mark(digest), mark)


@cache
def from_secret(secret: str) -> AuditKey:
    """The key that a secret text stands for. Any text will do; the launcher makes one of 32 random bytes."""
    return AuditKey(
        Ed25519PrivateKey.from_private_bytes(_derive(secret, b"assistant-hub audit: sign seals")),
        _derive(secret, b"assistant-hub audit: mark events"),
    )


def fingerprint(public: str) -> str:
    """The first 16 hexadecimal digits of a public key's SHA-256."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


def is_signed(statement: bytes, signature: bytes, key: str, publics: Mapping[str, str]) -> bool:
    """Whether `signature` is that of the key named `key`, one of `publics` (fingerprint to public half)."""
    if key not in publics or fingerprint(publics[key]) != key:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(publics[key])).verify(signature, statement)
    except InvalidSignature:
        return False
    return True


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret.encode())
