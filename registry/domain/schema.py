"""Checks values against the config.yaml v1 schema, and words what is wrong for people.

The schema is a committed file (`config-v1.schema.json`, from contract 5) that editors can use too. Where the reference
drops unknown keys silently, `strip` drops them here and `unknown_keys` names them, so that a typo is seen.
"""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from registry.domain import templates
from registry.domain.faults import Fault
from registry.domain.yamltext import Document
from registry.domain.yamltext import Path as ValuePath

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parent / "config-v1.schema.json").read_text())

# In the order in which clients write them out.
SECTIONS = ("models", "context", "data", "mcpServers", "rules", "prompts", "docs")
_TYPE_NAMES = {
    "string": "text",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping (key: value)",
    "null": "empty",
}


def definition(name: str) -> dict[str, Any]:
    """A part of the schema by the name of its definition, such as `model` or `use`."""
    found: dict[str, Any] = SCHEMA["$defs"][name]
    return found


def section_definition(section: str) -> dict[str, Any]:
    """The schema of one item of a section."""
    reference: str = SCHEMA["properties"][section]["items"]["$ref"]
    return definition(reference.removeprefix("#/$defs/"))


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    part = SCHEMA if name == "" else {"$ref": f"#/$defs/{name}"}
    return Draft202012Validator({**part, "$defs": SCHEMA["$defs"]})


def section_faults(section: str, item: Any, path: ValuePath, document: Document) -> list[Fault]:
    """What is wrong with one item of a section; `path` is where the item stands in `document`."""
    reference: str = SCHEMA["properties"][section]["items"]["$ref"]
    return faults(reference.removeprefix("#/$defs/"), item, path, document)


def faults(name: str, value: Any, path: ValuePath, document: Document) -> list[Fault]:
    """What is wrong with `value` by the definition `name` (the whole schema if empty). A variable may stand for any scalar."""
    found = []
    for error in _validator(name).iter_errors(value):
        leaf = best_match([error]) or error
        if not templates.is_whole_variable(leaf.instance):
            found.append(_fault(leaf, path, document))
    return sorted(found, key=lambda fault: fault.place)


def _fault(error: ValidationError, path: ValuePath, document: Document) -> Fault:
    where: ValuePath = (*path, *error.absolute_path)
    place = document.place(where)
    label = f"“{where[-1]}”" if where and isinstance(where[-1], str) else "This"
    match error.validator:
        case "required":
            missing = error.message.split("'")[
                1
            ]  # the library names it nowhere else: "'version' is a required property"
            return Fault(f"“{missing}” is missing.", place, f"Add “{missing}: …” here.")
        case "type":
            types = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
            wanted = " or ".join(_TYPE_NAMES[name] for name in types)
            mend = "Quote the value." if types == ["string"] and isinstance(error.instance, int | float) else ""
            return Fault(f"{label} has to be {wanted}.", place, mend)
        case "enum":
            return Fault(
                f"“{error.instance}” is not known here.", place, _suggest(error.instance, error.validator_value)
            )
        case "minLength":
            return Fault(f"{label} must not be empty.", place, "Write a value.")
        case "anyOf":
            forms = " or ".join(_TYPE_NAMES[form["type"]] for form in error.validator_value)
            return Fault(f"{label} has to be {forms}.", place)
        case "additionalProperties":
            known = list(error.schema["properties"])
            unknown = next(key for key in error.instance if key not in known)
            return Fault(
                f"“{unknown}” is not known here.", document.key_place((*where, unknown)), _suggest(unknown, known)
            )
        case "minItems":
            return Fault(f"{label} must not be empty.", place, "Add an item, or leave it out.")
        case "not":
            message = f"{label} cannot be “{error.instance}”: only a hub writes that, for clients."
            return Fault(message, place, "Name the provider itself.")
        case "oneOf":
            return Fault("A server has either “command” or “url”.", place, "Keep exactly one of the two.")
    return Fault(f"{label}: {error.message}.", place)


def _suggest(text: Any, known: list[str]) -> str:
    close = difflib.get_close_matches(str(text), known, n=1)
    return f"Did you mean “{close[0]}”?" if close else f"Use one of: {', '.join(known)}."


def strip(section: str, item: Any) -> Any:
    """An item without the keys that the format does not know."""
    return _strip(item, section_definition(section))


def strip_options(options: Any) -> Any:
    """Request options without the keys that the format does not know."""
    return _strip(options, definition("requestOptions"))


def _strip(value: Any, schema: dict[str, Any]) -> Any:
    schema = _resolved(value, schema)
    if isinstance(value, dict) and "properties" in schema:
        return {
            key: _strip(item, schema["properties"][key]) for key, item in value.items() if key in schema["properties"]
        }
    if isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
        return {key: _strip(item, schema["additionalProperties"]) for key, item in value.items()}
    if isinstance(value, list) and "items" in schema:
        return [_strip(item, schema["items"]) for item in value]
    return value


def unknown_keys(section: str, item: Any, path: ValuePath, document: Document) -> list[Fault]:
    """A warning for each key of an item that clients drop."""
    return list(_unknown(item, section_definition(section), path, document))


def unknown_top_level(value: dict[str, Any], document: Document) -> list[Fault]:
    """A warning for each key outside the sections that clients drop."""
    known = SCHEMA["properties"]
    found = [_unknown_fault((key,), known, document) for key in value if key not in known]
    options = value.get("requestOptions")
    return found + list(_unknown(options, definition("requestOptions"), ("requestOptions",), document))


def _unknown(value: Any, schema: dict[str, Any], path: ValuePath, document: Document) -> Iterator[Fault]:
    schema = _resolved(value, schema)
    properties = schema.get("properties", {})
    if isinstance(value, dict) and properties:
        for key, item in value.items():
            if key in properties:
                yield from _unknown(item, properties[key], (*path, key), document)
            else:
                yield _unknown_fault((*path, key), properties, document)
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from _unknown(item, schema["items"], (*path, index), document)


def _unknown_fault(path: ValuePath, known: dict[str, Any], document: Document) -> Fault:
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    mend = f"Did you mean “{close[0]}”?" if close else "Remove it, or keep it for readers only."
    return Fault(f"The format has no “{path[-1]}” here; clients drop it.", document.key_place(path), mend)


def _resolved(value: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, and of several forms take the one that fits the value's shape."""
    if "$ref" in schema:
        schema = definition(schema["$ref"].removeprefix("#/$defs/"))
    wanted = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "string"
    for form in schema.get("anyOf", ()):
        if form.get("type") == wanted:
            return _resolved(value, form)
    return schema
