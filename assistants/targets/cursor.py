"""Cursor: rules, commands and tool servers of a project (client-formats 3.6)."""

from __future__ import annotations

from typing import Any

from assistants.targets import common
from assistants.targets.base import Rendering, Severity, Target
from assistants.targets.parts import Parts, Prompt, Rule, Server
from assistants.targets.writing import to_json

CLIENT = "Cursor"


def render(parts: Parts) -> Rendering:
    """`.cursor/rules/*.mdc`, `.cursor/commands/*.md` and `.cursor/mcp.json`."""
    rendering = Rendering()
    for rule in parts.rules:
        common.lose_regex(rule, rendering, CLIENT)
        if rule.globs and rule.description and rule.activation == "globs":
            rendering.lose(f"rule “{rule.name}”", "description", "Where there are globs they decide.", Severity.NOTE)
        rendering.add(f".cursor/rules/{parts.slug}/{rule.slug}.mdc", _rule(rule))
    for prompt in parts.prompts:
        if prompt.takes_input:
            rendering.lose(
                f"prompt “{prompt.name}”", "input", "What is typed after the command follows the text.", Severity.NOTE
            )
        rendering.add(f".cursor/commands/{prompt.slug}.md", _command(prompt))
    servers = common.servers(parts, lambda server: _server(parts, server, rendering), rendering)
    if servers:
        rendering.add(".cursor/mcp.json", to_json({"mcpServers": servers}))
    common.lose_the_rest(parts, rendering, CLIENT)
    return rendering


def _rule(rule: Rule) -> str:
    """Front matter as Cursor itself writes it: three fields, the globs as one text without quotes."""
    description = " ".join((rule.description or (common.when(rule) if rule.activation == "model" else "")).split())
    globs = ",".join(rule.globs) if rule.activation == "globs" else ""
    always = "true" if rule.activation == "always" else "false"
    text = f"---\ndescription: {_yaml_safe(description)}\nglobs: {globs}\nalwaysApply: {always}\n---\n\n{rule.text.strip()}\n"
    return text.replace(": \n", ":\n")


def _yaml_safe(text: str) -> str:
    """A text on one line that YAML reads as that text, quoted only where it must be."""
    plain = text and text[0].isalnum() and not any(one in text for one in (": ", " #")) and not text.endswith(":")
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return text if plain or not text else f'"{quoted}"'


def _command(prompt: Prompt) -> str:
    head = f"{prompt.description.strip()}\n\n" if prompt.description else ""
    return head + prompt.with_input("what the user adds to this command").strip() + "\n"


def _server(parts: Parts, server: Server, rendering: Rendering) -> dict[str, Any]:
    if not server.is_remote:
        return common.stdio(parts, server, _spell, rendering, cwd=False)
    entry: dict[str, Any] = {"url": parts.filled(server.url, _spell)}
    return entry | ({"headers": common.filled(parts, server.headers, _spell)} if server.headers else {})


def _spell(variable: str) -> str:
    return f"${{env:{variable}}}"


TARGET = Target("cursor", "Cursor", "the project", render)
