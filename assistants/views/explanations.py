"""An explanation as a page shows it: a row for each requirement, under the assistant that brings it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assistants.domain.layers import OVERLAYS
from assistants.services.explaining import Explained

LONGEST = 400


@dataclass(frozen=True)
class Override:
    """What an override changed, as texts."""

    key: str
    before: str
    after: str
    where: str
    by: str


@dataclass(frozen=True)
class Row:
    """One requirement: what it got, why, and why nothing newer. `told` is its entry in the lock's explanation."""

    told: Mapping[str, Any]
    overrides: list[Override] = field(default_factory=list)

    @property
    def package(self) -> str:
        """The package that is asked for."""
        return str(self.told["uses"]).rpartition("@")[0]

    @property
    def namespace(self) -> str:
        """The first half of its name."""
        return self.package.partition("/")[0]

    @property
    def name(self) -> str:
        """The second half of its name."""
        return self.package.partition("/")[2]

    @property
    def anchor(self) -> str:
        """Its place, as the name of an element."""
        return str(self.told["path"]).replace("[", "-").replace("]", "").replace(".", "-")


@dataclass(frozen=True)
class Group:
    """The requirements that one assistant brings: itself (no name), one that it builds on, or one that lies over it."""

    via: str
    mode: str
    rows: list[Row]


@dataclass(frozen=True)
class Shown:
    """What the page shows."""

    explained: Explained
    groups: list[Group]
    left_out: list[Mapping[str, Any]]


def shown(explained: Explained) -> Shown:
    """The explanation in the order of a page: the assistant's own first, then what it builds on, then what lies over it."""
    entries = [one for one in explained.lock.explanation if "chosen" in one]
    modes = {one["path"]: one["mode"] for one in explained.lock.document.get(OVERLAYS, ())}
    groups: dict[tuple[int, str], Group] = {}
    for one in entries:
        overlay = str(one["path"]).partition(".")[0] if str(one["path"]).startswith(f"{OVERLAYS}[") else ""
        key = (0 if not one.get("via") else 1 if not overlay else 2, str(one.get("via", "")))
        group = groups.setdefault(key, Group(key[1], modes.get(overlay, ""), []))
        group.rows.append(Row(one, _overrides(one.get("overrides", ()))))
    left_out = [one for one in explained.lock.explanation if "chosen" not in one]
    return Shown(explained, [groups[key] for key in sorted(groups)], left_out)


def _overrides(entries: Iterable[Any]) -> list[Override]:
    """Locks of earlier times have the keys alone."""
    found = []
    for one in entries:
        if isinstance(one, dict):
            before = _text(one["before"]) if "before" in one else ""
            found.append(Override(one["key"], before, _text(one["after"]), one.get("in", ""), one.get("by", "")))
        else:
            found.append(Override(str(one), "", "", "", ""))
    return found


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
