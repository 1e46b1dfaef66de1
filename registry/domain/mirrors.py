"""Mirrors as values: what an upstream offers, under which name it is kept here, and which of it is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from hub.domain import slugs

MIN_HOURS, MAX_HOURS = 1, 24 * 30
MAX_PATTERNS = 50
# An upstream's name: two halves, as packages and MCP servers have.
_NAME = re.compile(r"[A-Za-z0-9._-]{1,120}/[A-Za-z0-9._-]{1,120}")
_PATTERN = re.compile(r"[A-Za-z0-9._/*?-]{1,200}")


class InvalidPatterns(ValueError):
    """A text that is no pattern of names; the message says what one looks like."""


class Unusable(ValueError):
    """What an upstream offers cannot be kept here; the message says why."""


@dataclass(frozen=True)
class Offered:
    """One version of a package upstream. `manifest` is empty until it is fetched; `digest` is what the upstream says of it."""

    version: str
    digest: str = ""
    manifest: str = ""
    readme: str = ""
    changelog: str = ""
    withdrawn: str = ""  # why it may not be chosen any more; empty if it may
    url: str = ""


@dataclass(frozen=True)
class Source:
    """One package upstream. `gone` says why it is there no more.

    `deprecated` is what the upstream says about its end: empty for nothing, None if this entry does not tell.
    """

    name: str
    kind: str
    summary: str
    updated_at: str
    gone: str = ""
    deprecated: str | None = None
    offered: tuple[Offered, ...] = field(default=(), repr=False)


def check_patterns(patterns: Iterable[str]) -> list[str]:
    """The patterns, each once, sorted; none stands for everything. Raises InvalidPatterns."""
    wanted = sorted({text.strip() for text in patterns if text.strip()})
    if len(wanted) > MAX_PATTERNS:
        raise InvalidPatterns(f"Give at most {MAX_PATTERNS} patterns.")
    for text in wanted:
        if not _PATTERN.fullmatch(text):
            raise InvalidPatterns(
                f"“{text[:60]}” is no pattern of names. Write “acme/*”, “io.github.acme/*” or “acme/style”."
            )
    return wanted


def is_wanted(name: str, patterns: Iterable[str]) -> bool:
    """Whether a package of that name upstream is to be mirrored, whatever its letter case."""
    chosen = list(patterns)
    return not chosen or any(fnmatchcase(name.lower(), pattern.lower()) for pattern in chosen)


def local_name(upstream: str) -> str:
    """The name that an upstream's package gets here: `acme/style` is `acme.style`. Raises Unusable."""
    if not _NAME.fullmatch(upstream):
        raise Unusable(f"“{upstream[:80]}” is no name of a package.")
    try:
        return slugs.check_package_name(upstream.replace("/", ".").lower())
    except slugs.InvalidName as error:
        raise Unusable(str(error)) from None
