"""From a `server.json` to an item of `mcpServers`: the first remote, else the first package that a client can start.

What a user must give becomes a variable: a secret `${{ secrets.NAME }}`, anything else `${{ inputs.NAME }}`. What a user
may leave out is left out, and the losses say so: a client would refuse the whole server for one secret that it lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.-]*)\}")
_NOT_NAME = re.compile(r"[^A-Za-z0-9]+")
# By registry: the program that starts a package, and its words in front of the package's name.
RUNTIMES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "npm": ("npx", ("-y",)),
    "pypi": ("uvx", ()),
    "nuget": ("dnx", ()),
    "oci": ("docker", ("run", "-i", "--rm")),
}


@dataclass
class Rendered:
    """An item of `mcpServers`, or None, and in words what it leaves out."""

    item: dict[str, Any] | None = None
    losses: list[str] = field(default_factory=list)


def render(server: Mapping[str, Any]) -> Rendered:
    """The way to use a server that takes the least: a remote needs nothing on the user's machine."""
    rendered = Rendered()
    name = str(server.get("title") or server["name"].rpartition("/")[2])
    remotes, packages = server.get("remotes") or [], server.get("packages") or []
    if remotes:
        rendered.item = {"name": name, **_remote(remotes[0], rendered.losses)}
    else:
        startable = [one for one in packages if one["registryType"] in RUNTIMES or one.get("runtimeHint")]
        if startable:
            rendered.item = {"name": name, **_package(startable[0], rendered.losses)}
    others = len(remotes) + len(packages) - 1
    if rendered.item is not None and others:
        rendered.losses.append(f"Clients get the first of {others + 1} ways to reach this server.")
    return rendered


def _remote(remote: Mapping[str, Any], losses: list[str]) -> dict[str, Any]:
    item: dict[str, Any] = {"type": remote["type"], "url": _filled(remote["url"], remote.get("variables") or {})}
    headers = dict(_pairs(remote.get("headers") or [], losses))
    return item | ({"requestOptions": {"headers": headers}} if headers else {})


def _package(package: Mapping[str, Any], losses: list[str]) -> dict[str, Any]:
    env = dict(_pairs(package.get("environmentVariables") or [], losses))
    if package["transport"]["type"] != "stdio":
        losses.append("The package serves over HTTP; clients are told to start it and talk to it directly.")
    command, words = RUNTIMES.get(package["registryType"], (str(package.get("runtimeHint")), ()))
    command = str(package.get("runtimeHint") or command)
    args = [*words, *_words(package.get("runtimeArguments") or [], losses)]
    if package["registryType"] == "oci":
        for name in env:
            args += ["-e", name]
    args += [*_named(package), *_words(package.get("packageArguments") or [], losses)]
    item: dict[str, Any] = {"command": command, "args": args}
    return item | ({"env": env} if env else {})


def _named(package: Mapping[str, Any]) -> list[str]:
    """The words that name the package to the program that starts it."""
    name, version = str(package["identifier"]), package.get("version")
    base = package.get("registryBaseUrl")
    match package["registryType"]:
        case "npm":
            return [*_unless_usual(base, "npm", "--registry"), f"{name}@{version}"]
        case "pypi":
            return [*_unless_usual(base, "pypi", "--default-index"), f"{name}=={version}"]
        case "nuget":
            return [f"{name}@{version}", "--yes"]
        case "oci" if version and ":" not in name.rpartition("/")[2] and "@" not in name:
            return [f"{name}:{version}"]
    return [name]


def _unless_usual(base: object, word: str, option: str) -> list[str]:
    """The option for a package index of one's own. The public ones are what the programs use anyway."""
    text = str(base or "")
    return [option, text] if text and word not in text.partition("//")[2].partition("/")[0].split(".") else []


def _words(arguments: list[Mapping[str, Any]], losses: list[str]) -> Iterator[str]:
    for one in arguments:
        name = str(one.get("name") or one.get("valueHint") or "argument")
        value = _value(one, name)
        if (
            value is None
            and one["type"] == "named"
            and not {"isRequired", "default", "value"} & one.keys()
            and not one.get("valueHint")
        ):
            yield str(one["name"])  # a switch without a value
        elif value is None:
            losses.append(f"The optional argument “{name}” is left out.")
        else:
            yield from ([str(one["name"]), value] if one["type"] == "named" else [value])


def _pairs(inputs: list[Mapping[str, Any]], losses: list[str]) -> Iterator[tuple[str, str]]:
    for one in inputs:
        value = _value(one, one["name"])
        if value is None:
            losses.append(f"The optional “{one['name']}” is left out.")
        else:
            yield str(one["name"]), value


def _value(one: Mapping[str, Any], name: str) -> str | None:
    """What to write for an input; None for an optional one that nobody gave."""
    if one.get("value"):
        return _filled(str(one["value"]), one.get("variables") or {})
    if one.get("isSecret"):
        return variable("secrets", name) if one.get("isRequired") else None
    if one.get("default") is not None:
        return str(one["default"])
    return variable("inputs", name) if one.get("isRequired") else None


def _filled(text: str, variables: Mapping[str, Mapping[str, Any]]) -> str:
    """`text` with each `{name}` that is declared replaced; others stay as they are (contract 3.3)."""

    def fill(match: re.Match[str]) -> str:
        declared = variables.get(match[1])
        if declared is None:
            return match[0]
        value = _value(declared, match[1])
        return variable("secrets" if declared.get("isSecret") else "inputs", match[1]) if value is None else value

    return _VARIABLE.sub(fill, text)


def variable(prefix: str, name: str) -> str:
    """The template variable for an input of this name."""
    return f"${{{{ {prefix}.{variable_name(name)} }}}}"


def variable_name(name: str) -> str:
    """What the template variable for an input of this name is called."""
    return _NOT_NAME.sub("_", name).strip("_").upper() or "VALUE"
