"""Asks an upstream, within bounds, and never a private address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from hub import outbound
from registry.domain.mirrors import Unusable

MAX_BYTES = 8 * 1024 * 1024
TIMEOUT = 20.0
MAX_PAGES = 2000
LIMIT = 100


def ask(url: str) -> dict[str, Any]:
    """The JSON object there. Raises outbound.Refused or outbound.Failed."""
    hosts = settings.MIRROR_ALLOWED_HOSTS
    return outbound.fetch_json(url, allowed_hosts=hosts, timeout=TIMEOUT, max_bytes=MAX_BYTES)


def ask_bytes(url: str) -> bytes:
    """The bytes there. Raises outbound.Refused or outbound.Failed."""
    hosts = settings.MIRROR_ALLOWED_HOSTS
    return outbound.fetch_bytes(url, allowed_hosts=hosts, timeout=TIMEOUT, max_bytes=MAX_BYTES)


def pages(url: str, query: dict[str, str], following: str) -> Iterator[dict[str, Any]]:
    """Each page of a list; `following` is the path, with dots, to the cursor of the next one."""
    cursor = ""
    for _ in range(MAX_PAGES):
        page = ask(f"{url}?{urlencode({**query, **({'cursor': cursor} if cursor else {})})}")
        yield page
        before, cursor = cursor, text(page, *following.split("."))
        if not cursor:
            return
        if cursor == before:
            raise outbound.Failed("The upstream's list goes round in circles.")
    raise outbound.Failed(f"The upstream's list has more than {MAX_PAGES} pages.")


def text(value: object, *path: str, limit: int = 100_000) -> str:
    """The text at `path` inside a JSON value; empty if there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value.replace("\0", "")[:limit] if isinstance(value, str) else ""


def items(page: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a page's list."""
    found = page.get(name)
    if not isinstance(found, list):
        raise Unusable(f"The upstream's answer has no list of “{name}”.")
    return [one for one in found if isinstance(one, dict)]
