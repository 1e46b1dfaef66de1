"""Where the secrets that a config asks for go: the host or the command that a client hands each one to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from registry.domain import schema, templates


@dataclass(frozen=True)
class Destination:
    """One secret of one item. `target` is a host, or the command if `is_command`; empty where the item names neither."""

    secret: str
    section: str
    item: str
    target: str
    is_command: bool = False

    @property
    def name(self) -> str:
        """The secret's own name, without the packages in front of it."""
        return self.secret.rpartition("/")[2]


def of_config(config: Mapping[str, Any]) -> list[Destination]:
    """Every secret of every item of a config.yaml, in the order of the items."""
    found = []
    for section in schema.SECTIONS:
        for item in config.get(section) or []:
            found += [
                _destination(secret, section, item) for secret in sorted(templates.names(item, templates.SECRETS))
            ]
    shared = templates.names(config.get("requestOptions"), templates.SECRETS)
    return found + [Destination(secret, "requestOptions", "", "") for secret in sorted(shared)]


def _destination(secret: str, section: str, item: Any) -> Destination:
    if not isinstance(item, dict):
        return Destination(secret, section, "", "")
    name = str(item.get("name") or item.get("provider") or "")
    if command := item.get("command"):
        words = [str(command), *(str(word) for word in item.get("args") or [])]
        return Destination(secret, section, name, " ".join(words), is_command=True)
    address = str(item.get("apiBase") or item.get("url") or item.get("destination") or "")
    return Destination(secret, section, name, _host(address) or str(item.get("provider") or ""))


def _host(address: str) -> str:
    """The host and port of an address; the text itself where it holds variables and cannot be taken apart."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2] or address
    except ValueError:
        return address
