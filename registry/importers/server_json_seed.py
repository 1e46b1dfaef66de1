"""The first seed of the MCP registry (May 2025): one list of entries under the field names of that time."""

from __future__ import annotations

import re
from typing import Any

from registry.importers import blocks, credentials, server_json
from registry.importers.base import Importer, Outcome, Refused, Source
from registry.importers.naming import slug
from registry.importers.texts import MAX_LIST, decode, json_of, line_of, mapping_of, mappings_of

_REGISTRIES = {"npm": "npm", "pypi": "pypi", "docker": "oci", "oci": "oci", "nuget": "nuget"}
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._-]*(?:[.:/][A-Za-z0-9][A-Za-z0-9._-]*)*")
_NPM = re.compile(r"@[a-z0-9~._-]+/[a-z0-9~._-]+")
# A value from a README that stands for the reader's own.
_SAMPLE = re.compile(r"<[^>]*>|your|path/to|absolute|\$\{|\$[A-Z]|\bhere\b|example", re.IGNORECASE)
# What starts a server from a copy of its source code.
_LOCAL = re.compile(r"^--(?:directory|project|with|with-editable|python)\b|\.(?:py|js|ts)$|^run |^-m ")
_TRANSPORTS = {
    "sse": "sse",
    "streamable-http": "streamable-http",
    "streamable": "streamable-http",
    "http": "streamable-http",
}


def claims(source: Source) -> bool:
    """A JSON list whose entries have `version_detail`."""
    return (
        source.name.lower().endswith(".json")
        and source.content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"["
        and b'"version_detail"' in source.content
    )


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One MCP server for each entry; an entry that is wrong refuses itself only."""
    text = decode(source, MAX_LIST)
    entries = json_of(text)
    starts = [found.start() for found in re.finditer(r"^ {0,2}\{", text, re.MULTILINE)]
    lines = [text.count("\n", 0, start) + 1 for start in starts] if len(starts) == len(entries) else []
    found: list[Outcome] = []
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries):
        name = str(entry.get("name") or "") if isinstance(entry, dict) else ""
        seen[name] = seen.get(name, 0) + 1
        item = (name[:200] or f"entry {index + 1}") if seen[name] == 1 or not name else f"{name[:190]} ({seen[name]})"
        line = lines[index] if lines else line_of(text, name)
        try:
            value, losses = current(entry)
            found.append(server_json.candidate(source, value, item=item, line=line, losses=losses))
        except Refused as refused:
            refused.line = line
            found.append(refused.of(source.path, item, "mcp-server"))
    return found


def current(entry: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """An entry in the form of today, and sentences about what was guessed or left out. Raises Refused."""
    if not isinstance(entry, dict) or not entry.get("name"):
        raise Refused("The entry is empty: it has no name.", "Remove it.")
    name = str(entry["name"])
    losses: list[str] = []
    packages = [_package(one, losses) for one in mappings_of(entry.get("packages"))]
    remotes = [_remote(one) for one in mappings_of(entry.get("remotes"))]
    description = blocks.one_line(entry.get("description"), 100) or f"MCP server {slug(name.rpartition('/')[2])}"
    version = mapping_of(entry.get("version_detail")).get("version")
    value: dict[str, Any] = {
        "$schema": server_json.SCHEMA,
        "name": name,
        "description": description[:100],
        "version": str(version or "0.0.1"),
    }
    repository = mapping_of(entry.get("repository"))
    if repository.get("url"):
        value["repository"] = {key: str(repository[key]) for key in ("url", "source", "id") if repository.get(key)}
        value["repository"].setdefault("source", "git")
    if packages:
        value["packages"] = packages
    if remotes:
        value["remotes"] = remotes
    server_json.check(value)
    cleaned, _ = server_json.without_secrets(value)
    if len(str(entry.get("description") or "")) > 100:
        losses.append("The description was cut to 100 characters, as the format asks.")
    return cleaned, tuple(losses)


def _package(one: dict[str, Any], losses: list[str]) -> dict[str, Any]:
    identifier, registry = str(one.get("name") or ""), str(one.get("registry_name") or "")
    version = str(one.get("version") or "")
    kind = _REGISTRIES.get(registry)
    if kind is None and _NPM.fullmatch(identifier):
        kind = "npm"  # no other registry has names of the form @scope/name
    if kind is None:
        mend = "Say “npm”, “pypi” or “docker” in “registry_name”."
        raise Refused(f"It is not said where “{identifier[:80]}” comes from (registry “{registry[:20]}”).", mend)
    arguments = mappings_of(one.get("package_arguments"))
    declared = [_environment(two) for two in mappings_of(one.get("environment_variables"))]
    made: dict[str, Any] = {"registryType": kind}
    if kind == "oci":
        made |= _image(identifier, version, arguments, declared)
    elif not version:
        raise Refused(f"The package “{identifier[:80]}” has no version.", "Name the exact version.")
    else:
        made |= {"identifier": identifier, "version": version}
        if not any(_LOCAL.search(_text(two)) for two in arguments):
            made["packageArguments"] = [_argument(two) for two in arguments if _text(two) != identifier]
        elif arguments:
            losses.append("Arguments for a copy of the source code were left out: the package is started by its name.")
    made |= {"transport": {"type": "stdio"}, "environmentVariables": [two for two in declared if two]}
    return {key: value for key, value in made.items() if value}


def _image(
    identifier: str, version: str, arguments: list[dict[str, Any]], declared: list[dict[str, Any]]
) -> dict[str, Any]:
    """An image with what goes before and after its name; the seed has all words of `docker run` in one list."""
    before: list[dict[str, Any]] = []
    after: list[dict[str, Any]] = []
    found = ""
    for one in arguments:
        text = _text(one)
        if text in ("-i", "--rm", "-it", "run"):
            continue
        if given := re.fullmatch(r"(?:-e|--env)[ =](\w+)(?:=(.*))?", text, re.DOTALL):
            if given[1] not in [two.get("name") for two in declared]:
                declared.append(_environment({"name": given[1], "description": given[2] or "<value>"}))
        elif found or text.startswith("-"):
            (after if found else before).append(_argument(one))
        else:
            found = text
    name = found or identifier
    if not _IMAGE.fullmatch(name):
        raise Refused(f"“{name[:80]}” is not the name of an image.", "Name the image, such as acme/server:1.0.")
    has_tag = ":" in name.rpartition("/")[2]
    if not has_tag and not version:
        raise Refused(f"The image “{name[:80]}” has no tag.", "Name a tag or a digest.")
    return {
        "identifier": name if has_tag else f"{name}:{version}",
        "runtimeArguments": before,
        "packageArguments": after,
    }


def _text(one: dict[str, Any]) -> str:
    return str(one.get("value") or one.get("name") or one.get("value_hint") or "").strip()


def _argument(one: dict[str, Any]) -> dict[str, Any]:
    """The seed's arguments were read off READMEs: flag and value in one text, samples for values."""
    text = _text(one)
    flag, _, rest = re.sub("=", " ", text, count=1).partition(" ") if text.startswith("-") else ("", "", text)
    made: dict[str, Any] = {"type": "named", "name": flag} if flag else {"type": "positional"}
    if rest and (_SAMPLE.search(rest) or credentials.is_secret(flag, rest)):
        hint = re.sub(r"[^a-z0-9_]+", "_", (flag or rest).lower()).strip("_")[:60]
        made |= {"valueHint": hint or "value", "isRequired": True}
        if flag and credentials.is_secret(flag, "a value"):
            made["isSecret"] = True
        elif not credentials.is_secret(flag, rest):
            made["placeholder"] = rest
    elif rest or not flag:
        made["value"] = rest or text
    return made


