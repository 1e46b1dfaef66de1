"""Markdown rules: optional front matter between lines of `---`, then the rule itself.

Fields and fall-backs are those of Continue's `markdownToRule` (contract 8.1), with one addition: Cursor writes
`globs: **/*.ts, **/*.tsx` without quotes, which YAML takes for an alias. Such front matter is read line by line, as
Cursor reads it; docs/manifests.md says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from registry.domain import yamltext
from registry.domain.faults import Fault, ManifestInvalid, Place

FILE = "manifest.md"
FIELDS = ("name", "description", "globs", "regex", "alwaysApply", "invokable")
_FENCED = re.compile(
    r"\A\ufeff?(?:[ \t]*\n)*---[ \t]*\n(.*?)(?:^|\n)---[ \t]*(?:\n|\Z)(.*)\Z", re.DOTALL | re.MULTILINE
)
_BRACE_OR_COMMA = re.compile(r"[{},]")
_LINE = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)[ \t]*:[ \t]*(.*)")


@dataclass(frozen=True)
class Parts:
    """A text with front matter, taken apart: what stands between the lines of `---`, from which line on, and the rest."""

    front: str
    first_line: int
    body: str


def split(text: str) -> Parts | None:
    """The parts of a text that begins with front matter; None for one that does not."""
    text = text.replace("\r\n", "\n")
    match = _FENCED.match(text)
    return Parts(match[1], text.count("\n", 0, match.start(1)) + 1, match[2].strip()) if match else None


def parse_rule(text: str, *, default_name: str) -> dict[str, Any]:
    """The rule that a Markdown text is. Raises ManifestInvalid with line and column for front matter nobody can read."""
    text = text.replace("\r\n", "\n")
    match = _FENCED.match(text)
    fields = _fields(match[1], text.count("\n", 0, match.start(1)) + 1) if match else {}
    body = (match[2] if match else text.removeprefix("\ufeff")).strip()
    if not body:
        line = text.count("\n") + 1
        raise ManifestInvalid(
            [Fault("The rule has no text.", Place(line), "Write the rule below the front matter.", FILE)]
        )
    rule: dict[str, Any] = {"name": fields.get("name") or default_name, "rule": body}
    rule.update({name: fields[name] for name in FIELDS[1:] if fields.get(name) not in (None, "")})
    return rule


def read(text: str) -> yamltext.Document:
    """The front matter as a document with places; an empty mapping without one. Raises ManifestInvalid."""
    text = text.replace("\r\n", "\n")
    match = _FENCED.match(text)
    return _document(match[1], text.count("\n", 0, match.start(1)) + 1) if match else yamltext.Document({}, {}, {})


def is_front_matter(text: str) -> bool:
    """Whether a text starts with front matter."""
    return _FENCED.match(text.replace("\r\n", "\n")) is not None


def _fields(text: str, first_line: int) -> dict[str, Any]:
    return _checked(_document(text, first_line))


def _document(text: str, first_line: int) -> yamltext.Document:
    if all(line.strip() == "" or line.lstrip().startswith("#") for line in text.split("\n")):
        return yamltext.Document({}, {}, {})
    try:
        document = yamltext.parse(text, file=FILE, first_line=first_line)
    except ManifestInvalid as error:
        document = _document_as_cursor(text, first_line, error)
    if not isinstance(document.value, dict):
        message = "Front matter is a list of “key: value” lines."
        raise ManifestInvalid([Fault(message, document.place(()), "Write “name: …”.", FILE)])
    return document


def _document_as_cursor(text: str, first_line: int, error: ManifestInvalid) -> yamltext.Document:
    """Each line as `key: value`, the value being text. Raises `error` where a line is something else."""
    fields: dict[str, Any] = {}
    spans: dict[yamltext.Path, yamltext.Span] = {}
    for number, line in enumerate(text.split("\n"), first_line):
        match = _LINE.fullmatch(line.rstrip())
        if match:
            fields[match[1]] = split_globs(match[2]) if match[1] == "globs" else _plain(match[2])
            spans[match[1],] = yamltext.Span(Place(number, match.start(2) + 1), 0, 0)
        elif line.strip() and not line.lstrip().startswith("#"):
            raise error
    return yamltext.Document(fields, spans, {})


def _plain(text: str) -> Any:
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    return unquoted(text)


def unquoted(text: str) -> str:
    """A text without the quotes around it, and what they escape as YAML reads it."""
    if len(text) < 2 or text[0] != text[-1] or text[0] not in "\"'":
        return text
    try:
        value = yamltext.parse(text).value
    except ManifestInvalid:
        return text[1:-1]
    return value if isinstance(value, str) else text[1:-1]


def split_globs(text: str) -> list[str]:
    """Cursor's comma-separated globs; a comma inside braces belongs to its glob."""
    parts, start, depth = [], 0, 0
    for match in _BRACE_OR_COMMA.finditer(text):
        if match[0] != ",":
            depth = max(0, depth + (1 if match[0] == "{" else -1))
        elif depth == 0:
            parts.append(text[start : match.start()])
            start = match.end()
    return [part.strip() for part in (*parts, text[start:]) if part.strip()]


def _checked(document: yamltext.Document) -> dict[str, Any]:
    fields: dict[str, Any] = document.value
    wrong = {}
    for name in ("alwaysApply", "invokable"):
        if not isinstance(fields.get(name), bool | None):
            wrong[name] = "is true or false."
    for name in ("name", "description"):
        if not isinstance(fields.get(name), str | None):
            wrong[name] = "is text; quote it."
    for name in ("globs", "regex"):
        value = fields.get(name)
        if not (
            isinstance(value, str | None) or (isinstance(value, list) and all(isinstance(one, str) for one in value))
        ):
            wrong[name] = "is text or a list of texts."
    if wrong:
        mend = "Change the front matter."
        raise ManifestInvalid(
            [Fault(f"“{name}” {what}", document.place((name,)), mend, FILE) for name, what in wrong.items()]
        )
    return fields
