"""Signing in a device: how long each thing lasts, the code that a person types, and how one token follows another."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from enum import StrEnum
from typing import Final

from hub.domain import tokens
from hub.domain.actions import Scope

CODE_LIFE: Final = dt.timedelta(minutes=10)  # to open a browser, sign in and compare eight letters
INTERVAL: Final = dt.timedelta(
    seconds=5
)  # between two questions of a client; RFC 8628 adds as much for one that hurries
# Clients count on more than an hour, and go on using the old token for a while after they got a new one.
ACCESS_LIFE: Final = dt.timedelta(hours=2)
REFRESH_LIFE: Final = dt.timedelta(days=30)  # begins anew with each refresh
GRACE: Final = dt.timedelta(minutes=5)  # two processes of one client refresh at once, or an answer is lost

SCOPES: Final = (Scope.READ, Scope.PUBLISH, Scope.MANAGE)
NAME_MAX_LENGTH: Final = 60

# Twenty consonants: no code spells a word, none needs a shift key, and no two letters look alike (RFC 8628, 6.1).
USER_CODE_ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
USER_CODE_LENGTH: Final = 8


class Outcome(StrEnum):
    """What has become of a client's wish to be signed in."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DENIED = "denied"
    USED = "used"


class Obstacle(StrEnum):
    """Why a client that asks for its tokens gets none (yet), in the words of RFC 8628, 3.5."""

    PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    DENIED = "access_denied"
    EXPIRED = "expired_token"
    UNKNOWN = "invalid_grant"


class EndReason(StrEnum):
    """Why a device is signed out."""

    PERSON = "ended by the person"
    CLIENT = "signed out by the client"
    PASSWORD = "the password was changed"
    REPLAY = "a refresh token was used again"


def generate_user_code() -> str:
    """A new code as it is shown, `BCDF-GHJK`: one of 25.6 thousand million."""
    letters = "".join(secrets.choice(USER_CODE_ALPHABET) for _ in range(USER_CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def normalize_user_code(text: str) -> str:
    """The letters of a code as somebody typed it: in any case, with or without the hyphen or blanks."""
    return "".join(character for character in text.upper() if character in USER_CODE_ALPHABET)


def user_code_digest(code: str, key: str) -> str:
    """What is stored of a code. Keyed, since eight letters could be found out by trying."""
    return hmac.new(key.encode(), b"device-code:" + normalize_user_code(code).encode(), hashlib.sha256).hexdigest()


def clean_name(text: str) -> str:
    """What a client calls itself, as it can be shown: one line of visible characters, cut to NAME_MAX_LENGTH."""
    visible = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(visible.split())[:NAME_MAX_LENGTH].strip()


def follower(token: str, key: str, purpose: str) -> str:
    """The token that follows `token`: always the same for the same key and purpose, and nobody's guess without both.

    So a repeated request is answered as it was the first time, although only digests are stored.
    """
    return tokens.from_digest(hmac.new(key.encode(), f"{purpose}:{token}".encode(), hashlib.sha256).digest())