def _environment(one: dict[str, Any]) -> dict[str, Any]:
    """What the seed calls the description is the value in the README: a sample, or one that will do."""
    name, sample = str(one.get("name") or ""), blocks.one_line(one.get("description"))
    if not name:
        return {}
    if credentials.is_secret(name, "a value"):
        return {"name": name, "isRequired": True, "isSecret": True}
    if not sample or _SAMPLE.search(sample) or credentials.is_secret(name, sample):
        return {"name": name, "isRequired": True}
    return {"name": name, "default": sample}


def _remote(one: dict[str, Any]) -> dict[str, Any]:
    url = str(one.get("url") or "")
    kind = _TRANSPORTS.get(str(one.get("transport_type") or ""))
    if kind is None or not url.startswith(("http://", "https://")):
        raise Refused("A remote has no address, or a transport that is not known.", "Use “sse” or “streamable-http”.")
    variables: dict[str, Any] = {}

    def declared(found: re.Match[str]) -> str:
        variables[found[2]] = {"isRequired": True, "isSecret": credentials.is_secret(found[2], "a value")}
        return f"{found[1]}={{{found[2]}}}"

    url = re.sub(r"([?&](\w+))=(?:<[^>]*>|YOUR\w*)", declared, url)
    return {"type": kind, "url": url} | ({"variables": variables} if variables else {})


SERVER_JSON_SEED = Importer("server-json-seed", "Seed of the MCP registry, May 2025", ("mcp-server",), claims, read)
