"""The kinds of packages, in one dict. A kind is a folder here; `assistants` adds its own when it is loaded."""

from __future__ import annotations

from registry.kinds.base import Kind
from registry.kinds.data import DATA
from registry.kinds.docs import DOCS
from registry.kinds.mcp_server import MCP_SERVER
from registry.kinds.model import MODEL
from registry.kinds.prompt import PROMPT
from registry.kinds.rule import RULE
from registry.kinds.skill import SKILL

KINDS: dict[str, Kind] = {kind.name: kind for kind in (RULE, PROMPT, SKILL, MCP_SERVER, MODEL, DOCS, DATA)}


def register(kind: Kind) -> None:
    """Add a kind of another package (called from its AppConfig)."""
    KINDS[kind.name] = kind


def by_section(section: str) -> Kind | None:
    """The kind whose item stands under `section` of a config.yaml."""
    return next((kind for kind in KINDS.values() if kind.section == section), None)


__all__ = ["KINDS", "Kind", "by_section", "register"]
