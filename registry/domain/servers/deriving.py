"""From an item of `mcpServers` to a `server.json`, as far as that format can say it.

`npx`, `uvx`, `dnx` and `docker run` name a package, a URL is a remote; a program of one's own has no place in the format,
and then there is no document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from registry.domain import templates
from registry.domain.servers.reading import FORMAT

_NPM = re.compile(r"(?P<name>(?:@[a-z0-9~._-]+/)?[a-z0-9~._-]+)@(?P<version>[0-9][A-Za-z0-9.+-]*)", re.IGNORECASE)
_PYPI = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?(?:==|@)(?P<version>[0-9][A-Za-z0-9.+!-]*)")
_LAUNCHERS = {"npx": ("npm", _NPM), "uvx": ("pypi", _PYPI), "dnx": ("nuget", _NPM)}
_WITH_VALUE = frozenset(
    {"-e", "--env", "-v", "--volume", "--mount", "--name", "--network", "-p", "--publish", "--registry", "--from"}
)
MAX_DESCRIPTION = 100


def document(name: str, version: str, description: str, item: Mapping[str, Any]) -> dict[str, Any] | None:
    """The `server.json` of an item, or None where the format cannot say how it is started."""
    head = {
        "$schema": FORMAT,
        "name": name,
        "title": str(item["name"])[:100],
        "description": (description or str(item["name"]))[:MAX_DESCRIPTION],
        "version": version,
    }
    if "url" in item:
        return head | {"remotes": [_remote(item)]}
    package = _package(item)
    return head | {"packages": [package]} if package else None


def _remote(item: Mapping[str, Any]) -> dict[str, Any]:
    headers = (item.get("requestOptions") or {}).get("headers") or {}
    if item.get("apiKey"):
        headers = {"Authorization": f"Bearer {item['apiKey']}"} | headers
    remote: dict[str, Any] = {"type": item.get("type") or "streamable-http", "url": item["url"]}
    url, variables = _declared(str(item["url"]))
    remote["url"] = url
    return remote | ({"variables": variables} if variables else {}) | ({"headers": _inputs(headers)} if headers else {})


def _package(item: Mapping[str, Any]) -> dict[str, Any] | None:
    command, args = str(item.get("command", "")), [str(one) for one in item.get("args") or []]
    found = _image(args) if command == "docker" and args[:1] == ["run"] else _launched(command, args)
    if found is None:
        return None
    package, before, after = found
    package["transport"] = {"type": "stdio"}
    if before:
        package["runtimeHint"] = command
        package["runtimeArguments"] = [{"type": "positional", **_input(one)} for one in before]
    if after:
        package["packageArguments"] = [{"type": "positional", **_input(one)} for one in after]
    if item.get("env"):
        package["environmentVariables"] = _inputs(item["env"])
    return package


def _launched(command: str, args: list[str]) -> tuple[dict[str, Any], list[str], list[str]] | None:
    if command not in _LAUNCHERS:
        return None
    registry, pattern = _LAUNCHERS[command]
    at = next((number for number, one in enumerate(args) if not one.startswith("-")), None)
    match = pattern.fullmatch(args[at]) if at is not None else None
    if match is None or at is None or any(one in _WITH_VALUE for one in args[:at]):
        return None
    before = [one for one in args[:at] if one not in ("-y", "--yes")]
    return {"registryType": registry, "identifier": match["name"], "version": match["version"]}, before, args[at + 1 :]


def _image(args: list[str]) -> tuple[dict[str, Any], list[str], list[str]] | None:
    at = 1
    while at < len(args) and args[at].startswith("-"):
        at += 2 if args[at] in _WITH_VALUE else 1
    if at >= len(args):
        return None
    # The names of variables are said again by whoever renders the document.
    before, number = [], 1
    while number < at:
        if args[number] in ("-e", "--env") and "=" not in args[number + 1]:
            number += 2
            continue
        if args[number] not in ("-i", "--rm"):
            before.append(args[number])
        number += 1
    return {"registryType": "oci", "identifier": args[at]}, before, args[at + 1 :]


def _inputs(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, **_input(str(value))} for name, value in values.items()]


def _input(text: str) -> dict[str, Any]:
    """An input for a text: what holds variables is asked for, the rest is fixed."""
    value, variables = _declared(text)
    if not variables:
        return {"value": text}
    name, declared = next(iter(variables.items()))
    if value == f"{{{name}}}":
        return declared
    return {"value": value, "variables": variables}


def _declared(text: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """A text with the hub's variables turned into the format's, and what each is."""
    variables: dict[str, dict[str, Any]] = {}

    def turn(match: re.Match[str]) -> str:
        kind, _, name = match[1].partition(".")
        variables[name] = {"isRequired": True} | ({"isSecret": True} if kind == "secrets" else {})
        return f"{{{name}}}"

    return templates.VARIABLE.sub(turn, text), variables
