"""OpenAI Codex: AGENTS.md, skills and config.toml (client-formats 3.4). Secrets are names of environment variables."""

from __future__ import annotations

import re
from typing import Any

from assistants.targets import common
from assistants.targets.base import Rendering, Severity, Target
from assistants.targets.parts import Parts, Server
from assistants.targets.writing import to_toml
from registry.domain import templates

CLIENT = "Codex"
MAX_DOCUMENT = 32 * 1024
_BEARER = re.compile(r"Bearer \$\{\{\s*secrets\.([^\s{}]+)\s*\}\}")


def render(parts: Parts) -> Rendering:
    """`AGENTS.md` for rules that apply, `.agents/skills/` for the others and for prompts, `.codex/config.toml` for servers."""
    rendering = Rendering()
    applied = [rule for rule in parts.rules if rule.activation in ("always", "globs")]
    if applied:
        text = common.as_document(parts, applied, rendering, CLIENT)
        if len(text.encode()) > MAX_DOCUMENT:
            rendering.lose("rules", "length", "Codex reads the first 32 KiB of AGENTS.md.", Severity.SEVERE)
        rendering.add("AGENTS.md", text)
    for rule in parts.rules:
        if rule not in applied:
            common.rule_as_skill(".agents/skills", rule, rendering, CLIENT)
    for prompt in parts.prompts:
        common.prompt_as_skill(".agents/skills", prompt, rendering, CLIENT)
    servers = common.servers(parts, lambda server: _server(parts, server, rendering), rendering)
    if servers:
        rendering.add(".codex/config.toml", to_toml({"mcp_servers": servers}))
    common.lose_the_rest(parts, rendering, CLIENT)
    return rendering


def _server(parts: Parts, server: Server, rendering: Rendering) -> dict[str, Any] | None:
    item = f"server “{server.name}”"
    if server.is_remote:
        if server.type == "sse":
            rendering.lose(item, "type", "Codex has no servers that speak SSE; it is left out.", Severity.SEVERE)
            return None
        return _remote(parts, server, item, rendering)
    if templates.names([server.command, server.cwd, *server.args], templates.SECRETS):
        rendering.lose(item, "args", "Codex fills no secrets into a command; it is left out.", Severity.SEVERE)
        return None
    entry: dict[str, Any] = {"command": server.command, "args": list(server.args)}
    passed = _named(parts, server.env, item, rendering)
    plain = {name: value for name, value in server.env.items() if not templates.names(value, templates.SECRETS)}
    entry |= {"env_vars": passed} if passed else {}
    entry |= {"cwd": server.cwd} if server.cwd else {}
    return entry | ({"env": plain} if plain else {})


def _named(parts: Parts, env: Any, item: str, rendering: Rendering) -> list[str]:
    """The variables that are passed on from the user's environment, which have to have the server's own names for them."""
    passed = []
    for name, value in env.items():
        if not templates.names(value, templates.SECRETS):
            continue
        passed.append(name)
        if not templates.is_whole_variable(value):
            rendering.lose(item, f"env.{name}", f"Put the whole value into the variable {name}.")
        elif parts.secrets_in(value) != [name]:
            rendering.lose(
                item, f"env.{name}", f"Codex passes it on as {name}; keep the secret under that name.", Severity.NOTE
            )
    return passed


def _remote(parts: Parts, server: Server, item: str, rendering: Rendering) -> dict[str, Any] | None:
    if templates.names(server.url, templates.SECRETS):
        rendering.lose(item, "url", "Codex fills no secrets into an address; it is left out.", Severity.SEVERE)
        return None
    entry: dict[str, Any] = {"url": server.url}
    plain: dict[str, str] = {}
    named: dict[str, str] = {}
    for name, value in server.headers.items():
        bearer = _BEARER.fullmatch(value)
        secrets = parts.secrets_in(value)
        if name.lower() == "authorization" and bearer:
            entry["bearer_token_env_var"] = parts.variables[bearer[1]]
        elif not secrets:
            plain[name] = value
        else:
            named[name] = secrets[0]
            if not templates.is_whole_variable(value):
                rendering.lose(item, f"headers.{name}", f"Put the whole value into the variable {secrets[0]}.")
    entry |= {"http_headers": plain} if plain else {}
    return entry | ({"env_http_headers": named} if named else {})


TARGET = Target("codex", "OpenAI Codex", "the project", render)
