"""Zed: one rules file, skills, and tool servers in the project's settings (client-formats 3.8)."""

from __future__ import annotations

from typing import Any

from assistants.targets import common
from assistants.targets.base import Rendering, Severity, Target
from assistants.targets.parts import Parts, Server
from assistants.targets.writing import to_json
from registry.domain import templates

CLIENT = "Zed"


def render(parts: Parts) -> Rendering:
    """`.rules`, `.agents/skills/`, `.zed/settings.json`."""
    rendering = Rendering()
    applied = [rule for rule in parts.rules if rule.activation in ("always", "globs")]
    if applied:
        rendering.add(".rules", common.as_document(parts, applied, rendering, CLIENT))
    for rule in parts.rules:
        if rule not in applied:
            common.rule_as_skill(".agents/skills", rule, rendering, CLIENT)
    for prompt in parts.prompts:
        common.prompt_as_skill(".agents/skills", prompt, rendering, CLIENT)
    servers = common.servers(parts, lambda server: _server(parts, server, rendering), rendering)
    if servers:
        rendering.add(".zed/settings.json", to_json({"context_servers": servers}))
    common.lose_the_rest(parts, rendering, CLIENT)
    return rendering


def _server(parts: Parts, server: Server, rendering: Rendering) -> dict[str, Any]:
    """Zed takes only literal values, and no secret is written out: the place for it is marked."""
    held = [server.url, server.command, *server.args, *server.env.values(), *server.headers.values()]
    if templates.names(held, templates.SECRETS):
        variables = ", ".join(parts.secrets_in(held))
        rendering.lose(
            f"server “{server.name}”", "secrets", f"Put {variables} into the settings by hand.", Severity.SEVERE
        )
    if not server.is_remote:
        return common.stdio(parts, server, _spell, rendering, cwd=False)
    entry: dict[str, Any] = {"url": parts.filled(server.url, _spell)}
    return entry | ({"headers": common.filled(parts, server.headers, _spell)} if server.headers else {})


def _spell(variable: str) -> str:
    return f"<{variable}>"


TARGET = Target("zed", "Zed", "the project", render)
