"""Inputs that a block declares: what each is for, of which type, with which default and choices.

An input is filled in as text (`templates`), so its type says which texts it takes. Declaring is voluntary: a block whose
text has `${{ inputs.NAME }}` asks for NAME whether it declares it or not, and then any text will do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from registry.domain import templates
from registry.domain.faults import Fault
from registry.domain.yamltext import Document
from registry.domain.yamltext import Path as ValuePath

_NAME = re.compile(r"[^\s{}]+")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


TYPES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "string": ("a text", lambda text: True),
    "number": ("a number, such as 0.7", lambda text: _NUMBER.fullmatch(text) is not None),
    "integer": ("a whole number, such as 8192", lambda text: _INTEGER.fullmatch(text) is not None),
    "boolean": ("true or false", lambda text: text in ("true", "false")),
    "url": ("an address that begins with https:// or http://", _is_url),
}


@dataclass(frozen=True)
class Input:
    """One declared input. Without a `default` whoever uses the block has to give it; `choices` are all that it takes."""

    name: str
    type: str = "string"
    description: str = ""
    default: str | None = None
    choices: tuple[str, ...] = ()

    def refusal(self, text: str) -> str:
        """Why `text` will not do, as the end of a sentence; empty if it will. A secret's variable is taken on trust."""
        if self.choices and text not in self.choices:
            return f"is one of {', '.join(self.choices)}; “{_short(text)}” is none of them"
        words, fits = TYPES[self.type]
        if templates.VARIABLE.search(text) or fits(text):
            return ""
        return f"is {words}; “{_short(text)}” is not"

    def as_json(self) -> dict[str, Any]:
        """The declaration as the API gives it out."""
        return {
            "name": self.name,
            "type": self.type,
            "description": self.description,
            "default": self.default,
            "choices": list(self.choices),
            "is_required": self.default is None,
        }


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def read(declared: Mapping[str, Any] | None) -> tuple[Input, ...]:
    """The declarations of a manifest whose form was checked (`faults`), in their own order."""
    return tuple(_input(name, about or {}) for name, about in (declared or {}).items())


def _input(name: str, about: Mapping[str, Any]) -> Input:
    default = about.get("default")
    return Input(
        name=name,
        type=str(about.get("type", "string")),
        description=str(about.get("description", "")),
        default=None if default is None else as_text(default),
        choices=tuple(as_text(choice) for choice in about.get("choices") or ()),
    )


def as_text(value: Any) -> str:
    """A scalar of YAML as it is filled in."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def faults(declared: Mapping[str, Any], used: Iterable[str], path: ValuePath, document: Document) -> list[Fault]:
    """What is wrong with declarations whose shape is right: names, defaults and choices that their own type refuses."""
    found = []
    asked = set(used)
    for one in read(declared):
        place = document.key_place((*path, one.name))
        if not _NAME.fullmatch(one.name):
            found.append(Fault(f"“{one.name}” cannot be the name of an input.", place, "Use no blanks and no braces."))
        elif one.name not in asked:
            mend = f"Write ${{{{ inputs.{one.name} }}}} where it belongs, or take it out here."
            found.append(Fault(f"The input “{one.name}” is declared and stands nowhere.", place, mend))
        found += _values(one, document, (*path, one.name))
    return found


def _values(one: Input, document: Document, path: ValuePath) -> list[Fault]:
    found = []
    alone = Input(one.name, one.type)
    for index, choice in enumerate(one.choices):
        if why := alone.refusal(choice):
            found.append(Fault(f"A choice of “{one.name}” {why}.", document.place((*path, "choices", index))))
    if one.default is not None and (why := one.refusal(one.default)):
        found.append(Fault(f"The default of “{one.name}” {why}.", document.place((*path, "default"))))
    return found
