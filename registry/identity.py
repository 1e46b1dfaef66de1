"""Identity tokens of CI systems: from which issuers, for whom, how old.

An issuer is one that the operator has configured, by the exact text of `iss`.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from hub import id_tokens
from hub.id_tokens import LEEWAY, BadToken, IssuerUnreachable

MAX_AGE = 15 * 60  # seconds since the token was made
MAX_TOKEN_BYTES = id_tokens.MAX_BYTES
__all__ = ["LEEWAY", "MAX_TOKEN_BYTES", "BadToken", "IssuerUnreachable", "verified"]


def verified(token: str) -> tuple[str, dict[str, Any]]:
    """The issuer and the claims of a token that holds. Raises BadToken or IssuerUnreachable."""
    _, unverified = id_tokens.parts(token)
    issuer = unverified.get("iss")
    if not isinstance(issuer, str) or issuer not in settings.TRUSTED_ISSUERS:
        raise BadToken("The token's issuer is not one that this hub trusts.")
    # The operator configured the issuer, so it may be in the own network. What it points to may be nowhere else.
    hosts = [urlsplit(issuer).netloc]
    claims = id_tokens.verified(
        token, issuer=issuer, audience=settings.BASE_URL, allowed_hosts=hosts, only_audience=True
    )
    if claims["iat"] < time.time() - MAX_AGE - LEEWAY:
        raise BadToken("The token is too old. Ask for one right before publishing.")
    return issuer, claims
