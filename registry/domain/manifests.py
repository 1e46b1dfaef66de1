"""Manifests of blocks: the open config.yaml v1 format with exactly one item in exactly one section, or a Markdown rule."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from registry.domain import frontmatter, inputs, literals, schema, templates, yamltext
from registry.domain.faults import Fault, ManifestInvalid, Place

MAX_BYTES = 256 * 1024
# Some texts take the Markdown library time that grows with the square of their length; this keeps it to seconds.
MAX_DOCUMENT_BYTES = 128 * 1024
_CONFIG_KEY = re.compile(r"^(?:schema|rules|prompts|models|mcpServers)[ \t]*:", re.MULTILINE)
# What a block has beside its item. `inputs` are the hub's own addition; clients drop them.
_HEAD = ("name", "version", "schema", "metadata", "inputs")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_NAME_KEY = re.compile(r"^name[ \t]*:", re.MULTILINE)

type Format = Literal["yaml", "markdown", "json", "skill"]
FILES: dict[Format, str] = {
    "yaml": "manifest.yaml",
    "markdown": frontmatter.FILE,
    "json": "server.json",
    "skill": "SKILL.md",
}


@dataclass(frozen=True)
class Manifest:
    """A valid manifest: its text, what it says, and what it asks of whoever uses it.

    `value` is the parsed config.yaml without unknown keys; for other formats, the config.yaml that it stands for. `document`
    is an MCP server's `server.json`, where there is one; for one that was published as config.yaml it lacks the name.
    """

    text: str
    format: Format
    value: dict[str, Any]
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    license: str = ""
    secrets: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    warnings: tuple[Fault, ...] = field(default=(), compare=False)
    document: dict[str, Any] | None = None

    @property
    def file(self) -> str:
        """The name under which the text is shown and downloaded."""
        return FILES[self.format]


def read_document(text: str) -> yamltext.Document:
    """Parse a config.yaml and check what holds for blocks and assistants alike. Raises ManifestInvalid."""
    check_size(text, "manifest.yaml")
    document = yamltext.parse(text)
    if not isinstance(document.value, dict):
        raise ManifestInvalid(
            [Fault("A manifest is a mapping with “name” and “version”.", document.place(()), "Start with “name: …”.")]
        )
    without_sections = {key: value for key, value in document.value.items() if key not in schema.SECTIONS}
    faults = schema.faults("", without_sections, (), document)
    faults += literals.in_document(document, "manifest.yaml")
    if not faults:
        faults += _declaration_faults(text, document)
    for section in schema.SECTIONS:
        if section in document.value and not isinstance(document.value[section], list):
            mend = "Put “- ” before each item."
            faults.append(Fault(f"“{section}” has to be a list.", document.place((section,)), mend))
    if faults:
        raise ManifestInvalid(faults)
    return document


def read_block(text: str, section: str) -> Manifest:
    """The manifest of a block whose one item stands under `section`. Raises ManifestInvalid with every fault found."""
    document = read_document(text)
    _require_one_item(document, section)
    for key in document.value.keys() & {"extends", "without"}:
        mend = "Publish an assistant instead, or take it out."
        raise ManifestInvalid([Fault(f"A block has no “{key}”.", document.key_place((key,)), mend)])
    item = document.value[section][0]
    path = (section, 0)
    if isinstance(item, dict) and "uses" in item:
        mend = "Publish an assistant instead, or write the item out."
        raise ManifestInvalid([Fault("A block does not use other packages.", document.place((*path, "uses")), mend)])
    if faults := schema.section_faults(section, item, path, document):
        raise ManifestInvalid(faults)
    warnings = schema.unknown_top_level(document.value, document) + schema.unknown_keys(section, item, path, document)
    value = {key: document.value[key] for key in _HEAD if key in document.value}
    return describe(text, "yaml", value | {section: [schema.strip(section, item)]}, warnings)


def read_rule(text: str, package_name: str) -> Manifest:
    """A rule's manifest in either form. Raises ManifestInvalid.

    A text is config.yaml if it has no front matter and has, at the start of lines, `name:` and a section or `schema:`.
    So a broken config.yaml gets YAML's error, and is not taken for a Markdown rule as the reference does.
    """
    if not frontmatter.is_front_matter(text) and _NAME_KEY.search(text) and _CONFIG_KEY.search(text):
        return read_block(text, "rules")
    check_size(text, frontmatter.FILE)
    rule = frontmatter.parse_rule(text, default_name=package_name)
    faults = literals.in_text(text, frontmatter.FILE)
    document = frontmatter.read(text)
    declared = document.value.get("inputs")
    if declared is not None:
        found = schema.faults("inputs", declared, ("inputs",), document) or _declaration_faults(text, document)
        faults += [replace(fault, file=frontmatter.FILE) for fault in found]
    if faults:
        raise ManifestInvalid(faults)
    value = {"name": rule["name"]} | ({"inputs": declared} if declared else {}) | {"rules": [rule]}
    return describe(text, "markdown", value, [])


def _declaration_faults(text: str, document: yamltext.Document) -> list[Fault]:
    """What is wrong with the inputs that a manifest declares, in a shape that is right."""
    declared = document.value.get("inputs")
    if not declared:
        return []
    return inputs.faults(declared, templates.names(text, templates.INPUTS), ("inputs",), document)


def describe(
    text: str, format: Format, value: dict[str, Any], warnings: list[Fault], document: dict[str, Any] | None = None
) -> Manifest:
    """A Manifest with what can be read off its value: title, description, tags, secrets and inputs."""
    metadata = value.get("metadata") or {}
    item: Any = next((value[section][0] for section in schema.SECTIONS if value.get(section)), {})
    described = item.get("description") if isinstance(item, dict) and "uses" not in item else None
    return Manifest(
        text=text,
        format=format,
        value=value,
        title=str(value["name"])[:200],
        description=str(metadata.get("description") or described or "")[:300],
        tags=_tags(metadata.get("tags", "")),
        license=str(metadata.get("license", ""))[:100],
        secrets=() if format == "skill" else tuple(sorted(templates.names(value, templates.SECRETS))),
        inputs=_inputs(text, format, value),
        warnings=tuple(warnings),
        document=document,
    )


def _inputs(text: str, format: Format, value: dict[str, Any]) -> tuple[str, ...]:
    """The inputs that a manifest asks for. Nobody fills in a skill: what looks like a variable there is an example."""
    if format == "skill":
        return ()
    # Of the text, not of the value: clients ask for an input wherever it stands, even in a comment.
    return tuple(sorted(templates.names(value if format == "json" else text, templates.INPUTS)))


def check_size(text: str, file: str, limit: int = MAX_BYTES) -> None:
    """Raise ManifestInvalid if a text is larger than the hub keeps, or has a character that cannot be stored."""
    if match := _UNSTORABLE.search(text):
        before = text[: match.start()]
        place = Place(before.count("\n") + 1, match.start() - before.rfind("\n"))
        raise ManifestInvalid(
            [Fault(f"The character U+{ord(match[0]):04X} cannot be stored.", place, "Remove it.", file)]
        )
    if len(text.encode()) > limit:
        raise ManifestInvalid(
            [Fault(f"The file is larger than {limit // 1024} KiB.", Place(), "Make it shorter.", file)]
        )


def _tags(text: str) -> tuple[str, ...]:
    """Tags are written as one string, parted by commas or blanks."""
    found = (re.sub(r"[^a-z0-9+#.-]", "", tag.lower())[:40] for tag in re.split(r"[,\s]+", str(text)))
    return tuple(dict.fromkeys(tag for tag in found if tag))[:20]


def _require_one_item(document: yamltext.Document, section: str) -> None:
    """Where the reference turns a block of two items into nothing, say so."""
    present = [name for name in schema.SECTIONS if document.value.get(name)]
    for name in present:
        if name != section:
            mend = f"Keep only “{section}”, or publish this as a package of another kind."
            raise ManifestInvalid([Fault(f"A block of this kind has no “{name}”.", document.key_place((name,)), mend)])
    if not present:
        raise ManifestInvalid(
            [
                Fault(
                    f"The block has no item under “{section}”.",
                    document.place((section,)),
                    f"Add “{section}:” with one item.",
                )
            ]
        )
    if len(document.value[section]) != 1:
        mend = "Publish each item as a package of its own; an assistant puts them together."
        raise ManifestInvalid(
            [Fault(f"“{section}” has more than one item; a block has exactly one.", document.place((section, 1)), mend)]
        )
