"""The secret in the link of an invitation, and how an address is shown to somebody whom it does not belong to."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

LIFE = timedelta(days=7)
RESEND_AFTER = timedelta(minutes=1)


def new_secret() -> str:
    """256 random bits, in characters that need no quoting in an address."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a secret: its SHA-256 in hexadecimal. It is random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def masked(email: str) -> str:
    """`m…@example.com`: enough to know one's own address by, too little to learn another person's."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
