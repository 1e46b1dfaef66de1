"""What it takes to follow newer releases: what moved, by how much, the next version, and the text that asks for them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from assistants.domain.composition import EXTENDS, Composition, Requirement
from registry.domain import yamltext
from registry.domain.faults import ManifestInvalid
from registry.domain.versions import Version
from registry.domain.yamltext import Document, Span

MAX_TOLD = 50


class Mode(StrEnum):
    """Whether an assistant follows what it uses by itself."""

    LOCKED = "locked"
    FLOATING = "floating"


class Merges(StrEnum):
    """Which updates are merged by policy."""

    NONE = "none"
    FIXES = "fixes"
    PATCH = "patch"
    MINOR = "minor"
    ALL = "all"


class Level(StrEnum):
    """How far a move goes."""

    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


_ORDER = {Level.PATCH: 0, Level.MINOR: 1, Level.MAJOR: 2}
_MERGED = {Merges.PATCH: Level.PATCH, Merges.MINOR: Level.MINOR, Merges.ALL: Level.MAJOR}


@dataclass(frozen=True)
class Taken:
    """The release that one place has. `why` says how it came to it, `trouble` that it was yanked or quarantined since."""

    path: str
    package: str
    version: str
    release: int = 0
    why: str = ""
    trouble: str = ""
    is_security_fix: bool = False


@dataclass(frozen=True)
class Move:
    """One place that gets another release; one side is empty where it comes or goes."""

    path: str
    package: str
    before: str
    after: str
    why: str
    is_security_fix: bool = False

    @property
    def level(self) -> Level:
        """How far it goes. What comes counts as minor, what goes as major."""
        if not self.before or not self.after:
            return Level.MINOR if self.after else Level.MAJOR
        old, new = Version.parse(self.before).numbers, Version.parse(self.after).numbers
        if old[0] != new[0]:
            return Level.MAJOR
        return Level.MINOR if old[1] != new[1] else Level.PATCH

    def as_json(self) -> dict[str, Any]:
        """As it is kept with a lock, and given out."""
        told: dict[str, Any] = {"path": self.path, "package": self.package, "before": self.before, "after": self.after}
        told |= {"level": self.level.value, "why": self.why}
        return told | ({"security_fix": True} if self.is_security_fix else {})


def moves(before: Iterable[Taken], after: Iterable[Taken]) -> list[Move]:
    """What is different between the releases that each place had and has, in the order of the places."""
    old, new = ({one.path: one for one in side} for side in (before, after))
    found = []
    for path in sorted(old.keys() | new.keys(), key=_place):
        was, now = old.get(path), new.get(path)
        if was and now and was.release == now.release:
            continue
        if was and now and was.package != now.package:
            found += [_move(was, None), _move(None, now)]
        else:
            found.append(_move(was, now))
    return found


def _move(was: Taken | None, now: Taken | None) -> Move:
    one = now or was
    if one is None:
        raise ValueError("A move has at least one side.")
    why = now.why if now else "not part of it any more"
    if was and was.trouble:
        why = f"{was.version} was {was.trouble}" if not why else f"{was.version} was {was.trouble}; {why}"
    return Move(
        one.path,
        one.package,
        was.version if was else "",
        now.version if now else "",
        why,
        now is not None and now.is_security_fix,
    )


def _place(path: str) -> tuple[tuple[str, int], ...]:
    steps = []
    for step in path.split("."):
        name, _, number = step.rstrip("]").partition("[")
        steps.append((name, int(number) if number.isdigit() else 0))
    return tuple(steps)


def level_of(moved: Iterable[Move]) -> Level:
    """The farthest of some moves."""
    return max((one.level for one in moved), key=lambda level: _ORDER[level], default=Level.PATCH)


def is_covered(merges: Merges, moved: Sequence[Move]) -> bool:
    """Whether a policy merges an update of these moves."""
    if merges is Merges.NONE or not moved:
        return False
    if merges is Merges.FIXES:
        return all(one.is_security_fix for one in moved)
    return _ORDER[level_of(moved)] <= _ORDER[_MERGED[merges]]


def next_version(current: str, moved: Iterable[Move], used: Collection[str]) -> str:
    """The version of the release that has the moves: a patch, or a minor one where something moved that far. Never a used one."""
    major, minor, patch = Version.parse(current).numbers
    if level_of(moved) is not Level.PATCH:
        minor, patch = minor + 1, -1
    while True:
        patch += 1
        if (version := f"{major}.{minor}.{patch}") not in used:
            return version


def changelog(moved: Sequence[Move]) -> str:
    """The moves as a Markdown list: each package once, however many places have it."""
    lines: dict[str, None] = {}
    for one in moved:
        if one.before and one.after:
            words = f"`{one.package}` {one.before} → {one.after}"
        else:
            words = f"`{one.package}` {one.after} is new" if one.after else f"`{one.package}` {one.before} is gone"
        lines[f"- {words}{' (security fix)' if one.is_security_fix else ''}"] = None
    told = list(lines)
    if len(told) > MAX_TOLD:
        told = [*told[:MAX_TOLD], f"- and {len(told) - MAX_TOLD} more"]
    return "What it uses was brought up to date:\n\n" + "\n".join(told) + "\n"


def title(moved: Sequence[Move]) -> str:
    """What a proposal of the moves is called."""
    packages = list(dict.fromkeys(one.package for one in moved))
    if len(packages) > 1:
        return f"Update {len(packages)} packages"
    one = moved[0]
    return (
        f"Update {one.package} from {one.before} to {one.after}"
        if one.before and one.after
        else f"Update {one.package}"
    )


def widened(requirement: Requirement, newest: Version) -> str | None:
    """A range like the one that was asked for, which allows `newest`; None if it is allowed already, or older."""
    asked = requirement.range
    if asked.allows(newest):
        return None
    if asked.is_exact:
        exact = Version.parse(asked.text.strip().lstrip("=v "))
        return str(newest) if newest > exact else None
    return f"~{newest}" if asked.text.startswith("~") else f"^{newest}"


def rewritten(composition: Composition, version: str, ranges: Mapping[str, str]) -> str:
    """The manifest's text with another version, and other ranges at some paths; the rest as it was written.

    Where that cannot be done in place the text is written anew, as JSON, which is YAML too.
    """
    document = composition.document
    wanted = [extension.requirement for extension in composition.extensions] + composition.requirements
    edits: list[tuple[Span | None, str]] = [(document.spans.get(("version",)), version)]
    value = {**document.value, "version": version}
    for requirement in wanted:
        if requirement.path in ranges:
            asked = f"{requirement.package}@{ranges[requirement.path]}"
            edits.append((document.spans.get(_path(requirement, document)), asked))
            value = _with_uses(value, requirement, asked)
    text = composition.manifest.text
    for span, words in sorted(edits, key=lambda one: one[0].start if one[0] else -1, reverse=True):
        text = _replaced(text, span, words) if span else text
    return text if _says(text, value) else json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _path(requirement: Requirement, document: Document) -> tuple[str | int, ...]:
    if requirement.section != EXTENDS:
        return (requirement.section, requirement.index, "uses")
    written = document.value[EXTENDS]
    if isinstance(written, str):
        return (EXTENDS,)
    is_mapping = isinstance(written[requirement.index], dict)
    return (EXTENDS, requirement.index, "uses") if is_mapping else (EXTENDS, requirement.index)


def _with_uses(value: dict[str, Any], requirement: Requirement, asked: str) -> dict[str, Any]:
    written = value[requirement.section]
    if isinstance(written, str):
        return {**value, requirement.section: asked}
    items = list(written)
    item = items[requirement.index]
    items[requirement.index] = {**item, "uses": asked} if isinstance(item, dict) else asked
    return {**value, requirement.section: items}


def _replaced(text: str, span: Span, words: str) -> str:
    """The text with a scalar replaced, in the quotes that it had."""
    quote = text[span.start] if text[span.start : span.start + 1] in ("'", '"') else ""
    return f"{text[: span.start]}{quote}{words}{quote}{text[span.end :]}"


def _says(text: str, value: dict[str, Any]) -> bool:
    try:
        return bool(yamltext.parse(text).value == value)
    except ManifestInvalid:
        return False
