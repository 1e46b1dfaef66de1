"""Zed: one rules file, skills, and tool servers in the project's settings (client-formats 3.8)."""

from __future__ import annotations

from assistants.targets.base import Target
from assistants.targets.plain_project import PlainProject

# Zed takes only literal values.
_PROJECT = PlainProject(
    client="Zed",
    rules=".rules",
    skills=".agents/skills",
    servers=".zed/settings.json",
    key="context_servers",
    by_hand="the settings",
)
TARGET = Target("zed", "Zed", "the project", _PROJECT.render)
