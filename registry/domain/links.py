"""Addresses that a manifest's metadata gives for people to follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_REPOSITORY = ("repository", "source", "sourceUrl")
_WEBSITE = ("homepage", "website", "websiteUrl", "url")
MOST_CHARACTERS = 300


@dataclass(frozen=True)
class Link:
    """An address on the web, and how it is shown."""

    url: str
    text: str


def repository_of(content: Mapping[str, Any]) -> Link | None:
    """Where the package's source is kept, if its metadata says so."""
    return _first(content, _REPOSITORY)


def website_of(content: Mapping[str, Any]) -> Link | None:
    """The package's own site, if its metadata says so."""
    return _first(content, _WEBSITE)


def _first(content: Mapping[str, Any], keys: tuple[str, ...]) -> Link | None:
    metadata = content.get("metadata")
    for key in keys if isinstance(metadata, Mapping) else ():
        value = metadata.get(key)  # type: ignore[union-attr]  # it is a mapping, or there are no keys
        if isinstance(value, Mapping):
            value = value.get("url")
        if isinstance(value, str) and (link := _link(value.strip())):
            return link
    return None


def _link(address: str) -> Link | None:
    """Only addresses of the web, without a password in them: anything else is not for a page to link to."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  # raises for a port that is none
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    if len(address) > MOST_CHARACTERS or any(character.isspace() for character in address):
        return None
    return Link(address, f"{parts.netloc}{parts.path}".removesuffix("/").removesuffix(".git"))
