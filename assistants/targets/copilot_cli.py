"""GitHub Copilot on the command line: instructions, skills and tool servers of a repository (client-formats 3.3)."""

from __future__ import annotations

from typing import Any

from assistants.targets import common
from assistants.targets.base import Rendering, Target
from assistants.targets.parts import Parts, Server
from assistants.targets.vscode_copilot import instructions
from assistants.targets.writing import to_json

CLIENT = "Copilot CLI"


def render(parts: Parts) -> Rendering:
    """`.github/instructions/`, `.github/skills/` and `.github/mcp.json`."""
    rendering = Rendering()
    instructions(parts, rendering, CLIENT)
    for prompt in parts.prompts:
        common.prompt_as_skill(".github/skills", prompt, rendering, CLIENT)
    servers = common.servers(parts, lambda server: _server(parts, server, rendering), rendering)
    if servers:
        rendering.add(".github/mcp.json", to_json({"mcpServers": servers}))
    common.lose_the_rest(parts, rendering, CLIENT)
    return rendering


def _server(parts: Parts, server: Server, rendering: Rendering) -> dict[str, Any]:
    if not server.is_remote:
        return {"type": "stdio", **common.stdio(parts, server, _spell, rendering, cwd=False), "tools": ["*"]}
    entry: dict[str, Any] = {
        "type": "sse" if server.type == "sse" else "http",
        "url": parts.filled(server.url, _spell),
    }
    headers = {"headers": common.filled(parts, server.headers, _spell)} if server.headers else {}
    return entry | headers | {"tools": ["*"]}


def _spell(variable: str) -> str:
    return f"${{{variable}}}"


TARGET = Target("copilot-cli", "GitHub Copilot CLI", "the repository", render)
