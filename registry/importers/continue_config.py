"""Continue's `config.yaml`: a block where it holds one item, else a block for each item and an assistant that uses them."""

from __future__ import annotations

import re
from typing import Any

from registry.domain import schema, yamltext
from registry.importers import blocks, credentials, mcp_servers
from registry.importers.base import Candidate, Importer, Outcome, Refused, Source, part_of
from registry.importers.naming import slug
from registry.importers.texts import decode, yaml_of
from registry.importers.writing import yaml

_SCHEMA = re.compile(rb"^schema:[ \t]*[\"']?v1\b", re.MULTILINE)
_SECTION = re.compile(rb"^(?:models|mcpServers|rules|prompts|docs|data|context):", re.MULTILINE)
_KEPT = ("metadata", "requestOptions")


def claims(source: Source) -> bool:
    """YAML of that schema, `config.yaml`, and what lies below `.continue`, if it has one of the sections."""
    if not source.name.lower().endswith((".yaml", ".yml")) or not _SECTION.search(source.content):
        return False
    by_place = ".continue" in source.folders or source.name.lower() in ("config.yaml", "config.yml")
    return by_place or _SCHEMA.search(source.content) is not None


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """The blocks, and the assistant if there is more than one item."""
    text = decode(source)
    document = yaml_of(text, source.path)
    value = document.value
    if not isinstance(value, dict):
        raise Refused("A config.yaml is a mapping.", "Start with “name: …”.")
    config = _Config(source, document)
    items = [(section, index, one) for section in schema.SECTIONS for index, one in enumerate(config.items(section))]
    if not items:
        raise Refused("The file has no items.", "Add a list such as “rules:”.")
    if len(items) == 1 and config.is_block(*items[0]) and not value.get("requestOptions"):
        return [config.block(*items[0], alone=True)]
    entries: dict[str, list[Any]] = {}
    found: list[Outcome] = []
    for section, index, one in items:
        if config.is_block(section, index, one):
            outcome = config.block(section, index, one)
            found.append(outcome)
            entries.setdefault(section, []).append({"uses": part_of(outcome.item)})
        else:
            entries.setdefault(section, []).append(credentials.clean(one))
    return [*found, config.assistant(entries, tuple(one.item for one in found))]


class _Config:
    """One file while it is read."""

    def __init__(self, source: Source, document: yamltext.Document) -> None:
        self.source, self.document = source, document
        self.value: dict[str, Any] = document.value
        self.used: set[str] = set()
        stem = source.name.rpartition(".")[0]
        self.title = str(self.value.get("name") or stem)[:200]

    def items(self, section: str) -> list[Any]:
        """The items of a section. Raises Refused for something else."""
        items = self.value.get(section) or []
        if not isinstance(items, list):
            place = self.document.place((section,))
            raise Refused(f"“{section}” has to be a list.", "Put “- ” before each item.", place.line, place.column)
        return items

    def is_block(self, section: str, index: int, item: Any) -> bool:
        """Whether an item becomes a package: it has a name, and there is a kind for it."""
        return section in blocks.SECTION_KINDS and isinstance(item, dict) and "uses" not in item

    def block(self, section: str, index: int, item: dict[str, Any], *, alone: bool = False) -> Outcome:
        """The package of one item."""
        kind, place = blocks.SECTION_KINDS[section], self.document.place((section, index))
        name = item.get("name")
        key = self.key(section, str(name or index))
        if not isinstance(name, str) or not name.strip():
            refused = Refused("The item has no name.", "Add “name”.", place.line, place.column)
            return refused.of(self.source.path, key, kind)
        losses: tuple[str, ...] = ()
        try:
            if section == "mcpServers":
                cleaned, losses = mcp_servers.item(name, item, {})
            else:
                cleaned = credentials.clean(item, name=name)
        except Refused as refused:
            refused.line, refused.column = place.line, place.column
            return refused.of(self.source.path, key, kind)
        metadata = credentials.clean(self.value.get("metadata")) if alone else None
        description = blocks.one_line(item.get("description"))
        manifest = blocks.manifest(
            self.title if alone else name,
            section,
            cleaned,
            {str(one): str(text) for one, text in metadata.items()} if isinstance(metadata, dict) else None,
        )
        return Candidate(
            self.source.path,
            kind,
            slug(self.title if alone and self.value.get("name") else name, name),
            manifest,
            item="" if alone else key,
            summary=description,
            version=str(self.value.get("version") or "") if alone else "",
            losses=losses,
            line=place.line,
            is_generated=True,
        )

    def assistant(self, entries: dict[str, list[Any]], parts: tuple[str, ...]) -> Candidate:
        """The assistant that uses the blocks; what has no kind of its own stays in it."""
        value: dict[str, Any] = {"name": self.title, "version": "1.0.0", "schema": "v1"}
        value |= {key: credentials.clean(self.value[key]) for key in _KEPT if isinstance(self.value.get(key), dict)}
        left = sorted(str(key) for key in self.value.keys() - {"name", "version", "schema", *_KEPT, *schema.SECTIONS})
        folder = self.source.folder.removesuffix(".continue").strip("/").rpartition("/")[2]
        return Candidate(
            self.source.path,
            "assistant",
            slug(self.title, f"{folder}-assistant", "assistant"),
            yaml(value | entries),
            version=str(self.value.get("version") or ""),
            parts=parts,
            losses=(f"Not carried over from the file: {', '.join(left)[:200]}.",) if left else (),
            is_generated=True,
        )

    def key(self, section: str, name: str) -> str:
        """What tells an item from the others of its file, in every run."""
        key = plain = f"{section}/{slug(name)}"
        number = 2
        while key in self.used:
            key, number = f"{plain}-{number}", number + 1
        self.used.add(key)
        return key


CONTINUE_CONFIG = Importer(
    "continue",
    "Continue's config.yaml and .continue folders",
    ("model", "mcp-server", "rule", "prompt", "docs", "data", "assistant"),
    claims,
    read,
)
