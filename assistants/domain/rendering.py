"""From a bundle's config to one that a client can use at once: secrets filled in, what lacks one left out.

A client sends an unfilled variable of a model literally as its key, and stops at one in a tool server (contract 0.3,
5 and 6), so an item with a secret that cannot be filled in is dropped, and an error says which secret it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from registry.domain import schema, templates

CHAT_ROLE = "chat"


@dataclass(frozen=True)
class Rendered:
    """A config for a client, and what was left out of it: {item label: missing secret names}."""

    config: dict[str, Any]
    left_out: dict[str, list[str]] = field(default_factory=dict)

    @property
    def lost_chat(self) -> bool:
        """Whether models were left out and none is left to chat with."""
        if not any(label.startswith("models ") for label in self.left_out):
            return False
        return not any(CHAT_ROLE in (model.get("roles") or [CHAT_ROLE]) for model in self.config["models"])


def render(config: dict[str, Any], secret: Callable[[str], str | None]) -> Rendered:
    """`config` with each `${{ secrets.FQSN }}` replaced by `secret(FQSN)`, or its item left out if that is None."""
    left_out: dict[str, list[str]] = {}
    rendered: dict[str, Any] = {"name": config["name"], "version": config["version"], "schema": "v1"}
    if "requestOptions" in config and not _missing(config["requestOptions"], secret):
        rendered["requestOptions"] = _filled(config["requestOptions"], secret)
    for section in schema.SECTIONS:
        items = []
        for item in config.get(section, []):
            if missing := _missing(item, secret):
                left_out[f"{section} “{item['name']}”" if isinstance(item, dict) else section] = missing
            else:
                items.append(_filled(item, secret))
        rendered[section] = items
    return Rendered(rendered, left_out)


def _missing(item: Any, secret: Callable[[str], str | None]) -> list[str]:
    names = templates.names(item, templates.SECRETS)
    return sorted({name.rpartition("/")[2] for name in names if secret(name) is None})


def _filled(item: Any, secret: Callable[[str], str | None]) -> Any:
    return templates.replace(
        item, lambda name: secret(name.removeprefix(templates.SECRETS)) if name.startswith(templates.SECRETS) else None
    )
