"""Manifests of blocks in the config.yaml format: what each importer that writes one writes alike."""

from __future__ import annotations

from typing import Any

from registry.importers.writing import yaml

SECTION_KINDS = {
    "models": "model",
    "mcpServers": "mcp-server",
    "rules": "rule",
    "prompts": "prompt",
    "docs": "docs",
    "data": "data",
}


def manifest(name: str, section: str, item: dict[str, Any], metadata: dict[str, str] | None = None) -> str:
    """The manifest of a block with one item. Its version is put in when it is published."""
    value: dict[str, Any] = {"name": name[:200], "version": "1.0.0", "schema": "v1"}
    if said := {key: text for key, text in (metadata or {}).items() if text}:
        value["metadata"] = said
    return yaml(value | {section: [item]})


def one_line(text: Any, longest: int = 300) -> str:
    """A text on one line, cut to what a summary holds; empty for what is no text."""
    plain = " ".join(text.split()) if isinstance(text, str) else ""
    return plain if len(plain) <= longest else f"{plain[: longest - 1].rstrip()}…"
