"""Gemini CLI: an extension (client-formats 3.5). Secrets are settings that it asks for when it is installed."""

from __future__ import annotations

from typing import Any

from assistants.targets import common
from assistants.targets.base import Rendering, Target
from assistants.targets.parts import Parts, Server
from assistants.targets.writing import to_json, to_toml

CLIENT = "Gemini CLI"


def render(parts: Parts) -> Rendering:
    """`gemini-extension.json`, `GEMINI.md`, `commands/` and `skills/`."""
    rendering = Rendering()
    manifest: dict[str, Any] = {"name": parts.slug, "version": parts.version, "description": parts.description}
    applied = [rule for rule in parts.rules if rule.activation in ("always", "globs")]
    if applied:
        rendering.add("GEMINI.md", common.as_document(parts, applied, rendering, CLIENT))
        manifest["contextFileName"] = "GEMINI.md"
    for rule in parts.rules:
        if rule not in applied:
            common.rule_as_skill("skills", rule, rendering, CLIENT)
    for prompt in parts.prompts:
        fields = {
            "description": prompt.description or prompt.name,
            "prompt": prompt.with_input("{{args}}").strip() + "\n",
        }
        rendering.add(f"commands/{prompt.slug}.toml", to_toml(fields))
    servers = common.servers(parts, lambda server: _server(parts, server, rendering), rendering)
    if servers:
        manifest["mcpServers"] = servers
    if asked := parts.secrets_in(parts.config.get("mcpServers")):
        manifest["settings"] = [
            {"name": variable, "description": f"The secret {variable}", "envVar": variable, "sensitive": True}
            for variable in asked
        ]
    rendering.add("gemini-extension.json", to_json(manifest))
    common.lose_the_rest(parts, rendering, CLIENT, named=("prompts", "servers"))
    return rendering


def _server(parts: Parts, server: Server, rendering: Rendering) -> dict[str, Any]:
    if not server.is_remote:
        return common.stdio(parts, server, _spell, rendering)
    entry: dict[str, Any] = {"url" if server.type == "sse" else "httpUrl": parts.filled(server.url, _spell)}
    return entry | ({"headers": common.filled(parts, server.headers, _spell)} if server.headers else {})


def _spell(variable: str) -> str:
    return f"${{{variable}}}"


TARGET = Target("gemini", "Gemini CLI", "an extension folder", render)
