"""From choices made in a form to the manifest of an assistant, and values to YAML that people like to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from assistants.domain.composition import EXTENDS
from registry.domain import schema

WIDTH = 110


@dataclass(frozen=True)
class Part:
    """A package to be used in one section, or an assistant to build on. An empty range means the latest release."""

    section: str
    package: str
    range: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """An assistant in the making: its parts in order, and rules of its own."""

    title: str
    version: str
    description: str = ""
    parts: tuple[Part, ...] = ()
    rules: tuple[str, ...] = ()


def manifest(draft: Draft) -> str:
    """The config.yaml that says what the draft says."""
    value: dict[str, Any] = {"name": draft.title, "version": draft.version, "schema": "v1"}
    if draft.description:
        value["metadata"] = {"description": draft.description}
    if extended := [_reference(part) for part in draft.parts if part.section == EXTENDS]:
        value[EXTENDS] = extended
    for section in schema.SECTIONS:
        items: list[Any] = [_use(part) for part in draft.parts if part.section == section]
        if section == "rules":
            items += draft.rules
        if items:
            value[section] = items
    return to_yaml(value)


def _reference(part: Part) -> str:
    return f"{part.package}@{part.range}" if part.range else part.package


def _use(part: Part) -> dict[str, Any]:
    return {"uses": _reference(part)} | ({"with": dict(part.inputs)} if part.inputs else {})


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, lists indented under their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002  # PyYAML's signature
        """Indent lists too, as people write them."""
        super().increase_indent(flow=flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out: anchors would stand for nothing that the author wrote."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def to_yaml(value: Any) -> str:
    """`value` as YAML, keys in their own order."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return text
