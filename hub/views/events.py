"""Audit events as pages list them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.models import AuditEvent


@dataclass(frozen=True)
class Entry:
    """An event and its particulars as words, since their names differ from action to action."""

    event: AuditEvent
    particulars: list[tuple[str, str]]


def entries(found: Iterable[AuditEvent]) -> list[Entry]:
    """The events made ready to be listed."""
    return [
        Entry(event, [(name.replace("_", " "), _words(value)) for name, value in event.data.items()]) for event in found
    ]


def _words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_words(each)}" for name, each in value.items())
    return ", ".join(map(_words, value)) if isinstance(value, list) else str(value)
