"""What is different between two bundles for the client that gets them: rules, prompts, tools, models and secrets, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from registry.domain import changes
from registry.domain.changes import Change, How, What


class About(StrEnum):
    """What a difference is about."""

    RULE = "rule"
    PROMPT = "prompt"
    TOOL = "tool"
    MODEL = "model"
    CONTEXT = "context"
    DOCS = "docs"
    DATA = "data"
    SECRET = "secret"  # a word, not a secret
    SETTING = "setting"


_ABOUT = {
    "rules": About.RULE,
    "prompts": About.PROMPT,
    "mcpServers": About.TOOL,
    "models": About.MODEL,
    "context": About.CONTEXT,
    "docs": About.DOCS,
    "data": About.DATA,
}
_ORDER = tuple(About)


@dataclass(frozen=True)
class Difference:
    """One thing that came, went or changed. `details` say what of it changed; `weighty` is what should be looked at closely."""

    about: About
    how: How
    name: str
    words: str
    details: tuple[str, ...] = ()
    weighty: bool = False

    def as_json(self) -> dict[str, Any]:
        """As the API gives it out."""
        return {
            "about": self.about.value,
            "how": self.how.value,
            "name": self.name,
            "words": self.words,
            "details": list(self.details),
            "look_closely": self.weighty,
        }


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What is different between two bundles (the documents), by what it is about; none if a client would notice nothing."""
    found: list[Difference] = []
    changed: dict[tuple[About, str], list[Change]] = {}
    for change in changes.semantic("assistant", _config(before), _config(after)):
        about = _about(change)
        if change.what is What.FIELD and change.section and change.item:
            changed.setdefault((about, change.item), []).append(change)
        else:
            found.append(Difference(about, change.how, change.item, change.words, weighty=change.weighty))
    for (about, name), several in changed.items():
        found.append(_changed(about, name, several))
    return sorted(found, key=lambda one: (_ORDER.index(one.about), one.how is not How.ADDED, one.name))


def _config(bundle: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a client gets. The name and version of the assistant are told beside it."""
    return {key: value for key, value in bundle["config"].items() if key not in ("name", "version")}


def _about(change: Change) -> About:
    if change.what is What.SECRET:
        return About.SECRET
    return _ABOUT.get(change.section, About.SETTING)


def _changed(about: About, name: str, several: Iterable[Change]) -> Difference:
    listed = list(several)
    weighty = any(change.weighty for change in listed)
    details = tuple(change.words for change in listed)
    if len(listed) == 1:
        return Difference(about, How.CHANGED, name, listed[0].words, weighty=weighty)
    label = "MCP server" if about is About.TOOL else about.value
    return Difference(about, How.CHANGED, name, f"Changes the {label} “{name}”.", details, weighty)
