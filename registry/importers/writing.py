"""Values to YAML that every client's parser reads alike: block style, and quotes around all that could mean something else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from registry.domain import yamltext
from registry.domain.faults import ManifestInvalid

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+()-]+)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_BLOCK = re.compile(r"[^\s][^\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ud800-\udfff\u2028\u2029]*", re.DOTALL)
_CONTROL = re.compile("[\x7f-\x9f\ufeff\u2028\u2029]")


def yaml(value: dict[str, Any]) -> str:
    """A mapping as YAML text that reads back as the same mapping."""
    text = "\n".join(_lines(value, 0, as_blocks=True)) + "\n"
    try:
        if yamltext.parse(text).value == value:
            return text
    except ManifestInvalid:
        pass  # a text that block style cannot carry exactly; quoted it can
    return "\n".join(_lines(value, 0, as_blocks=False)) + "\n"


def markdown(fields: dict[str, Any], body: str) -> str:
    """A Markdown rule: front matter, then its text."""
    return f"---\n{yaml(fields)}---\n\n{body.strip()}\n"


def _lines(value: Any, depth: int, *, as_blocks: bool) -> Iterator[str]:
    pad = "  " * depth
    items = value.items() if isinstance(value, dict) else ((None, one) for one in value)
    for key, item in items:
        head = f"{pad}- " if key is None else f"{pad}{_scalar(key)}: "
        if isinstance(item, dict | list) and item:
            inner = list(_lines(item, depth + 1, as_blocks=as_blocks))
            if key is None:
                yield head + inner[0].lstrip(" ")
                yield from inner[1:]
            else:
                yield head.rstrip()
                yield from inner
        elif isinstance(item, str) and as_blocks and _fits_block(item):
            yield f"{head}{'|' if item.endswith(chr(10)) else '|-'}"
            yield from (f"{pad}  {line}".rstrip(" ") if not line else f"{pad}  {line}" for line in _rows(item))
        else:
            yield head + _scalar(item)


def _rows(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _fits_block(text: str) -> bool:
    return "\n" in text.strip() and not text.endswith("\n\n") and _BLOCK.fullmatch(text) is not None


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and len(value) < 200:
            return value
        return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
    return json.dumps(value)
