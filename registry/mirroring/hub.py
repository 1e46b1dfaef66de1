"""Another hub, by the REST API that this one has as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from registry.domain import canonical
from registry.domain.files import FileTree, unpack
from registry.domain.mirrors import Offered, Source, Unusable
from registry.mirroring.asking import LIMIT, ask, ask_bytes, items, pages, text

KINDS = frozenset({"rule", "prompt", "model", "mcp-server", "docs", "data", "skill", "assistant"})
_BEGINNING = "2000-01-01T00:00:00Z"


def changed(base_url: str, since: str) -> Iterator[Source]:
    """The public packages that changed at `since` or later, deleted ones too, the last changed first."""
    query = {"updated_since": since or _BEGINNING, "limit": str(LIMIT)}
    for page in pages(f"{base_url}/api/v1/packages", query, "next"):
        for one in items(page, "items"):
            yield _source(base_url, one)


def fetched(base_url: str, source: Source, offered: Offered) -> Offered:
    """The version with its texts, if they are what the upstream's digest says. Raises Unusable."""
    address = f"{_address(base_url, source.name)}/releases/{quote(offered.version, safe='')}"
    found = ask(address)
    manifest = found.get("manifest")
    if not isinstance(manifest, str) or canonical.digest(manifest.encode()) != offered.digest:
        raise Unusable("The manifest is not what its digest says.")
    files = _folder(f"{address}/archive", text(found, "artifact", limit=80))
    texts = {"readme": text(found, "readme"), "changelog": text(found, "changelog")}
    return replace(offered, manifest=manifest, files=files, **texts)


def _folder(address: str, digest: str) -> FileTree | None:
    """The files of a release that is a folder, if they are what the upstream's digest says. Raises Unusable."""
    if not digest:
        return None
    archive = ask_bytes(address)
    if canonical.digest(archive) != digest:
        raise Unusable("The files are not what their digest says.")
    return unpack(archive)


def _source(base_url: str, one: dict[str, Any]) -> Source:
    name, deleted = text(one, "full_name", limit=250), text(one, "deleted_at")
    source = Source(
        name=name,
        kind=text(one, "kind"),
        summary=text(one, "summary", limit=300),
        updated_at=max(text(one, "updated_at"), deleted),
        deprecated="Deprecated upstream." if one.get("is_deprecated") is True else "",
        gone="It was deleted upstream." if deleted else "",
    )
    if deleted or source.kind not in KINDS:
        return source
    releases = [
        each
        for page in pages(f"{_address(base_url, name)}/releases", {"limit": str(LIMIT)}, "next")
        for each in items(page, "items")
    ]
    return replace(source, offered=tuple(_offered(base_url, name, each) for each in reversed(releases)))


def _offered(base_url: str, name: str, one: dict[str, Any]) -> Offered:
    version = text(one, "version", limit=64)
    return Offered(
        version=version,
        digest=text(one, "digest", limit=80),
        withdrawn=_withdrawn(one),
        url=f"{base_url}/{name}/releases/{version}",
    )


def _withdrawn(one: dict[str, Any]) -> str:
    """Why the upstream lets nobody choose the release any more; empty if it may be chosen."""
    if one.get("is_yanked") is True:
        return f"Yanked upstream: {text(one, 'yank_reason', limit=400)}"
    return "Quarantined upstream." if one.get("is_quarantined") is True else ""


def _address(base_url: str, name: str) -> str:
    return f"{base_url}/api/v1/packages/{quote(name, safe='/')}"
