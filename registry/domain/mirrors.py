"""Mirrors as values: what an upstream offers, under which name it is kept here, and which of it is wanted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from hub.domain import slugs
from registry.domain import yamltext
from registry.domain.faults import ManifestInvalid
from registry.domain.files import FileTree
from registry.domain.schema import SECTIONS

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
    files: FileTree | None = field(default=None, repr=False)
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


def localised(manifest: str, namespace: str) -> str:
    """An assistant's manifest with the names that its parts have in `namespace` here, where a mirror keeps them.

    Raises Unusable for one that cannot be read, or whose references cannot be replaced in place.
    """
    try:
        document = yamltext.parse(manifest)
        text, spans = manifest, sorted(_references(document), key=lambda one: one[0].start, reverse=True)
        for span, reference in spans:
            text = (
                text[: span.start] + json.dumps(_localised(reference, namespace), ensure_ascii=False) + text[span.end :]
            )
        renamed = {reference for _, reference in _references(yamltext.parse(text))}
    except ManifestInvalid as error:
        raise Unusable(f"The manifest cannot be read: {error.faults[0].message}") from None
    if renamed != {_localised(reference, namespace) for _, reference in spans}:
        raise Unusable("What the assistant uses cannot be named anew in its manifest.")
    return text


def _localised(reference: str, namespace: str) -> str:
    name, at, wanted = reference.strip().partition("@")
    return f"{namespace}/{local_name(name)}{at}{wanted}"


def _references(document: yamltext.Document) -> Iterator[tuple[yamltext.Span, str]]:
    """Where an assistant names packages: what it uses, and what it builds on."""
    value = document.value if isinstance(document.value, dict) else {}
    paths: list[yamltext.Path] = [
        (section, index, "uses") for section in SECTIONS for index, _ in _listed(value, section)
    ]
    extended = value.get("extends")
    paths += [("extends",)] if isinstance(extended, str) else []
    for index, one in _listed(value, "extends"):
        paths.append(("extends", index) if isinstance(one, str) else ("extends", index, "uses"))
    for path in paths:
        found: Any = value
        for step in path:
            found = (
                found.get(step) if isinstance(found, dict) else found[int(step)] if isinstance(found, list) else None
            )
        if isinstance(found, str):
            yield document.spans[path], found


def _listed(value: dict[str, object], key: str) -> list[tuple[int, object]]:
    found = value.get(key)
    return list(enumerate(found)) if isinstance(found, list) else []
