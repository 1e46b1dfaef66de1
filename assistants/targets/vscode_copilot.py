"""GitHub Copilot in VS Code: instructions, prompts and tool servers of a repository (client-formats 3.2)."""

from __future__ import annotations

from typing import Any

from assistants.targets import common
from assistants.targets.base import Rendering, Severity, Target
from assistants.targets.parts import Parts, Rule, Server
from assistants.targets.writing import front_matter, to_json
from registry.importers.markdown_rules import is_everything

CLIENT = "VS Code"


def render(parts: Parts) -> Rendering:
    """`.github/instructions/`, `.github/prompts/` and `.vscode/mcp.json`, which asks for each secret once."""
    rendering = Rendering()
    instructions(parts, rendering, CLIENT)
    for prompt in parts.prompts:
        fields = {"description": prompt.description, "agent": "agent"}
        text = prompt.with_input("${input:request:What to work on}")
        rendering.add(f".github/prompts/{prompt.slug}.prompt.md", front_matter(fields, text))
    servers = common.servers(parts, lambda server: _server(parts, server, rendering), rendering)
    if servers:
        inputs = [
            {"type": "promptString", "id": _id(variable), "description": variable, "password": True}
            for variable in parts.secrets_in(parts.config.get("mcpServers"))
        ]
        rendering.add(".vscode/mcp.json", to_json({"inputs": inputs, "servers": servers}))
    common.lose_the_rest(parts, rendering, CLIENT, named=("prompts", "servers"))
    return rendering


def instructions(parts: Parts, rendering: Rendering, client: str) -> None:
    """The rules as instruction files, which both the editor and the command line read."""
    for rule in parts.rules:
        common.lose_regex(rule, rendering, client)
        common.lose_commas(rule, rendering, client)
        if is_everything(list(rule.globs)):
            rendering.lose(
                f"rule “{rule.name}”", "globs", "They match every file, so it always applies.", Severity.NOTE
            )
        if rule.activation == "manual":
            rendering.lose(f"rule “{rule.name}”", "alwaysApply", "A person attaches the file by hand.", Severity.NOTE)
        rendering.add(f".github/instructions/{parts.slug}-{rule.slug}.instructions.md", _instructions(rule))


def _instructions(rule: Rule) -> str:
    applies = {"always": "**", "globs": ",".join(rule.globs)}.get(rule.activation)
    description = common.described(rule) if rule.activation == "model" else rule.description
    return front_matter({"name": rule.name, "description": description, "applyTo": applies}, rule.text)


def _server(parts: Parts, server: Server, rendering: Rendering) -> dict[str, Any]:
    if not server.is_remote:
        return {"type": "stdio", **common.stdio(parts, server, _spell, rendering)}
    entry: dict[str, Any] = {
        "type": "sse" if server.type == "sse" else "http",
        "url": parts.filled(server.url, _spell),
    }
    return entry | ({"headers": common.filled(parts, server.headers, _spell)} if server.headers else {})


def _id(variable: str) -> str:
    return variable.lower().replace("_", "-").strip("-")


def _spell(variable: str) -> str:
    return f"${{input:{_id(variable)}}}"


TARGET = Target("vscode-copilot", "GitHub Copilot in VS Code", "the repository", render)
