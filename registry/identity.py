"""Checks identity tokens of CI systems (JSON Web Tokens, RFC 7519) against the keys of their issuers.

An issuer is one that the operator has configured, by the exact text of `iss`. Its keys come from its own discovery
document (OpenID Connect Discovery 1.0) and nowhere else: what a token's header says of keys is not followed.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.conf import settings

from hub import outbound

LEEWAY = 60  # seconds by which clocks may differ
MAX_AGE = 15 * 60  # seconds since the token was made
KEEP_KEYS = 5 * 60  # seconds
REFETCH_AFTER = 60  # seconds, at least, between fetches for a key that is not known
MAX_TOKEN_BYTES = 16 * 1024
MIN_RSA_BITS = 2048
# By the type of the key, so that a token cannot choose to be checked in another way.
ALGORITHMS = {"RSA": "RS256", "EC": "ES256"}


class BadToken(Exception):
    """The token is not one of a configured issuer for this hub, now. The message says what is wrong without quoting it."""


class IssuerUnreachable(Exception):
    """The issuer's keys cannot be fetched at the moment."""


@dataclass
class _Keys:
    """The keys of one issuer by their id, and when they were fetched."""

    by_id: dict[str, dict[str, Any]] = field(default_factory=dict)
    fetched_at: float = float("-inf")


_kept: dict[str, _Keys] = {}
_lock = threading.Lock()


def forget_keys() -> None:
    """Fetch all keys anew from now on."""
    with _lock:
        _kept.clear()


def verified(token: str) -> tuple[str, dict[str, Any]]:
    """The issuer and the claims of a token that holds. Raises BadToken or IssuerUnreachable."""
    if len(token) > MAX_TOKEN_BYTES:
        raise BadToken("The token is too long.")
    try:
        header = jwt.get_unverified_header(token)
        unverified = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise BadToken("This is no JSON Web Token.") from None
    issuer = unverified.get("iss")
    if not isinstance(issuer, str) or issuer not in settings.TRUSTED_ISSUERS:
        raise BadToken("The token's issuer is not one that this hub trusts.")
    key = _key(issuer, header.get("kid"), header.get("alg"))
    try:
        claims = jwt.decode(
            token,
            key=key,
            algorithms=[key.algorithm_name],
            audience=settings.BASE_URL,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "aud", "iss"], "strict_aud": True},
        )
    except jwt.ExpiredSignatureError:
        raise BadToken("The token has expired.") from None
    except jwt.ImmatureSignatureError:
        raise BadToken("The token is not valid yet.") from None
    except (jwt.InvalidAudienceError, jwt.InvalidIssuerError):
        raise BadToken(f"The token is not for this hub. Ask for the audience “{settings.BASE_URL}”.") from None
    except (jwt.PyJWTError, ValueError, OverflowError):
        raise BadToken("The token's signature or claims do not hold.") from None
    if claims["iat"] < time.time() - MAX_AGE - LEEWAY:
        raise BadToken("The token is too old. Ask for one right before publishing.")
    return issuer, claims


def _key(issuer: str, key_id: object, algorithm: object) -> jwt.PyJWK:
    if not isinstance(key_id, str) or algorithm not in ALGORITHMS.values():
        raise BadToken("The token must name its key, and be signed with RS256 or ES256.")
    found = _known(issuer, key_id)
    if found is None:
        raise BadToken("The token is signed with a key that its issuer does not have.")
    expected = ALGORITHMS.get(str(found.get("kty")))
    if expected != algorithm or found.get("use", "sig") != "sig":
        raise BadToken("The token's key is not for signatures of this kind.")
    try:
        key = jwt.PyJWK.from_dict(found, algorithm=expected)
    except (jwt.PyJWTError, ValueError):
        raise BadToken("The issuer's key cannot be used.") from None
    if expected == "RS256" and key.key.key_size < MIN_RSA_BITS:
        raise BadToken("The issuer's key is too short.")
    return key


def _known(issuer: str, key_id: str) -> dict[str, Any] | None:
    """The issuer's key of this id. The keys are kept for a while; for an unknown id they are fetched again, not too often."""
    with _lock:
        keys = _kept.setdefault(issuer, _Keys())
        age = time.monotonic() - keys.fetched_at
        if age > KEEP_KEYS or (key_id not in keys.by_id and age > REFETCH_AFTER):
            keys.by_id = _fetch(issuer)
            keys.fetched_at = time.monotonic()
        return keys.by_id.get(key_id)


def _fetch(issuer: str) -> dict[str, dict[str, Any]]:
    # The operator configured the issuer, so it may be in the own network. What it points to may be nowhere else.
    hosts = [urlsplit(issuer).netloc]
    try:
        document = outbound.fetch_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration", allowed_hosts=hosts)
        if document.get("issuer") != issuer:
            raise IssuerUnreachable("The issuer's discovery document is about another issuer.")
        answer = outbound.fetch_json(str(document.get("jwks_uri", "")), allowed_hosts=hosts)
    except (outbound.Failed, outbound.Refused) as error:
        raise IssuerUnreachable(str(error)) from None
    found = answer.get("keys")
    rows = found if isinstance(found, list) else []
    return {row["kid"]: row for row in rows if isinstance(row, dict) and isinstance(row.get("kid"), str)}
