"""What an assistant's manifest says: for each section, references to packages and items of its own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from registry.domain import manifests, schema, templates, yamltext
from registry.domain.faults import Fault, ManifestInvalid, Place
from registry.domain.manifests import Manifest
from registry.domain.versions import InvalidRange, Range
from registry.domain.yamltext import Document, Span

MAX_REQUIREMENTS = 500
MAX_EXTENDED = 20
EXTENDS = "extends"
_SLUG = re.compile(r"(?P<namespace>[A-Za-z0-9._-]+)/(?P<name>[A-Za-z0-9._-]+)(?:[@/](?P<range>.*))?", re.DOTALL)
_FILE = re.compile(r"[./~]|file://|\\|[A-Za-z]:[\\/]")


@dataclass(frozen=True)
class Requirement:
    """`uses: namespace/name@range`, with inputs and overrides, at one place of one section."""

    section: str
    index: int
    package: str
    range: Range
    inputs: dict[str, str] = field(default_factory=dict)
    override: dict[str, Any] = field(default_factory=dict)
    place: Place = Place()
    span: Span | None = field(default=None, compare=False)

    @property
    def path(self) -> str:
        """Where it stands, for people: `rules[0]`."""
        return f"{self.section}[{self.index}]"


@dataclass(frozen=True)
class Inline:
    """An item written out in the assistant itself."""

    section: str
    index: int
    item: Any

    @property
    def path(self) -> str:
        """Where it stands, for people: `rules[0]`."""
        return f"{self.section}[{self.index}]"


type Entry = Requirement | Inline


@dataclass(frozen=True)
class Extension:
    """An assistant that this one builds on (its section is `extends`), and what of it is not wanted, by name."""

    requirement: Requirement
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Composition:
    """An assistant's manifest, read: its entries in order, what it builds on, and the document for places.

    `without` names what it does without of what an organization adds to its members' assistants.
    """

    manifest: Manifest
    document: Document
    entries: tuple[Entry, ...]
    extensions: tuple[Extension, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def requirements(self) -> list[Requirement]:
        """The references among the entries."""
        return [entry for entry in self.entries if isinstance(entry, Requirement)]


def read(text: str) -> Composition:
    """Read an assistant's manifest. Raises ManifestInvalid with every fault that needs no other package to see."""
    document = manifests.read_document(text)
    faults: list[Fault] = []
    warnings = schema.unknown_top_level(document.value, document)
    entries: list[Entry] = []
    for section in schema.SECTIONS:
        for index, item in enumerate(document.value.get(section) or []):
            entries.append(_entry(section, index, item, document, faults, warnings))
    extensions = _extensions(document, faults)
    if document.value.get("inputs"):
        mend = "Give the packages their inputs with “with”."
        faults.append(Fault("An assistant has no inputs of its own.", document.key_place(("inputs",)), mend))
    if not entries and not extensions and not faults:
        mend = "Add a list such as “rules:” with “- uses: namespace/name”."
        faults.append(Fault("The assistant is empty.", document.place(()), mend))
    if sum(isinstance(entry, Requirement) for entry in entries) > MAX_REQUIREMENTS:
        faults.append(Fault(f"The assistant uses more than {MAX_REQUIREMENTS} packages.", document.place(())))
    if unfilled := templates.names(document.value, templates.INPUTS):
        names = ", ".join(sorted(unfilled))
        mend = "Use ${{ secrets.NAME }}, or write the value."
        faults.append(Fault(f"An assistant has no inputs of its own: {names}.", _variable_place(document), mend))
    if faults:
        raise ManifestInvalid(faults)
    described = manifests.describe(text, "yaml", _value(document), warnings)
    without = tuple(_names(document.value.get("without")))
    return Composition(described, document, tuple(entries), tuple(extensions), without)


def _extensions(document: Document, faults: list[Fault]) -> list[Extension]:
    """What stands under `extends`: one reference, or a list of references, bare or with `without`."""
    written = document.value.get(EXTENDS) or []
    is_one = isinstance(written, str)
    found: list[Extension] = []
    for index, item in enumerate([written] if is_one else written):
        path: tuple[str | int, ...] = (EXTENDS,) if is_one else (EXTENDS, index)
        path = (*path, "uses") if isinstance(item, dict) else path
        place = document.place(path)
        parsed = parse_uses(item["uses"] if isinstance(item, dict) else item, place)
        if isinstance(parsed, Fault):
            faults.append(parsed)
        elif any(one.requirement.package == parsed[0] for one in found):
            faults.append(Fault(f"“{parsed[0]}” is extended twice.", place, "Keep one of the two."))
        else:
            without = tuple(_names(item.get("without"))) if isinstance(item, dict) else ()
            found.append(Extension(Requirement(EXTENDS, index, *parsed, place=place), without))
    if len(found) > MAX_EXTENDED:
        faults.append(Fault(f"An assistant extends at most {MAX_EXTENDED} others.", document.place((EXTENDS,))))
    return found


