"""AGENTS.md: one plain document that most clients read. It carries rules and nothing else (client-formats 2.1)."""

from __future__ import annotations

from assistants.targets import common
from assistants.targets.base import Rendering, Severity, Target
from assistants.targets.parts import Parts

CLIENT = "AGENTS.md"


def render(parts: Parts) -> Rendering:
    """All rules in one `AGENTS.md`."""
    rendering = Rendering()
    if parts.rules:
        rendering.add("AGENTS.md", common.as_document(parts, parts.rules, rendering, "A client"))
    for server in parts.servers:
        rendering.lose(f"server “{server.name}”", "server", "The format names no tools.", Severity.SEVERE)
    common.lose_the_rest(parts, rendering, CLIENT, prompts=True, named=())
    return rendering


TARGET = Target("agents-md", "AGENTS.md", "the project", render)
