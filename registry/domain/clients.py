"""Which clients can use a package, as far as its kind and content say.

“Can use” means that the client's own form exists, perhaps with a loss that an export reports; what no form of a client
can hold is left out. The hub's own protocol is Continue's, so that client takes everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

CLIENTS: Mapping[str, str] = {
    "continue": "Continue",
    "claude-code": "Claude Code",
    "vscode": "VS Code and Copilot",
    "cursor": "Cursor",
    "windsurf": "Windsurf",
    "codex": "Codex",
    "gemini-cli": "Gemini CLI",
    "zed": "Zed",
    "junie": "Junie",
    "opencode": "opencode",
}
ALL = frozenset(CLIENTS)
ONLY_CONTINUE = frozenset({"continue"})
# Clients that read folders of skills; Windsurf has none, and Continue's configuration holds no folders.
_SKILLS = ALL - {"windsurf", "continue"}
_SECTIONS = {"rules": "rule", "prompts": "prompt", "models": "model", "mcpServers": "mcp-server", "docs": "docs"}
_NOT_CARRIED = frozenset({"models", "data", "context"})


def supporting(kind: str, content: Mapping[str, Any]) -> tuple[str, ...]:
    """The clients that can use a package of this kind with this manifest, in the order of CLIENTS."""
    found = _ONE_ITEM[kind](_item(kind, content)) if kind in _ONE_ITEM else _assistant(content)
    return tuple(client for client in CLIENTS if client in found)


def _item(kind: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    section = next((name for name, of in _SECTIONS.items() if of == kind), "")
    items = content.get(section)
    return items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}


def _rule(item: Mapping[str, Any]) -> frozenset[str]:
    # Nobody else looks at the content of a file to decide whether a rule applies.
    return ONLY_CONTINUE if item.get("regex") else ALL


def _model(item: Mapping[str, Any]) -> frozenset[str]:
    # Codex speaks to endpoints with OpenAI's Responses API alone; elsewhere models are chosen in the client's settings.
    return frozenset({"continue", "opencode"} | ({"codex"} if item.get("provider") == "openai" else set()))


def _server(item: Mapping[str, Any]) -> frozenset[str]:
    return ALL - {"codex"} if item.get("type") == "sse" else ALL


def _assistant(content: Mapping[str, Any]) -> frozenset[str]:
    """An assistant's own items decide, except models: a client that cannot be given one keeps its own."""
    found = ALL
    for section, kind in _SECTIONS.items():
        items = content.get(section)
        if section in _NOT_CARRIED or not isinstance(items, list):
            continue
        for item in items:
            if isinstance(item, dict) and "uses" not in item:
                found &= _ONE_ITEM[kind](item)
    return found


_ONE_ITEM: Mapping[str, Callable[[Mapping[str, Any]], frozenset[str]]] = {
    "rule": _rule,
    "prompt": lambda _: ALL,
    "model": _model,
    "mcp-server": _server,
    "skill": lambda _: _SKILLS,
    "docs": lambda _: ALL,
    "data": lambda _: ONLY_CONTINUE,
}
