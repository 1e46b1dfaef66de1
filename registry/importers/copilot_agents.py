"""Copilot's custom agents, `.agent.md`: an assistant with the text as a rule and the agent's own MCP servers."""

from __future__ import annotations

from typing import Any

from registry.importers import mcp_servers
from registry.importers.base import Candidate, Importer, Outcome, Refused, Source
from registry.importers.markdown_rules import unused
from registry.importers.naming import slug
from registry.importers.texts import Page, page_of
from registry.importers.writing import yaml

_SUFFIXES = (".agent.md", ".chatmode.md")
_USED = frozenset({"name", "description", "model", "tools", "mcp-servers"})


def claims(source: Source) -> bool:
    """Every file that ends in `.agent.md`, or in the older `.chatmode.md`."""
    return source.name.lower().endswith(_SUFFIXES)


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One assistant."""
    page = page_of(source)
    if not page.body:
        raise Refused("The agent has no text.", "Write its instructions below the front matter.", page.body_line)
    stem = next(source.name[: -len(end)] for end in _SUFFIXES if source.name.lower().endswith(end))
    description = page.text_of("description")
    title = (page.text_of("name") or stem)[:200]
    value: dict[str, Any] = {"name": title, "version": "1.0.0", "schema": "v1"}
    if description:
        value["metadata"] = {"description": description}
    value["rules"] = [{"name": title, "rule": page.body, "alwaysApply": True}]
    servers, losses = _servers(page)
    if servers:
        value["mcpServers"] = servers
    losses += _tools_and_model(page) + unused(page, _USED, "agent")
    made = Candidate(
        source.path,
        "assistant",
        slug(stem, title),
        yaml(value),
        summary=description[:300],
        losses=losses,
        is_generated=True,
    )
    return [made]


def _servers(page: Page) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    declared = page.fields.get("mcp-servers") or {}
    if not isinstance(declared, dict):
        raise Refused(
            "“mcp-servers” is not a mapping.", "Write each server under its name.", page.lines.get("mcp-servers", 1)
        )
    servers: list[dict[str, Any]] = []
    losses: list[str] = []
    for name, entry in declared.items():
        try:
            item, lost = mcp_servers.item(str(name), entry, {})
        except Refused as refused:
            refused.line = page.lines.get("mcp-servers", 1)
            raise
        servers.append(item)
        losses += lost
    return servers, tuple(losses)


def _tools_and_model(page: Page) -> tuple[str, ...]:
    """An assistant has no list of tools, and its models need a provider, which an agent does not name."""
    found: tuple[str, ...] = ()
    if page.fields.get("model"):
        found += (f"Not expressible: the model {str(page.fields['model'])[:80]!r} names no provider; add a model.",)
    if page.fields.get("tools"):
        tools = page.fields["tools"]
        names = ", ".join(map(str, tools)) if isinstance(tools, list) else str(tools)
        found += (f"Not expressible: the list of tools ({names[:200]}).",)
    return found


COPILOT_AGENTS = Importer("agent", "Copilot agents (.agent.md)", ("assistant",), claims, read)
