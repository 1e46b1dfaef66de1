"""An MCP registry, by the endpoints that clients use: each entry is one version of one server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from registry.domain import canonical
from registry.domain.mirrors import Offered, Source
from registry.mirroring.asking import LIMIT, items, pages, text

_OFFICIAL = "io.modelcontextprotocol.registry/official"


def changed(base_url: str, since: str) -> Iterator[Source]:
    """The versions that changed at `since` or later; deleted ones too once there is such a moment."""
    query = {"limit": str(LIMIT)} | ({"updated_since": since} if since else {})
    for page in pages(f"{base_url}/v0.1/servers", query, "metadata.nextCursor"):
        for one in items(page, "servers"):
            yield _source(base_url, one)


def fetched(base_url: str, source: Source, offered: Offered) -> Offered:
    """The version as it was listed: the list holds the whole of it."""
    return offered


def _source(base_url: str, one: dict[str, Any]) -> Source:
    server = one.get("server")
    document = server if isinstance(server, dict) else {}
    name, version = text(document, "name", limit=250), text(document, "version", limit=64)
    status = text(one, "_meta", _OFFICIAL, "status")
    why = text(one, "_meta", _OFFICIAL, "statusMessage", limit=400)
    manifest = json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8", "replace").decode() + "\n"
    offered = Offered(
        version=version,
        digest=canonical.digest(manifest.encode()),
        manifest=manifest,
        withdrawn=f"Deleted upstream. {why}".strip() if status == "deleted" else "",
        url=f"{base_url}/v0.1/servers/{quote(name, safe='')}/versions/{quote(version, safe='')}",
    )
    return Source(
        name=name,
        kind="mcp-server",
        summary=text(document, "description", limit=300),
        updated_at=text(one, "_meta", _OFFICIAL, "updatedAt", limit=40),
        deprecated=_deprecated(one, status, why),
        offered=(offered,),
    )


def _deprecated(one: dict[str, Any], status: str, why: str) -> str | None:
    """What the newest version's entry says of the server; other entries say nothing about it."""
    meta = one.get("_meta")
    official = meta.get(_OFFICIAL) if isinstance(meta, dict) else None
    if not isinstance(official, dict) or official.get("isLatest") is not True:
        return None
    return f"Deprecated upstream. {why}".strip() if status == "deprecated" else ""
