"""Writes the formats that clients read, always the same bytes for the same values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from assistants.domain import drafting


def front_matter(fields: Mapping[str, Any], body: str) -> str:
    """A Markdown file with front matter. Fields that are None or empty texts are left out.

    A text that begins like front matter gets an empty one before it, so that none of it is taken for fields.
    """
    kept = {name: value for name, value in fields.items() if value not in (None, "", [], ())}
    written = drafting.to_yaml(dict(kept)) if kept else ""
    head = f"---\n{written}---\n\n" if kept or body.lstrip().startswith("---") else ""
    return f"{head}{body.strip()}\n"


def to_json(value: Any) -> str:
    """JSON as people write it."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def to_toml(value: Mapping[str, Any]) -> str:
    """A mapping as TOML: plain values first, then a table for each mapping inside."""
    return "\n".join(_table(value, ())).strip() + "\n"


def _table(value: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    plain = {name: item for name, item in value.items() if not isinstance(item, Mapping)}
    lines = [f"[{'.'.join(map(_key, path))}]"] if path and (plain or not value) else []
    lines += [f"{_key(name)} = {_toml(item)}" for name, item in plain.items()]
    for name, item in value.items():
        if isinstance(item, Mapping):
            lines += ["", *_table(item, (*path, name))]
    return lines


def _key(name: str) -> str:
    return name if name and all(one.isascii() and (one.isalnum() or one in "-_") for one in name) else _toml(name)


def _toml(value: Any) -> str:
    if isinstance(value, str):
        # JSON's escapes are TOML's too; only DEL has to be escaped in the one and not in the other.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)


def sections(parts: Mapping[str, str]) -> str:
    """Titles with their texts, as one Markdown document."""
    return "\n\n".join(f"## {title}\n\n{text.strip()}" for title, text in parts.items())
