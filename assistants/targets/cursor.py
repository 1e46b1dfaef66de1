"""Cursor: rules, commands and tool servers of a project (client-formats 3.6)."""

from __future__ import annotations

import json
from typing import Any

from assistants.targets import common
from assistants.targets.base import Rendering, Severity, Target
from assistants.targets.parts import Parts, Prompt, Rule, Server
from assistants.targets.writing import to_json
from registry.domain import yamltext
from registry.domain.faults import ManifestInvalid

CLIENT = "Cursor"


def render(parts: Parts) -> Rendering:
    """`.cursor/rules/*.mdc`, `.cursor/commands/*.md` and `.cursor/mcp.json`, and a manifest that makes a plugin of them."""
    rendering = Rendering()
    for rule in parts.rules:
        common.lose_regex(rule, rendering, CLIENT)
        common.lose_commas(rule, rendering, CLIENT)
        if rule.globs and rule.description:
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
    _plugin(parts, rendering)
    common.lose_the_rest(parts, rendering, CLIENT, named=("rules", "prompts", "servers"))
    return rendering


def _plugin(parts: Parts, rendering: Rendering) -> None:
    """The same files as a plugin of a team's marketplace. Both manifests are closed: no field more than Cursor knows."""
    owner = parts.package.partition("/")[0]
    manifest: dict[str, Any] = {
        "name": parts.slug,
        "displayName": parts.title,
        "version": parts.version,
        "description": parts.description,
        "author": {"name": owner},
    }
    places = {
        "rules": f".cursor/rules/{parts.slug}/",
        "commands": ".cursor/commands/",
        "mcpServers": ".cursor/mcp.json",
    }
    manifest |= {
        field: f"./{place}"
        for field, place in places.items()
        if any(path.startswith(place) for path in rendering.files)
    }
    entry = {"name": parts.slug, "source": "./", "description": parts.description}
    marketplace = {"name": f"{owner}-{parts.slug}", "owner": {"name": owner}, "plugins": [entry]}
    rendering.add(".cursor-plugin/plugin.json", to_json(manifest))
    rendering.add(".cursor-plugin/marketplace.json", to_json(marketplace))


def _rule(rule: Rule) -> str:
    """Front matter as Cursor itself writes it: three fields, the globs as one text without quotes."""
    description = common.one_line(common.described(rule) if rule.activation == "model" else rule.description)
    fields = {
        "description": _safe(description, or_no_yaml=False),
        "globs": _safe(",".join(one.strip() for one in rule.globs), or_no_yaml=True),
        "alwaysApply": "true" if rule.activation == "always" else "false",
    }
    front = "".join(f"{name}: {value}\n" if value else f"{name}:\n" for name, value in fields.items())
    return f"---\n{front}---\n\n{rule.text.strip()}\n"


def _safe(text: str, *, or_no_yaml: bool) -> str:
    """A text on one line, quoted only where YAML would read something else; `or_no_yaml` if it may also be none.

    Cursor reads its globs off the line, quotes or not, and most of them are no YAML without quotes.
    """
    try:
        is_plain = yamltext.parse(f"x: {text}").value == {"x": text}
    except ManifestInvalid:
        is_plain = or_no_yaml
    return text if is_plain or not text else json.dumps(text, ensure_ascii=False)


def _command(prompt: Prompt) -> str:
    head = f"{prompt.description.strip()}\n\n" if prompt.description else ""
    return head + prompt.with_input("what the user adds to this command").strip() + "\n"


def _server(parts: Parts, server: Server, rendering: Rendering) -> dict[str, Any]:
    if not server.is_remote:
        return common.stdio(parts, server, _spell, rendering, cwd=False)
    common.lose_sse(server, rendering, CLIENT)
    entry: dict[str, Any] = {"url": parts.filled(server.url, _spell)}
    return entry | ({"headers": common.filled(parts, server.headers, _spell)} if server.headers else {})


def _spell(variable: str) -> str:
    return f"${{env:{variable}}}"


TARGET = Target("cursor", "Cursor", "the project", render)
