"""What an organization's provider says of a person, brought into the hub's own words and bounds."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from hub.domain import slugs

SUBJECT_MAX_LENGTH = 191
GROUP_MAX_LENGTH = 255
MAX_GROUPS = 1000
MAX_CERTIFICATES = 5
_MIN_RSA_BITS = 2048
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


class InvalidIdentity(ValueError):
    """The provider did not say who the person is in a form that can be used; the message says what is missing."""


class InvalidCertificate(ValueError):
    """What was given cannot serve to check signatures; the message says why."""


@dataclass(frozen=True)
class Identity:
    """One person as a provider knows it. `subject` never changes there; everything else may."""

    subject: str
    email: str = ""
    username: str = ""
    name: str = ""
    groups: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """How the identity is shown to people."""
        return self.email or self.username or self.subject


def identity(*, subject: object, email: object, username: object, name: object, groups: object) -> Identity:
    """An identity from what a provider sent, whatever its type. Raises InvalidIdentity if the subject cannot be used."""
    if not isinstance(subject, str) or not subject.strip() or not subject.isprintable():
        raise InvalidIdentity("The provider did not send an identifier of the person.")
    if len(subject) > SUBJECT_MAX_LENGTH:
        raise InvalidIdentity(
            f"The provider's identifier of the person is longer than {SUBJECT_MAX_LENGTH} characters."
        )
    return Identity(subject, _line(email, 254).lower(), _line(username, 150), _line(name, 150), groups_of(groups))


def groups_of(value: object) -> frozenset[str]:
    """The names of groups in a claim: a list of texts, or one text. What is neither, or too long, is left out."""
    given = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
    names = (one.strip() for one in given[:MAX_GROUPS] if isinstance(one, str))
    return frozenset(name for name in names if name and len(name) <= GROUP_MAX_LENGTH and name.isprintable())


def usernames(person: Identity) -> Iterator[str]:
    """Names for a new account, the best first, without end. Each may be taken; the caller asks for the next one then."""
    base = _slug(person.username.partition("@")[0] or person.email.partition("@")[0] or person.name) or "member"
    for number in range(1, 6):
        candidate = base if number == 1 else f"{base[: slugs.NAMESPACE_MAX_LENGTH - 2].rstrip('._-')}-{number}"
        if _is_free_to_take(candidate):
            yield candidate
    while True:
        yield f"{base[:24].rstrip('._-')}-{secrets.token_hex(4)}"


def certificates(text: str, *, now: datetime | None = None) -> str:
    """The certificates in `text` (PEM, several for a change of keys, or bare base64), in one form.

    Raises InvalidCertificate for none, too many, one that has expired, or one with a weak key.
    """
    blocks = _BLOCK.findall(text) or [f"-----BEGIN CERTIFICATE-----\n{text.strip()}\n-----END CERTIFICATE-----\n"]
    if len(blocks) > MAX_CERTIFICATES:
        raise InvalidCertificate(f"At most {MAX_CERTIFICATES} certificates.")
    return "".join(_checked(block, now or datetime.now(UTC)) for block in blocks)


def fingerprints(text: str) -> list[str]:
    """The SHA-256 of each certificate in the form of `certificates`."""
    return [
        x509.load_pem_x509_certificate(block.encode()).fingerprint(hashes.SHA256()).hex()
        for block in _BLOCK.findall(text)
    ]


def bodies(text: str) -> list[str]:
    """The base64 of each certificate in the form of `certificates`, without its first and last line."""
    return ["".join(block.splitlines()[1:-1]) for block in _BLOCK.findall(text)]


def _checked(block: str, now: datetime) -> str:
    try:
        found = x509.load_pem_x509_certificate(block.encode())
        key = found.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidCertificate("This is not a certificate. It begins with “-----BEGIN CERTIFICATE-----”.") from None
    if found.not_valid_after_utc <= now:
        raise InvalidCertificate(f"The certificate expired on {found.not_valid_after_utc:%Y-%m-%d}.")
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _MIN_RSA_BITS:
        raise InvalidCertificate(f"The certificate needs an RSA key of at least {_MIN_RSA_BITS} bits.")
    return found.public_bytes(Encoding.PEM).decode()


def _line(value: object, longest: int) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text if text.isprintable() and len(text) <= longest else ""


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    if any(suffix in plain for suffix in slugs.FILE_SUFFIXES):
        plain = plain.replace(".", "-")
    return re.sub(r"[^a-z0-9._-]+", "-", plain)[: slugs.NAMESPACE_MAX_LENGTH].strip("._-")


def _is_free_to_take(name: str) -> bool:
    try:
        slugs.check_namespace(name)
    except slugs.InvalidName:
        return False
    return True
