"""The vault: what the database keeps but may not know is encrypted with a key from outside it (`VAULT_KEY`)."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(ValueError):
    """What was sealed cannot be opened: it was changed, or its key is gone."""


def box() -> MultiFernet:
    """Encrypts with the first key and decrypts with any, so that a key can be replaced."""
    return MultiFernet([Fernet(key) for key in settings.VAULT_KEYS])


def seal(text: str) -> str:
    """Encrypt `text` for storage; the result is ASCII."""
    return box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Give back what `seal` took. Raises Unreadable."""
    try:
        return box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable("This was sealed with another key, or changed since.") from None
