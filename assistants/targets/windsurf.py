"""Windsurf: rules with triggers, workflows, and tool servers of the user's folder (client-formats 3.7)."""

from __future__ import annotations

from typing import Any

from assistants.targets import common
from assistants.targets.base import Rendering, Severity, Target
from assistants.targets.parts import Parts, Rule, Server
from assistants.targets.writing import front_matter, to_json

CLIENT = "Windsurf"
MAX_RULE = 12_000
TRIGGERS = {"always": "always_on", "globs": "glob", "model": "model_decision", "manual": "manual"}


def render(parts: Parts) -> Rendering:
    """`.windsurf/rules/`, `.windsurf/workflows/`, and `mcp_config.json` to be put into the user's folder."""
    rendering = Rendering()
    for rule in parts.rules:
        common.lose_regex(rule, rendering, CLIENT)
        common.lose_commas(rule, rendering, CLIENT)
        common.lose_description(rule, rendering, "Only a rule that the model decides about has one.")
        if len(rule.text) > MAX_RULE:
            rendering.lose(
                f"rule “{rule.name}”", "length", "Windsurf reads 12,000 characters of a rule.", Severity.SEVERE
            )
        rendering.add(f".windsurf/rules/{parts.slug}-{rule.slug}.md", _rule(rule))
    for prompt in parts.prompts:
        text = prompt.with_input("what the user adds")
        path = f".windsurf/workflows/{prompt.slug}.md"
        rendering.add(path, front_matter({"description": prompt.description or prompt.name}, text))
    servers = common.servers(parts, lambda server: _server(parts, server, rendering), rendering)
    if servers:
        rendering.add("mcp_config.json", to_json({"mcpServers": servers}))
        reason = "Windsurf reads servers from the user's folder; move mcp_config.json to ~/.codeium/windsurf/."
        rendering.lose("servers", "place", reason)
    common.lose_the_rest(parts, rendering, CLIENT, named=("rules", "prompts", "servers"))
    return rendering


def _rule(rule: Rule) -> str:
    fields: dict[str, Any] = {"trigger": TRIGGERS[rule.activation]}
    if rule.activation == "globs":
        fields["globs"] = ",".join(rule.globs)
    elif rule.activation == "model":
        fields["description"] = common.described(rule)
    return front_matter(fields, rule.text)


def _server(parts: Parts, server: Server, rendering: Rendering) -> dict[str, Any]:
    if not server.is_remote:
        return common.stdio(parts, server, _spell, rendering, cwd=False)
    common.lose_sse(server, rendering, CLIENT)
    entry: dict[str, Any] = {"serverUrl": parts.filled(server.url, _spell)}
    return entry | ({"headers": common.filled(parts, server.headers, _spell)} if server.headers else {})


def _spell(variable: str) -> str:
    return f"${{env:{variable}}}"


TARGET = Target("windsurf", "Windsurf", "the project, and one file for the user's folder", render)
