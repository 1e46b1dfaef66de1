"""Checks signed identity tokens (JSON Web Tokens, RFC 7519) against the keys that their issuer publishes.

Keys come from the issuer's own discovery document (OpenID Connect Discovery 1.0) and nowhere else: what a token's header
says of keys is not followed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import jwt

from hub import outbound

LEEWAY = 60  # seconds by which clocks may differ
KEEP_KEYS = 5 * 60  # seconds
REFETCH_AFTER = 60  # seconds, at least, between fetches for a key that is not known
MAX_BYTES = 16 * 1024
MAX_ISSUERS = 500  # whose keys are kept
MIN_RSA_BITS = 2048
# By the type of the key, so that a token cannot choose to be checked in another way.
ALGORITHMS = {"RSA": "RS256", "EC": "ES256"}


class BadToken(Exception):
    """The token does not hold. The message says what is wrong without quoting it."""


class IssuerUnreachable(Exception):
    """The issuer, or its keys, cannot be asked at the moment; the message says why."""


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


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token of which nothing is checked yet. Raises BadToken."""
    if len(token) > MAX_BYTES:
        raise BadToken("The token is too long.")
    try:
        return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise BadToken("This is no JSON Web Token.") from None


def verified(
    token: str, *, issuer: str, audience: str, allowed_hosts: Collection[str], only_audience: bool = False
) -> dict[str, Any]:
    """The claims of a token that `issuer` signed for `audience` and that holds now.

    `allowed_hosts` are those of `hub.outbound`; with `only_audience` the token may be for nobody else. Raises BadToken or
    IssuerUnreachable.
    """
    header, _ = parts(token)
    key = _key(issuer, header.get("kid"), header.get("alg"), allowed_hosts)
    try:
        return jwt.decode(
            token,
            key=key,
            algorithms=[key.algorithm_name],
            audience=audience,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "aud", "iss"], "strict_aud": only_audience},
        )
    except jwt.ExpiredSignatureError:
        raise BadToken("The token has expired.") from None
    except jwt.ImmatureSignatureError:
        raise BadToken("The token is not valid yet.") from None
    except jwt.InvalidAudienceError:
        raise BadToken(f"The token is not for this hub. Ask for the audience “{audience}”.") from None
    except (jwt.PyJWTError, ValueError, OverflowError):
        raise BadToken("The token's signature or claims do not hold.") from None


def discovered(issuer: str, *, allowed_hosts: Collection[str]) -> dict[str, Any]:
    """The issuer's discovery document, if it is about this issuer. Raises IssuerUnreachable."""
    try:
        document = outbound.fetch_json(
            f"{issuer.rstrip('/')}/.well-known/openid-configuration", allowed_hosts=allowed_hosts
        )
    except (outbound.Failed, outbound.Refused) as error:
        raise IssuerUnreachable(str(error)) from None
    if document.get("issuer") != issuer:
        raise IssuerUnreachable("The issuer's discovery document is about another issuer.")
    return document


def _key(issuer: str, key_id: object, algorithm: object, allowed_hosts: Collection[str]) -> jwt.PyJWK:
    if not isinstance(key_id, str) or algorithm not in ALGORITHMS.values():
        raise BadToken("The token must name its key, and be signed with RS256 or ES256.")
    found = _known(issuer, key_id, allowed_hosts)
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


def _known(issuer: str, key_id: str, allowed_hosts: Collection[str]) -> dict[str, Any] | None:
    """The issuer's key of this id. Keys are kept for a while; for an unknown id they are fetched again, not too often."""
    now = time.monotonic()
    with _lock:
        keys = _kept.get(issuer, _Keys())
    age = now - keys.fetched_at
    if age <= KEEP_KEYS and (key_id in keys.by_id or age <= REFETCH_AFTER):
        return keys.by_id.get(key_id)
    # Fetched outside of the lock: a slow issuer keeps nobody waiting who has another one.
    fetched = _Keys(_fetch(issuer, allowed_hosts), now)
    with _lock:
        if len(_kept) >= MAX_ISSUERS:
            _kept.clear()
        _kept[issuer] = fetched
    return fetched.by_id.get(key_id)


def _fetch(issuer: str, allowed_hosts: Collection[str]) -> dict[str, dict[str, Any]]:
    document = discovered(issuer, allowed_hosts=allowed_hosts)
    try:
        answer = outbound.fetch_json(str(document.get("jwks_uri", "")), allowed_hosts=allowed_hosts)
    except (outbound.Failed, outbound.Refused) as error:
        raise IssuerUnreachable(str(error)) from None
    found = answer.get("keys")
    rows = found if isinstance(found, list) else []
    return {row["kid"]: row for row in rows if isinstance(row, dict) and isinstance(row.get("kid"), str)}
