"""Signatures of webhooks that Git servers send. Whoever knows the source's secret may ask for a sync, and for nothing else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping

PREFIX = "whsec_"
TOLERANCE = 300.0  # seconds, for the form that is dated


def new_secret() -> str:
    """A secret that every form below takes: 256 random bits, in the spelling of Standard Webhooks."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def is_authentic(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> bool:
    """Whether one of the signatures among `headers` is made with `secret`. Each comparison takes the same time.

    Known are GitHub's (`X-Hub-Signature-256`), Gitea's and Forgejo's (`X-Gitea-Signature`, `X-Forgejo-Signature`),
    GitLab's token (`X-Gitlab-Token`) and the dated form that newer GitLab signs with (`webhook-signature`).
    """
    lower = {name.lower(): value for name, value in headers.items()}
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    given = [
        _same(lower.get("x-hub-signature-256", ""), f"sha256={wanted}"),
        _same(lower.get("x-gitea-signature", ""), wanted),
        _same(lower.get("x-forgejo-signature", ""), wanted),
        _same(lower.get("x-gitlab-token", ""), secret),
        _is_dated(lower, body, secret, now),
    ]
    return any(given)


def _is_dated(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> bool:
    """The form of Standard Webhooks: several signatures may be given, one has to be right, and the time near."""
    moment = headers.get("webhook-timestamp", "")
    if not moment.isascii() or not moment.isdigit() or len(moment) > 12 or abs(now - int(moment)) > TOLERANCE:
        return False
    signed = b".".join((headers.get("webhook-id", "").encode(), moment.encode(), body))
    wanted = "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()
    return any(_same(one, wanted) for one in headers.get("webhook-signature", "").split(" ")[:10])


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        return secret.encode()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())
