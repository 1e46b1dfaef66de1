"""What is different between two manifests for whoever uses them: typed changes with words, not lines.

Works on parsed manifests (`Release.content`). Items are told apart by their name, requirements by the package they use.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from registry.domain import schema, templates

MAX_CHANGES = 200
MAX_WORDS = 160
_LABELS = {
    "models": "model",
    "context": "context provider",
    "data": "data destination",
    "mcpServers": "MCP server",
    "rules": "rule",
    "prompts": "prompt",
    "docs": "documentation source",
}
# The texts that a model reads: which words changed is for the line diff.
_PROSE = frozenset({"rule", "prompt", "body", "text", "instructions", "systemMessage", "baseSystemMessage"})
# What decides where data goes and what is run on somebody's machine.
_WEIGHTY = frozenset(
    {
        *("command", "args", "url", "env", "cwd", "type", "serverUrl"),
        *("provider", "model", "apiBase", "apiKey", "requestOptions", "proxy", "headers", "destination"),
        *("packages", "remotes", "repository"),
    }
)


class What(StrEnum):
    """What a change is about."""

    ITEM = "item"
    REQUIREMENT = "requirement"
    FIELD = "field"
    SECRET = "secret"  # a word, not a secret
    INPUT = "input"


class How(StrEnum):
    """What happened to it."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Change:
    """One difference. `words` say it in a sentence; `weighty` marks what should be looked at before it is let in:
    where something is sent, what is run, which secrets are needed, which text a model is given.
    """

    what: What
    how: How
    words: str
    section: str = ""
    item: str = ""
    field: str = ""
    before: str = ""
    after: str = ""
    weighty: bool = False