def _names(names: Any) -> list[str]:
    return [str(name).strip() for name in names or ()]


def _value(document: Document) -> dict[str, Any]:
    """The manifest's value without keys that the format does not know."""
    known = {key: value for key, value in document.value.items() if key in schema.SCHEMA["properties"]}
    if "requestOptions" in known:
        known["requestOptions"] = schema.strip_options(known["requestOptions"])
    return {key: value for key, value in known.items() if value is not None}


def _variable_place(document: Document) -> Place:
    for path, span in document.spans.items():
        value = document.value
        for step in path:
            value = value[step]
        if isinstance(value, str) and templates.names(value, templates.INPUTS):
            return span.place
    return document.place(())


def _entry(
    section: str, index: int, item: Any, document: Document, faults: list[Fault], warnings: list[Fault]
) -> Entry:
    path = (section, index)
    if isinstance(item, dict) and "uses" in item:
        found = schema.faults("use", item, path, document)
        faults += found
        return _requirement(section, index, item, document, faults) if not found else Inline(section, index, item)
    faults += schema.section_faults(section, item, path, document)
    warnings += schema.unknown_keys(section, item, path, document)
    return Inline(section, index, schema.strip(section, item))


def _requirement(section: str, index: int, item: dict[str, Any], document: Document, faults: list[Fault]) -> Entry:
    path = (section, index)
    place = document.place((*path, "uses"))
    for key in item.keys() - {"uses", "with", "override"}:
        mend = "Use “override” to change the package's item." if key in _known_keys(section) else "Remove it."
        faults.append(Fault(f"“{key}” does not stand beside “uses”.", document.key_place((*path, key)), mend))
    if section == "rules" and item.get("override"):
        mend = "Fork the rule and change it there."
        faults.append(Fault("A rule cannot be overridden.", document.key_place((*path, "override")), mend))
    parsed = parse_uses(item["uses"], place)
    if isinstance(parsed, Fault):
        faults.append(parsed)
        return Inline(section, index, item)
    package, wanted = parsed
    span = document.spans.get((*path, "uses"))
    return Requirement(section, index, package, wanted, item.get("with") or {}, item.get("override") or {}, place, span)


def parse_uses(text: str, place: Place) -> tuple[str, Range] | Fault:
    """The package (lower case) and the range that a `uses:` names, or what is wrong with it (contract 5.3)."""
    if _FILE.match(text):
        return Fault(f"“{text}” is a file; the hub cannot read it.", place, "Publish it as a package and use that.")
    match = _SLUG.fullmatch(text.strip())
    if match is None:
        return Fault(f"“{text}” is not a package.", place, "Write “namespace/name” or “namespace/name@^1.2”.")
    try:
        return f"{match['namespace']}/{match['name']}".lower(), Range.parse(match["range"] or "")
    except InvalidRange as error:
        return Fault(str(error), place)


def _known_keys(section: str) -> set[str]:
    definition = schema.section_definition(section)
    forms = [definition, *definition.get("anyOf", [])]
    return {key for form in forms for key in form.get("properties", {})}


def pinned(composition: Composition, versions: dict[str, str]) -> str:
    """The manifest's text with each `uses:` naming the exact version chosen for its path.

    Clients that compose by themselves know exact versions and `latest` only (contract 5.3). Where anchors or folded
    lines keep the names from being replaced in place, the text is written anew, as JSON, which is YAML too. Only for
    an assistant that stands alone and gives its parts every input: others are written out whole (`layers.flattened`).
    """
    text, value = composition.manifest.text, dict(composition.document.value)
    for requirement in sorted(
        composition.requirements, key=lambda one: one.span.start if one.span else 0, reverse=True
    ):
        if requirement.span is not None:
            exact = f'"{requirement.package}@{versions[requirement.path]}"'
            text = text[: requirement.span.start] + exact + text[requirement.span.end :]
    for requirement in composition.requirements:
        items = list(value[requirement.section])
        exact = f"{requirement.package}@{versions[requirement.path]}"
        items[requirement.index] = {**items[requirement.index], "uses": exact}
        value[requirement.section] = items
    return text if _says(text, value) else json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _says(text: str, value: dict[str, Any]) -> bool:
    try:
        return bool(yamltext.parse(text).value == value)
    except ManifestInvalid:
        return False
