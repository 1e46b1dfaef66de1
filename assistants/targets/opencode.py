"""opencode: opencode.json with instructions, commands, servers and models (client-formats 3.10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistants.targets import common
from assistants.targets.base import Rendering, Severity, Target
from assistants.targets.parts import Parts, Server
from assistants.targets.writing import front_matter, to_json

CLIENT = "opencode"
# Providers that opencode knows by the same name; others are reached as OpenAI-compatible servers.
KNOWN = frozenset({"anthropic", "openai", "groq", "mistral", "deepseek", "openrouter", "xai", "google"})
COMPATIBLE = "@ai-sdk/openai-compatible"


def render(parts: Parts) -> Rendering:
    """`opencode.json`, and below `.opencode/` the rules, commands and skills that it names or finds."""
    rendering = Rendering()
    config: dict[str, Any] = {"$schema": "https://opencode.ai/config.json"}
    instructions = []
    for rule in parts.rules:
        if rule.activation in ("always", "globs"):
            path = f".opencode/rules/{parts.slug}/{rule.slug}.md"
            condition = common.when(rule)
            if condition:
                reason = "It is read always; the condition is put in words."
                rendering.lose(f"rule “{rule.name}”", common.condition_of(rule), reason)
            common.lose_description(rule, rendering, "The text alone is read.")
            rendering.add(path, (f"_{condition}_\n\n" if condition else "") + rule.text)
            instructions.append(path)
        else:
            common.rule_as_skill(".opencode/skill", rule, rendering, CLIENT)
    for one in parts.docs:
        instructions.append(parts.filled(one["startUrl"], _spell))
        rendering.lose(f"docs “{one['name']}”", "docs", "The first page is read; the site is not indexed.")
    if instructions:
        config["instructions"] = instructions
    for prompt in parts.prompts:
        text = front_matter({"description": prompt.description or prompt.name}, prompt.with_input("$ARGUMENTS"))
        rendering.add(f".opencode/command/{prompt.slug}.md", text)
    servers = common.servers(parts, lambda server: _server(parts, server, rendering), rendering)
    if servers:
        config["mcp"] = servers
    _models(parts, config, rendering)
    rendering.add("opencode.json", to_json(config))
    common.lose_the_rest(parts, rendering, CLIENT, models=False, docs=False, named=("rules", "prompts", "servers"))
    return rendering


def _server(parts: Parts, server: Server, rendering: Rendering) -> dict[str, Any]:
    if server.is_remote:
        if server.type == "sse":
            rendering.lose(f"server “{server.name}”", "type", "It is tried as streamable HTTP first.", Severity.NOTE)
        entry: dict[str, Any] = {"type": "remote", "url": parts.filled(server.url, _spell)}
        return entry | ({"headers": common.filled(parts, server.headers, _spell)} if server.headers else {})
    if server.cwd:
        rendering.lose(f"server “{server.name}”", "cwd", "The client starts it where it likes.")
    words = [parts.filled(one, _spell) for one in (server.command, *server.args)]
    entry = {"type": "local", "command": words}
    return entry | ({"environment": common.filled(parts, server.env, _spell)} if server.env else {})


def _models(parts: Parts, config: dict[str, Any], rendering: Rendering) -> None:
    providers: dict[str, Any] = {}
    for model in parts.models:
        item = f"model “{model['name']}”"
        roles = list(model.get("roles") or ["chat"])
        lost = [role for role in roles if role not in ("chat", "edit", "apply", "summarize")]
        if lost == roles:
            rendering.lose(item, "roles", f"opencode has no use for a model that does only {', '.join(lost)}.")
            continue
        key = _provider(parts, model, providers)
        providers[key]["models"][str(model["model"])] = {"name": str(model["name"])}
        config.setdefault("model", f"{key}/{model['model']}")
        for name in sorted(model.keys() - {"name", "provider", "model", "apiKey", "apiBase", "roles", "capabilities"}):
            rendering.lose(item, name, "opencode has settings of its own for this.", Severity.NOTE)
    if providers:
        config["provider"] = providers


def _provider(parts: Parts, model: Mapping[str, Any], providers: dict[str, Any]) -> str:
    """The provider of a model, added once for each address and key."""
    options: dict[str, str] = {}
    if model.get("apiBase"):
        options["baseURL"] = parts.filled(str(model["apiBase"]), _spell)
    if model.get("apiKey"):
        options["apiKey"] = parts.filled(str(model["apiKey"]), _spell)
    provider = str(model["provider"])
    own = "baseURL" in options or provider not in KNOWN
    key, number = provider, 1
    while key in providers and providers[key].get("options", {}) != options:
        number += 1
        key = f"{provider}-{number}"
    entry: dict[str, Any] = {"npm": COMPATIBLE, "name": provider} if own else {}
    providers.setdefault(key, {**entry, **({"options": options} if options else {}), "models": {}})
    return key


def _spell(variable: str) -> str:
    return f"{{env:{variable}}}"


TARGET = Target("opencode", "opencode", "the project", render)
