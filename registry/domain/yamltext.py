"""Reads YAML into plain values, and remembers where each value stands in the text.

libyaml's event stream gives speed and places; what is built from it here follows YAML 1.2's core schema, as the
clients' parser does (`yes` and `on` are words, `010` is ten), and is bounded: no depth, alias or size can hurt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from registry.domain import templates
from registry.domain.faults import Fault, ManifestInvalid, Place

type Path = tuple[str | int, ...]

MAX_DEPTH = 40
MAX_VALUES = 50_000
TEXT_PER_VALUE = 100  # characters of text that count as much as one value more
MAX_INTEGER = 2**53 - 1

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STRING_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})
_KNOWN_TAGS = frozenset(
    {None, "!"} | {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")}
)


@dataclass(frozen=True)
class Span:
    """Where a value starts, and its first and last offset in the text (for replacing a scalar in place)."""

    place: Place
    start: int
    end: int


@dataclass(frozen=True)
class Document:
    """A parsed text: its value, and for each path in it where it stands."""

    value: Any
    spans: dict[Path, Span] = field(repr=False)
    keys: dict[Path, Place] = field(repr=False)

    def place(self, path: Path) -> Place:
        """Where `path` stands, or the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.spans:
                return self.spans[path[:length]].place
        return Place()

    def key_place(self, path: Path) -> Place:
        """Where the key of `path` stands."""
        return self.keys.get(path) or self.place(path)


def parse(text: str, *, file: str = "manifest.yaml", first_line: int = 1) -> Document:
    """Read one YAML document. Raises ManifestInvalid with the place of the first fault.

    `first_line` is the number of the text's first line in `file`, for a part of a larger file.
    """
    if found := _FORBIDDEN.search(text):
        before = text[: found.start()]
        place = Place(first_line + before.count("\n"), found.start() - before.rfind("\n"))
        message = f"The character U+{ord(found[0]):04X} is not allowed in YAML."
        raise ManifestInvalid([Fault(message, place, "Remove it.", file)])
    masked, unmask = templates.mask(text)
    try:
        return _Composer(masked, unmask, file, first_line).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + first_line, mark.column + 1) if mark else Place(first_line)
        message = f"This is not valid YAML: {error.problem or error.context}."
        line = masked.split("\n")[mark.line] if mark and mark.line <= masked.count("\n") else ""
        raise ManifestInvalid([Fault(message, place, _mend_of(error, line), file)]) from None


def _mend_of(error: yaml.MarkedYAMLError, line: str) -> str:
    problem = error.problem or ""
    if templates.VARIABLE.search(line):
        return 'Inside brackets, quote a variable: "${{ … }}".'
    if "alias" in f"{problem} {error.context}":
        return "A value that starts with “*” or “&” has to be quoted."
    if "mapping values are not allowed" in problem:
        return "Quote a value that contains “: ”, or check the indentation."
    if "cannot start any token" in problem:
        return "Indent with spaces and quote values that start with “@”, “`” or “%”."
    return "Check indentation, quotes and brackets just before this place."


class _Composer:
    """Turns the event stream of one text into values. Recursion is bounded by MAX_DEPTH."""

    def __init__(self, text: str, unmask: Callable[[str], str], file: str, first_line: int) -> None:
        self.unmask, self.file, self.first_line = unmask, file, first_line
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
        self.spans: dict[Path, Span] = {}
        self.keys: dict[Path, Place] = {}
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0

    def document(self) -> Document:
        next(self.events)  # the stream's start
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            raise ManifestInvalid([Fault("The file is empty.", Place(self.first_line), "Write a manifest.", self.file)])
        value = self.value(next(self.events), ())
        next(self.events)  # the document's end
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            self.fail(event, "There is a second document.", "Keep one document to a file: remove the line “---”.")
        return Document(value, self.spans, self.keys)

    def value(self, event: Any, path: Path) -> Any:
        mark, end = event.start_mark, event.end_mark
        self.spans.setdefault(path, Span(self.place(event), mark.index, end.index))
        before = self.count
        self.count += 1
        if len(path) > MAX_DEPTH:
            self.fail(event, f"Values are nested more than {MAX_DEPTH} deep.", "Flatten the document.")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        if event.tag not in _KNOWN_TAGS:
            self.fail(event, f"The tag “{event.tag}” is not known.", "Remove the tag.")
        if isinstance(event, yaml.ScalarEvent):
            built: Any = self.scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            built = self.sequence(path)
        else:
            built = self.mapping(path)
        if event.anchor:
            self.anchors[event.anchor] = built, self.count - before
        self.check_count(event)
        return built

    def sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*path, len(items))))
        return items

    def mapping(self, path: Path) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self.fail(
                    event, "A key has to be a plain word.", "Quote the key if it starts with “[”, “{”, “*” or “&”."
                )
            key = self.text(event)
            if key in items:
                self.fail(event, f"The key “{key}” is there twice.", "Remove one of the two.")
            self.keys[*path, key] = self.place(event)
            items[key] = self.value(next(self.events), (*path, key))
        return items

    def alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            self.fail(event, f"“*{event.anchor}” refers to nothing.", "A value that starts with “*” has to be quoted.")
        value, size = self.anchors[event.anchor]
        self.count += size
        self.check_count(event)
        return value

    def scalar(self, event: Any) -> Any:
        text: str = event.value
        plain = event.implicit[0] and not event.style
        if event.tag in _STRING_TAGS or (event.tag is None and not plain):
            return self.text(event)
        if text in _NULL:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if _NOT_FINITE.fullmatch(text):
            self.fail(event, f"“{text}” is not a finite number.", "Quote it if it is meant as text.")
        if _INTEGER.fullmatch(text):
            return self.integer(event, text)
        return self.number(event, text) if _FLOAT.fullmatch(text) else self.text(event)

    def text(self, event: Any) -> str:
        if "\0" in event.value:
            self.fail(event, "The text contains the character U+0000, which cannot be stored.", "Remove it.")
        self.count += len(event.value) // TEXT_PER_VALUE
        return self.unmask(event.value)

    def integer(self, event: Any, text: str) -> int:
        number = int(text, 0) if text[:2] in ("0o", "0x") else int(text) if len(text) < 20 else MAX_INTEGER + 1
        if abs(number) > MAX_INTEGER:
            self.fail(
                event, "This whole number is too large to be exact everywhere.", "Quote it if it is meant as text."
            )
        return number

    def number(self, event: Any, text: str) -> float:
        number = float(text)
        # JSON writes large floats as whole numbers, so the bound is the same.
        if abs(number) > MAX_INTEGER:
            self.fail(event, "This number is too large.", "Quote it if it is meant as text.")
        return number

    def check_count(self, event: Any) -> None:
        if self.count > MAX_VALUES:
            self.fail(event, f"The document has more than {MAX_VALUES} values, aliases expanded.", "Use fewer aliases.")

    def place(self, event: Any) -> Place:
        return Place(event.start_mark.line + self.first_line, event.start_mark.column + 1)

    def fail(self, event: Any, message: str, mend: str) -> None:
        raise ManifestInvalid([Fault(message, self.place(event), mend, self.file)])
