"""Claude Code: a plugin with its marketplace for tools, commands and skills; rule files for the project (client-formats 3.1)."""

from __future__ import annotations

from typing import Any

from assistants.targets import common
from assistants.targets.base import Rendering, Target
from assistants.targets.parts import Parts, Server
from assistants.targets.writing import front_matter, to_json

CLIENT = "Claude Code"


def render(parts: Parts) -> Rendering:
    """`.claude/rules/` for the project, and `plugins/<name>/` with `.claude-plugin/marketplace.json` around it.

    A plugin cannot carry rules, and rule files cannot carry the rest.
    """
    rendering, plugin = Rendering(), f"plugins/{parts.slug}"
    owner = parts.package.partition("/")[0]
    entry = {"name": parts.slug, "source": f"./{plugin}", "description": parts.description}
    marketplace = {
        "name": f"{owner}-{parts.slug}",
        "description": parts.description,
        "owner": {"name": owner},
        "plugins": [entry],
    }
    rendering.add(".claude-plugin/marketplace.json", to_json(marketplace))
    manifest = {
        "name": parts.slug,
        "version": parts.version,
        "description": parts.description,
        "author": {"name": owner},
    }
    rendering.add(f"{plugin}/.claude-plugin/plugin.json", to_json(manifest))
    for rule in parts.rules:
        if rule.activation in ("always", "globs"):
            common.lose_regex(rule, rendering, CLIENT)
            common.lose_description(rule, rendering, "The globs decide alone, if there are any.")
            paths = list(rule.globs) if rule.activation == "globs" else None
            rendering.add(f".claude/rules/{parts.slug}/{rule.slug}.md", front_matter({"paths": paths}, rule.text))
        else:
            common.rule_as_skill(f"{plugin}/skills", rule, rendering, CLIENT)
    for prompt in parts.prompts:
        fields = {"description": prompt.description or prompt.name}
        fields |= {"argument-hint": "[what to work on]"} if prompt.takes_input else {}
        rendering.add(f"{plugin}/commands/{prompt.slug}.md", front_matter(fields, prompt.with_input("$ARGUMENTS")))
    servers = common.servers(parts, lambda server: _server(parts, server, rendering), rendering)
    if servers:
        rendering.add(f"{plugin}/.mcp.json", to_json({"mcpServers": servers}))
    common.lose_the_rest(parts, rendering, CLIENT, named=("rules", "prompts", "servers"))
    return rendering


def _server(parts: Parts, server: Server, rendering: Rendering) -> dict[str, Any]:
    if not server.is_remote:
        return common.stdio(parts, server, _spell, rendering, cwd=False)
    entry: dict[str, Any] = {
        "type": "sse" if server.type == "sse" else "http",
        "url": parts.filled(server.url, _spell),
    }
    return entry | ({"headers": common.filled(parts, server.headers, _spell)} if server.headers else {})


def _spell(variable: str) -> str:
    return f"${{{variable}}}"


TARGET = Target("claude-code", "Claude Code", "the project, and a plugin marketplace in it", render)
