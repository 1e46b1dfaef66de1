"""From a block and what a requirement says of it to the item that stands in the bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assistants.domain.composition import Requirement
from registry.domain import inputs as declaring
from registry.domain import manifests, schema, templates, yamltext
from registry.domain.faults import Fault, ManifestInvalid


@dataclass(frozen=True)
class Block:
    """The content of a chosen release."""

    package: str
    kind: str
    version: str
    digest: str
    format: str
    text: str
    content: Mapping[str, Any]
    inputs: tuple[str, ...]

    @property
    def declared(self) -> dict[str, declaring.Input]:
        """The inputs that it declares, by name; it may ask for others besides."""
        return {one.name: one for one in declaring.read(self.content.get("inputs"))}


def given(requirement: Requirement, block: Block) -> dict[str, str]:
    """The values that the block's inputs get: what the requirement says, else the default. Missing ones are left out."""
    declared = block.declared
    defaults = {name: one.default for name, one in declared.items() if one.default is not None and name in block.inputs}
    return defaults | requirement.inputs


def fill(requirement: Requirement, block: Block, faults: list[Fault]) -> Any:
    """The block's item with inputs filled in, secrets named in full, overrides applied; None, and a fault, if it cannot be."""
    values = given(requirement, block)
    if found := _refused(requirement, block, values):
        faults += found
        return None
    if block.inputs:
        item = _filled(requirement, block, values, faults)
    else:
        item = templates.rename_secrets(block.content[requirement.section][0], block.package)
    if item is None:
        return None
    if requirement.override and isinstance(item, dict):
        item = {**item, **requirement.override}
    document = yamltext.Document({}, {(): yamltext.Span(requirement.place, 0, 0)}, {})
    for fault in schema.section_faults(requirement.section, item, (), document):
        faults.append(Fault(f"After filling in “{block.package}”: {fault.message}", requirement.place, fault.mend))
    item = schema.strip(requirement.section, item)
    if requirement.section == "mcpServers":
        item["sourceSlug"] = block.package
    return item


def _refused(requirement: Requirement, block: Block, values: Mapping[str, str]) -> list[Fault]:
    """Inputs that are missing, and values that the declaration does not take."""
    place, declared = requirement.place, block.declared
    missing = [name for name in block.inputs if name not in values]
    if missing:
        names = ", ".join(missing)
        about = "".join(f" {name}: {declared[name].description}" for name in missing if _described(declared, name))
        mend = f"Add “with: {{{missing[0]}: …}}”.{about}"
        return [Fault(f"“{block.package}” needs the input {names}.", place, mend)]
    found = []
    for name, one in declared.items():
        if name in requirement.inputs and (why := one.refusal(requirement.inputs[name])):
            found.append(Fault(f"The input {name} of “{block.package}” {why}.", place, f"Change “with: {name}”."))
    return found


def _described(declared: Mapping[str, declaring.Input], name: str) -> bool:
    return name in declared and bool(declared[name].description)


def _filled(requirement: Requirement, block: Block, given_values: Mapping[str, str], faults: list[Fault]) -> Any:
    """The item after its inputs were put into the text, as the reference does, provided that no value breaks out of its place."""
    original = block.content[requirement.section][0]
    values = {name: templates.rename_secrets(value, block.package) for name, value in given_values.items()}

    def fill_in(variable: str) -> str | None:
        if variable.startswith(templates.SECRETS):
            return f"${{{{ {templates.SECRETS}{block.package}/{variable.removeprefix(templates.SECRETS)} }}}}"
        return values.get(variable.removeprefix(templates.INPUTS)) if variable.startswith(templates.INPUTS) else None

    if _length(block.text, fill_in) > manifests.MAX_BYTES:
        faults.append(Fault(f"The inputs make “{block.package}” too large.", requirement.place, "Use shorter values."))
        return None
    if block.format != "yaml":
        return templates.replace(original, fill_in)
    value = _parsed(templates.replace(block.text, fill_in))
    if value is None or _shape(value) != _shape(yamltext.parse(block.text).value):
        mend = "Quote the variable in the block, or change the value."
        faults.append(Fault(f"An input changes the structure of “{block.package}”.", requirement.place, mend))
        return None
    return schema.strip(requirement.section, value[requirement.section][0])


def _length(text: str, fill_in: Callable[[str], str | None]) -> int:
    """About how long a text is after filling in; asked before, because a long value may stand in many places."""
    return len(text) + sum(len(fill_in(match[1]) or "") for match in templates.VARIABLE.finditer(text))


def _parsed(text: str) -> Any:
    """The value of a filled-in block; None if clients would not take it for a block any more."""
    try:
        value = yamltext.parse(text).value
    except ManifestInvalid:
        return None
    has_head = isinstance(value, dict) and isinstance(value.get("name"), str) and isinstance(value.get("version"), str)
    return value if has_head else None


def _shape(value: Any) -> Any:
    """A JSON value's structure without its scalars."""
    if isinstance(value, dict):
        return [_shape(item) for item in value.values()]
    return [_shape(item) for item in value] if isinstance(value, list) else None
