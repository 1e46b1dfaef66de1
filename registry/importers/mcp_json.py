"""MCP settings of clients: `.mcp.json`, `mcp.json`, `.vscode/mcp.json` and their like. One package for each server."""

from __future__ import annotations

import re
from typing import Any

from registry.importers import blocks, mcp_servers
from registry.importers.base import Candidate, Importer, Outcome, Refused, Source
from registry.importers.naming import slug
from registry.importers.texts import decode, json_of, line_of, mapping_of

_NAMES = frozenset(
    {".mcp.json", "mcp.json", "mcp_config.json", "mcp-config.json", "mcp_settings.json", "claude_desktop_config.json"}
)
_HOLDS_SERVERS = re.compile(rb'"mcpServers"\s*+:\s*+\{')


def claims(source: Source) -> bool:
    """Files of those names, `.continue/mcpServers/*.json`, and any JSON file that holds `mcpServers`.

    A plugin's manifest may name another file there instead; that file is read for itself.
    """
    if not source.name.lower().endswith((".json", ".jsonc")):
        return False
    by_place = source.name.lower() in _NAMES or source.folders[-2:] == (".continue", "mcpServers")
    return by_place or _HOLDS_SERVERS.search(source.content) is not None


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One MCP server for each entry; an entry that is wrong refuses itself only."""
    text = decode(source)
    value = json_of(text)
    servers = _servers(value)
    if servers is None and source.folders[-2:] == (".continue", "mcpServers") and isinstance(value, dict):
        servers = {source.name.rpartition(".")[0]: value}
    if servers is None:
        raise Refused("There are no servers in this file.", "List them under “mcpServers” (VS Code: “servers”).")
    if not servers:
        raise Refused("The list of servers is empty.", "Add a server, or leave the file out.")
    inputs = _inputs(value.get("inputs"))
    return [_server(source, str(name), entry, inputs, line_of(text, str(name))) for name, entry in servers.items()]


def _server(source: Source, name: str, entry: Any, inputs: dict[str, bool], line: int) -> Outcome:
    if _is_of_gemini(source) and isinstance(entry, dict) and entry.get("url") and not entry.get("type"):
        # There “httpUrl” is for the newer way, and “url” for the older one alone.
        entry = {**entry, "type": "sse"}
    try:
        item, losses = mcp_servers.item(name, entry, inputs)
    except Refused as refused:
        refused.line = line
        return refused.of(source.path, name[:200], "mcp-server")
    summary = blocks.one_line(entry.get("description"))
    manifest = blocks.manifest(name, "mcpServers", item, {"description": summary})
    return Candidate(
        source.path,
        "mcp-server",
        slug(name, source.name),
        manifest,
        item=name[:200],
        summary=summary,
        losses=losses,
        line=line,
        is_generated=True,
    )


def _is_of_gemini(source: Source) -> bool:
    return source.name == "gemini-extension.json" or source.folders[-1:] == (".gemini",)


def _servers(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    inner = mapping_of(value.get("mcp"))
    found = (value.get("mcpServers"), value.get("servers"), inner.get("servers"))
    return next((one for one in found if isinstance(one, dict)), None)


def _inputs(declared: Any) -> dict[str, bool]:
    """VS Code's `inputs`, and whether each is a secret."""
    entries = declared if isinstance(declared, list) else []
    return {str(one["id"]): bool(one.get("password")) for one in entries if isinstance(one, dict) and one.get("id")}


MCP_JSON = Importer("mcp-json", "MCP settings (.mcp.json, mcp.json)", ("mcp-server",), claims, read)