def semantic(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The changes from one parsed manifest of `kind` to another, weighty ones first, at most `MAX_CHANGES`."""
    found = [*_variables(before, after), *_items(before, after), *_rest(kind, before, after)]
    found.sort(key=lambda change: not change.weighty)
    return found[:MAX_CHANGES]


def _variables(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for what, prefix in ((What.SECRET, templates.SECRETS), (What.INPUT, templates.INPUTS)):
        old, new = templates.names(dict(before), prefix), templates.names(dict(after), prefix)
        for name in sorted(new - old):
            yield Change(
                what, How.ADDED, f"Needs the {what} {name}, which it did not need before.", item=name, weighty=True
            )
        for name in sorted(old - new):
            yield Change(what, How.REMOVED, f"Does not need the {what} {name} any more.", item=name)


def _items(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for section in schema.SECTIONS:
        old, new = _keyed(before.get(section)), _keyed(after.get(section))
        if len(old) == len(new) == 1 and not any("uses" in item for item in [*old.values(), *new.values()]):
            # A block has one item: with another name it is still the same item.
            (name, was), (new_name, now) = *old.items(), *new.items()
            if name != new_name:
                yield _named(section, name, new_name)
            yield from _fields(section, new_name, was, now)
            continue
        for key in old.keys() - new.keys():
            yield _gone_or_new(section, key, old[key], How.REMOVED)
        for key in new.keys() - old.keys():
            yield _gone_or_new(section, key, new[key], How.ADDED)
        for key, now in new.items():
            if key in old and old[key] != now:
                yield from _fields(section, key, old[key], now)
        shared = [key for key in new if key in old]
        if shared != [key for key in old if key in new]:
            words = f"The order of “{section}” changed."
            yield Change(What.FIELD, How.CHANGED, words, section, field="order")


def _keyed(items: Any) -> dict[str, Mapping[str, Any]]:
    """Items by what tells them apart; a second one of the same name gets a number."""
    keyed: dict[str, Mapping[str, Any]] = {}
    for item in items if isinstance(items, list) else []:
        row = item if isinstance(item, dict) else {"text": item}
        base = name = str(row["uses"]).partition("@")[0] if "uses" in row else str(row.get("name") or _short(item))
        number = 2
        while name in keyed:
            name, number = f"{base} ({number})", number + 1
        keyed[name] = row
    return keyed


def _named(section: str, before: str, after: str) -> Change:
    words = f"The {_label(section)} is called “{after}” instead of “{before}”."
    return Change(What.FIELD, How.CHANGED, words, section, after, "name", before, after)


def _gone_or_new(section: str, key: str, item: Mapping[str, Any], how: How) -> Change:
    uses = "uses" in item
    what = What.REQUIREMENT if uses else What.ITEM
    asked = str(item["uses"]) if uses else key
    verb = {How.ADDED: ("Uses", "Adds the"), How.REMOVED: ("Does not use", "Takes away the")}[how][0 if uses else 1]
    words = f"{verb} {asked} any more." if uses and how is How.REMOVED else f"{verb} {asked}."
    if not uses:
        words = f"{verb} {_label(section)} “{key}”."
    before, after = ("", asked) if how is How.ADDED else (asked, "")
    return Change(what, how, words, section, key, before=before, after=after, weighty=True)


def _fields(section: str, item: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was == now or (name == "name" and section):
            continue
        if name == "uses":
            yield _range(section, item, str(was or ""), str(now or ""))
        elif isinstance(was, dict) and isinstance(now, dict):
            yield from _nested(section, item, name, was, now)
        else:
            yield _field(section, item, name, was, now, weighty=name in _WEIGHTY | _PROSE)


def _nested(section: str, item: str, name: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            path = f"{name}.{key}"
            yield _field(section, item, path, before.get(key), after.get(key), weighty=name in _WEIGHTY)


def _range(section: str, item: str, before: str, after: str) -> Change:
    was, now = before.partition("@")[2] or "latest", after.partition("@")[2] or "latest"
    words = f"Takes {item} in the range {now} instead of {was}."
    return Change(What.REQUIREMENT, How.CHANGED, words, section, item, "uses", was, now, weighty=True)


def _field(section: str, item: str, name: str, was: Any, now: Any, *, weighty: bool) -> Change:
    label = _label(section)
    # A rule's own text is the rule.
    place = f"the {label} “{item}”" if name == label else f"{name} of the {label} “{item}”" if section else name
    last = name.rpartition(".")[2]
    before, after = _short(was), _short(now)
    if was is None:
        how, words = How.ADDED, f"Sets {place} to {after}."
    elif now is None:
        how, words = How.REMOVED, f"Takes {place} away; it was {before}."
    elif isinstance(was, list) and isinstance(now, list):
        how, words = How.CHANGED, f"Changes {place}: {_list_words(was, now)}."
    elif isinstance(was, str) and isinstance(now, str) and (last in _PROSE or max(len(was), len(now)) > MAX_WORDS):
        how, words = How.CHANGED, f"Changes the text of {place}: {_size_words(was, now)}."
    else:
        how, words = How.CHANGED, f"Changes {place} from {before} to {after}."
    return Change(What.FIELD, how, words, section, item, name, before, after, weighty)


def _list_words(was: list[Any], now: list[Any]) -> str:
    old, new = {_short(entry): None for entry in was}, {_short(entry): None for entry in now}
    added, removed = [key for key in new if key not in old], [key for key in old if key not in new]
    said = [f"adds {', '.join(added)}"] if added else []
    said += [f"takes away {', '.join(removed)}"] if removed else []
    return "; ".join(said)[: 2 * MAX_WORDS] or "another order"


def _size_words(was: str, now: str) -> str:
    old, new = len(was.split()), len(now.split())
    return f"{new} words instead of {old}" if old != new else f"other words, {new} as before"


def _rest(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """What stands beside the sections: description, tags, licence; for kinds without sections, all of it."""
    sections = set(schema.SECTIONS)
    # The version of every release is another one, and what a package is called is shown beside.
    left_out = sections | {"version", "schema"}
    old = {key: value for key, value in before.items() if key not in left_out}
    new = {key: value for key, value in after.items() if key not in left_out}
    for change in _fields("", "", old, new):
        is_name = change.field == "name" and kind != "skill"
        if not (is_name and (sections & before.keys())):
            yield change


def _label(section: str) -> str:
    return _LABELS.get(section, section)


def _short(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, str):
        text = f"“{value}”"
    else:
        text = "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= MAX_WORDS else f"{text[: MAX_WORDS - 1]}…"
