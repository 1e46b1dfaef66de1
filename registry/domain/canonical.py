"""Canonical JSON (RFC 8785) and digests: the same value always gives the same bytes, and the bytes their name."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import rfc8785

DIGEST_PATTERN = re.compile(r"sha256:[0-9a-f]{64}")


def encode(value: Any) -> bytes:
    """A JSON value as canonical UTF-8 bytes. Numbers must be finite, whole ones at most 2**53 - 1 (yamltext sees to it)."""
    return rfc8785.dumps(value)


def digest(content: bytes) -> str:
    """The content's name: `sha256:` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
