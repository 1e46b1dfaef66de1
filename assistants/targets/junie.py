"""JetBrains Junie: guidelines, skills and tool servers of a project (client-formats 3.9)."""

from __future__ import annotations

from assistants.targets.base import Target
from assistants.targets.plain_project import PlainProject

# How Junie reads variables is written nowhere, so it gets literal values.
_PROJECT = PlainProject(
    client="Junie",
    rules=".junie/AGENTS.md",
    skills=".junie/skills",
    servers=".junie/mcp/mcp.json",
    key="mcpServers",
    by_hand="the file",
)
TARGET = Target("junie", "JetBrains Junie", "the project", _PROJECT.render)
