"""What an assistant is made of, section by section, as pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assistants.domain.composition import EXTENDS
from assistants.models import LockEntry
from registry.domain import schema

LABELS: dict[str, str | Promise] = {
    EXTENDS: _("Builds on"),
    "models": _("Models"),
    "context": _("Context"),
    "data": _("Development data"),
    "mcpServers": _("Tools (MCP servers)"),
    "rules": _("Rules"),
    "prompts": _("Prompts"),
    "docs": _("Documentation"),
    "requestOptions": _("Every request"),
}

ORDER = (EXTENDS, *schema.SECTIONS)


@dataclass(frozen=True)
class Part:
    """One entry: a package with the version it got and why (`locked`, `why`), or an item written out (`title`, `text`)."""

    path: str
    title: str = ""
    text: str = ""
    locked: Mapping[str, str] | None = None
    why: Mapping[str, Any] = field(default_factory=dict)
    entry: LockEntry | None = None

    @property
    def namespace(self) -> str:
        """The first half of the package's name."""
        return self.locked["package"].partition("/")[0] if self.locked else ""

    @property
    def name(self) -> str:
        """The second half of the package's name."""
        return self.locked["package"].partition("/")[2] if self.locked else ""

    @property
    def newer(self) -> str:
        """The package's latest version if it is not the one locked; known only with `entry`."""
        latest = self.entry.package.latest_release if self.entry else None
        return latest.version if latest and self.entry and latest.id != self.entry.release_id else ""


@dataclass(frozen=True)
class Section:
    """The parts under one key of the manifest."""

    key: str
    label: str | Promise
    parts: list[Part]


def sections(
    content: Mapping[str, Any],
    requirements: Iterable[Mapping[str, str]],
    explanation: Iterable[Mapping[str, Any]],
    entries: Iterable[LockEntry] = (),
) -> list[Section]:
    """The sections that have something in them, in the order of the format; what an assistant that is built on brings, first.

    `requirements` are those of the lock, with what it extends.
    """
    locked = {one["path"]: one for one in requirements}
    reasons = {one["path"]: one for one in explanation}
    rows = {one.path: one for one in entries}
    found = []
    for key in ORDER:
        brought = [path for path in locked if "." in path and path.rpartition(".")[2].startswith(f"{key}[")]
        parts = [Part(path, "", "", locked[path], reasons.get(path, {}), rows.get(path)) for path in brought]
        written = content.get(key) or []
        for index, item in enumerate([written] if isinstance(written, str) else written):
            path = f"{key}[{index}]"
            title, text = ("", "") if path in locked else _inline(item)
            parts.append(Part(path, title, text, locked.get(path), reasons.get(path, {}), rows.get(path)))
        if parts:
            found.append(Section(key, LABELS[key], parts))
    return found


def locked_in(document: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """What a lock's document names: what the assistant extends, then its parts."""
    return [*document.get(EXTENDS, ()), *document["requirements"]]


def entries_of(lock_id: int) -> list[LockEntry]:
    """The rows of a lock with what a page says about each package. One query."""
    rows = LockEntry.objects.filter(lock=lock_id).select_related("package", "package__latest_release", "release")
    shown = ("id", "version", "is_prerelease", "yanked_at", "yank_reason")
    fields = [f"{prefix}__{name}" for prefix in ("package__latest_release", "release") for name in shown]
    return list(rows.only("path", "release_id", "package__summary", "package__latest_release_id", *fields))


def _inline(item: Any) -> tuple[str, str]:
    if isinstance(item, str):
        return "", item
    text = item.get("rule") or item.get("prompt") or ""
    return str(item.get("name") or item.get("provider") or ""), str(item.get("description") or text)
