"""What a `server.json` says to people: each way to reach the server, and what whoever uses it has to give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Asked:
    """Something that a user gives: as an environment variable, a header, an argument or a part of an address."""

    name: str
    place: str
    description: str
    is_required: bool
    is_secret: bool
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Way:
    """One way to reach a server: `remote` at an address, or a package of some registry."""

    kind: str
    target: str
    version: str
    transport: str
    asked: tuple[Asked, ...]


def ways(server: Mapping[str, Any]) -> list[Way]:
    """Every way that the document names, remotes first: they need nothing on the user's machine."""
    remotes = [
        Way("remote", one["url"], "", one["type"], tuple(_of_remote(one))) for one in server.get("remotes") or []
    ]
    packages = [
        Way(
            one["registryType"],
            one["identifier"],
            str(one.get("version", "")),
            one["transport"]["type"],
            tuple(_of_package(one)),
        )
        for one in server.get("packages") or []
    ]
    return remotes + packages


def _of_remote(remote: Mapping[str, Any]) -> Iterator[Asked]:
    for name, one in (remote.get("variables") or {}).items():
        yield from _asked(name, "address", one)
    for one in remote.get("headers") or []:
        yield from _asked(one["name"], "header", one)


def _of_package(package: Mapping[str, Any]) -> Iterator[Asked]:
    for one in package.get("environmentVariables") or []:
        yield from _asked(one["name"], "variable", one)
    for one in [*(package.get("runtimeArguments") or []), *(package.get("packageArguments") or [])]:
        yield from _asked(str(one.get("name") or one.get("valueHint") or ""), "argument", one)
    for one in package["transport"].get("headers") or []:
        yield from _asked(one["name"], "header", one)


def _asked(name: str, place: str, one: Mapping[str, Any]) -> Iterator[Asked]:
    """What is asked for here: the input itself unless its value is fixed, and then the variables in that value."""
    if one.get("value"):
        for inner, variable in (one.get("variables") or {}).items():
            yield from _asked(inner, place, variable)
        return
    if name:
        yield Asked(
            name=name,
            place=place,
            description=str(one.get("description") or ""),
            is_required=bool(one.get("isRequired")),
            is_secret=bool(one.get("isSecret")),
            default="" if one.get("isSecret") else str(one.get("default") or ""),
            choices=tuple(one.get("choices") or ()),
        )
