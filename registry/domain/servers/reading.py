"""Reads a `server.json` and says what is wrong with it, with line and column.

JSON is YAML, so the same reader remembers where each value stands. The rules are those of the format (required fields,
exact versions) and of this hub (no secret written out, nothing left to be filled in by a build).
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from registry.domain import literals, manifests, templates, yamltext
from registry.domain.faults import Fault, ManifestInvalid, Place
from registry.domain.manifests import Manifest
from registry.domain.servers import declaring, rendering
from registry.domain.yamltext import Document
from registry.domain.yamltext import Path as ValuePath

FILE = "server.json"
SCHEMA: dict[str, Any] = json.loads((Path(__file__).parent / "server.schema.json").read_text())
FORMAT = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
_RANGE = re.compile(r"^[\^~<>=*]|\|\||\s-\s|(?:^|\.)[xX*](?:\.|$)")
_UNEXPANDED = re.compile(r"\$\{(?!\{)[A-Za-z_][A-Za-z0-9_]*\}|\$[A-Z][A-Z0-9_]{2,}\b|\{\{[^{}]*\}\}")
# Where a variable of a build may stand for nothing else: these fields are read as they are.
_EXACT = ("name", "version", "identifier", "registryType", "registryBaseUrl", "fileSha256")
_IMAGE_TAG = re.compile(r"(?:@sha256:[0-9a-f]{64}|:[A-Za-z0-9_][A-Za-z0-9_.-]*)$")


def is_server_json(text: str) -> bool:
    """Whether a text is a JSON object, which a config.yaml is not."""
    return text.lstrip("\ufeff \t\r\n").startswith("{")


def read(text: str, package_name: str) -> Manifest:
    """The manifest that a `server.json` is. Raises ManifestInvalid with every fault found."""
    manifests.check_size(text, FILE)
    document = _document(text)
    value = document.value
    faults = [*_of_schema(document), *_of_rules(document)]
    if not faults:
        faults = literals.in_document(document, FILE)
    if faults:
        raise ManifestInvalid(sorted(set(faults), key=lambda fault: fault.place))
    rendered = rendering.render(value)
    if rendered.item is None:
        mend = "Add a remote, or a package of npm, PyPI, NuGet or an image."
        raise ManifestInvalid([Fault("No client could start this server.", document.place(()), mend, FILE)])
    content: dict[str, Any] = {
        "name": value.get("title") or value["name"].rpartition("/")[2],
        "version": value["version"],
        "schema": "v1",
        "metadata": {"description": value["description"]},
        "mcpServers": [rendered.item],
    }
    if declared := declaring.declarations(value, templates.names(content, templates.INPUTS)):
        content["inputs"] = declared
    warnings = [Fault(loss, document.place(()), file=FILE) for loss in rendered.losses]
    return manifests.describe(text, "json", content, warnings, document=value)


def _document(text: str) -> Document:
    """The parsed text. What YAML would read otherwise than JSON is refused, with JSON's own words."""
    try:
        json.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise ManifestInvalid([Fault("The JSON is nested too deeply.", file=FILE)]) from None
    except ValueError as error:
        place = Place(getattr(error, "lineno", 1), getattr(error, "colno", 1))
        message = f"This is not JSON: {getattr(error, 'msg', error)}."
        raise ManifestInvalid([Fault(message, place, "Mend the JSON.", FILE)]) from None
    # Tabs indent JSON, but not YAML.
    document = yamltext.parse(text.removeprefix("\ufeff").replace("\t", " "), file=FILE)
    if not isinstance(document.value, dict):
        raise ManifestInvalid([Fault("A server.json is an object.", document.place(()), "Begin with “{”.", FILE)])
    return document


@functools.cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator({"$ref": "#/$defs/server", "$defs": SCHEMA["$defs"]})


def _of_schema(document: Document) -> Iterator[Fault]:
    for error in _validator().iter_errors(document.value):
        yield _worded(error, document)


def _worded(error: ValidationError, document: Document) -> Fault:
    path: ValuePath = tuple(error.absolute_path)
    place = document.place(path)
    label = f"“{path[-1]}”" if path and isinstance(path[-1], str) else "This"
    match error.validator:
        case "required":
            missing = error.message.split("'")[1]  # the library names it nowhere else
            return Fault(f"“{missing}” is missing.", place, f"Add “{missing}”.", FILE)
        case "enum":
            known = ", ".join(map(str, error.validator_value))
            return Fault(f"“{error.instance}” is not known here.", place, f"Use one of: {known}.", FILE)
        case "maxLength":
            return Fault(f"{label} is longer than {error.validator_value} characters.", place, "Shorten it.", FILE)
        case "minLength":
            return Fault(f"{label} is too short.", place, "Write a value.", FILE)
        case "pattern":
            return Fault(
                f"{label} is not written as the format asks.", place, f"It must match {error.validator_value}", FILE
            )
    return Fault(f"{label}: {error.message[:200]}.", place, "", FILE)


def _of_rules(document: Document) -> Iterator[Fault]:
    for path, value in _walk(document.value, ()):
        key = path[-1] if path else ""
        place = document.place(path)
        if key in _EXACT and isinstance(value, str) and _UNEXPANDED.search(value):
            yield Fault(f"“{key}” holds a variable that nobody filled in.", place, "Write the value itself.", FILE)
        elif key == "version" and isinstance(value, str) and (value == "latest" or _RANGE.search(value)):
            yield Fault(f"“{value}” is not an exact version.", place, "Name one version.", FILE)
        elif isinstance(value, dict) and value.get("isSecret") is True:
            yield from _of_secret(value, path, document)
        elif isinstance(value, dict) and value.get("registryType") in ("npm", "pypi", "nuget", "oci"):
            yield from _of_package(value, path, document)


def _of_secret(value: dict[str, Any], path: ValuePath, document: Document) -> Iterator[Fault]:
    """A secret is asked for, never given."""
    for key in ("value", "default"):
        text = value.get(key)
        if isinstance(text, str) and text and "{" not in text:
            mend = "Leave it out: whoever uses the server gives their own."
            yield Fault(f"A secret has its “{key}” written out.", document.place((*path, key)), mend, FILE)


def _of_package(value: dict[str, Any], path: ValuePath, document: Document) -> Iterator[Fault]:
    name = str(value.get("identifier", ""))
    if value["registryType"] == "oci":
        if not value.get("version") and not _IMAGE_TAG.search(name):
            yield Fault(
                f"The image “{name}” has no tag.",
                document.place((*path, "identifier")),
                "Name a tag or a digest.",
                FILE,
            )
    elif not value.get("version"):
        yield Fault(f"The package “{name}” has no version.", document.place(path), "Add “version”.", FILE)


def _walk(value: Any, path: ValuePath) -> Iterator[tuple[ValuePath, Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, (*path, index))
