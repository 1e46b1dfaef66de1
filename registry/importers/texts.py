"""Bytes to text and to values, as people's files are: with comments, odd line ends, and front matter that is nearly YAML."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from registry.domain import frontmatter, literals, manifests, yamltext
from registry.domain.faults import ManifestInvalid
from registry.importers.base import Refused, Source

MAX_TEXT = manifests.MAX_BYTES
MAX_LIST = 4 * 1024 * 1024
MAX_DEPTH = yamltext.MAX_DEPTH
_FENCED = re.compile(r"\A(?:[ \t]*\n)*---[ \t]*\n(.*?)(?:^|\n)---[ \t]*(?:\n|\Z)(.*)\Z", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)[ \t]*:[ \t]*(.*)")
_UNSTORABLE = re.compile(r"[\ud800-\udfff]|(?<!\\)(?:\\\\)*\\u0000")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# A string, or a comment, or a comma before a closing bracket: strings are found first, so nothing in them is touched.
_JSON_EXTRA = re.compile(r'("(?:[^"\\\n]|\\.)*+")|//[^\n]*|/\*.*?\*/|,(?=\s*+[}\]])', re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A Markdown file: the fields of its front matter, its text, and the line that the text starts on."""

    fields: dict[str, Any]
    body: str
    body_line: int = 1
    is_loose: bool = False
    lines: dict[str, int] = field(default_factory=dict)

    def text_of(self, key: str) -> str:
        """A field as text, on one line; empty if it is missing or something else."""
        value = self.fields.get(key)
        return " ".join(str(value).split()) if isinstance(value, str | int | float) and value is not True else ""


def decode(source: Source, limit: int = MAX_TEXT) -> str:
    """The file's text with simple line ends and without a byte order mark. Raises Refused."""
    if len(source.content) > limit:
        raise Refused(f"The file is larger than {limit // 1024} KiB.", "Make it shorter.")
    if source.content.startswith(_UTF16):
        raise Refused("The file is UTF-16.", "Save it as UTF-8.")
    try:
        text = source.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = source.content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        wrong = f"The byte 0x{source.content[error.start]:02X} is not UTF-8."
        raise Refused(wrong, "Save the file as UTF-8.", line, column) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def json_of(text: str) -> Any:
    """The value of a JSON text, comments and trailing commas allowed as editors do. Raises Refused."""
    plain = _JSON_EXTRA.sub(lambda found: found[1] or re.sub(r"[^\n]", " ", found[0]), text)
    try:
        value = json.loads(plain, parse_constant=_not_finite)
    except json.JSONDecodeError as error:
        message = f"This is not valid JSON: {error.msg}."
        raise Refused(message, "Check commas, quotes and brackets before this place.", error.lineno, error.colno) from (
            None
        )
    except (ValueError, RecursionError):
        raise Refused(
            "The JSON holds a number that is too long, or is nested too deeply.", "Make it simpler."
        ) from None
    if _is_deeper(value, MAX_DEPTH):
        raise Refused(f"Values are nested more than {MAX_DEPTH} deep.", "Flatten the document.")
    if _UNSTORABLE.search(json.dumps(value, ensure_ascii=False)):
        raise Refused("The JSON holds a character that cannot be stored.", "Remove half emoji and U+0000.")
    return value


def yaml_of(text: str, file: str) -> yamltext.Document:
    """The value of a YAML text with places. Raises ManifestInvalid."""
    return yamltext.parse(text, file=file)


def page_of(source: Source) -> Page:
    """A Markdown file with or without front matter. Raises Refused for front matter that nobody can read.

    Where the front matter is not YAML, it is read line by line as `key: value`, as several clients do (`is_loose`).
    """
    text = decode(source)
    match = _FENCED.match(text)
    body, body_line = (match[2], text.count("\n", 0, match.start(2)) + 1) if match else (text, 1)
    if faults := literals.in_text(body, source.path):
        raise Refused.because(ManifestInvalid(faults), first_line=body_line - 1)
    fields, lines, is_loose = _front_matter(source, match, text) if match and match[1].strip() else ({}, {}, False)
    return Page(fields, body.strip(), body_line, is_loose, lines)


def _front_matter(source: Source, match: re.Match[str], text: str) -> tuple[dict[str, Any], dict[str, int], bool]:
    first = text.count("\n", 0, match.start(1)) + 1
    try:
        document = yamltext.parse(match[1], file=source.path, first_line=first)
    except ManifestInvalid as error:
        fields = _line_by_line(match[1])
        if fields is None:
            raise Refused.because(error) from None
        return fields, {}, True
    if not isinstance(document.value, dict):
        raise Refused("Front matter is a list of “key: value” lines.", "Write “name: …”.", first)
    lines = {str(path[0]): place.line for path, place in document.keys.items() if len(path) == 1}
    return document.value, lines, False


def line_of(text: str, key: str) -> int:
    """The line on which a JSON text has `key` as a key, as well as one can tell."""
    found = re.search(rf"{re.escape(json.dumps(key, ensure_ascii=False))}\s*+:", text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def strings_of(value: Any) -> list[str]:
    """A text parted at commas, or a list of texts, as a list."""
    if isinstance(value, str):
        return frontmatter.split_globs(value)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def mapping_of(value: Any) -> dict[str, Any]:
    """A mapping; empty for what is none."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """A list; empty for what is none."""
    return value if isinstance(value, list) else []


def mappings_of(value: Any) -> list[dict[str, Any]]:
    """The mappings in a list; none for what is no list."""
    return [one for one in list_of(value) if isinstance(one, dict)]


def _line_by_line(text: str) -> dict[str, Any] | None:
    fields: dict[str, Any] = {}
    for line in text.split("\n"):
        match = _LINE.fullmatch(line.rstrip())
        if match:
            fields[match[1]] = _plain(match[2].strip())
        elif line.strip() and not line.lstrip().startswith("#"):
            return None
    return fields


def _plain(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return frontmatter.unquoted(text)


def _not_finite(name: str) -> Any:
    raise ValueError(name)


def _is_deeper(value: Any, limit: int) -> bool:
    """Level by level, so that no depth can hurt."""
    level = [value]
    for _ in range(limit + 1):
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [one for values in inner for one in values]
        if not level:
            return False
    return True
