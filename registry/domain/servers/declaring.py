"""What a `server.json` says of the inputs that its rendering asks for, as a block declares them.

Format: contract 3.2 (`description`, `format`, `choices`). What has a default is written in by the rendering, so what is left
to be asked for has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from registry.domain.servers import rendering

_TYPES = {"number": "number", "boolean": "boolean"}
_LISTS = ("headers", "environmentVariables", "packageArguments", "runtimeArguments")


def declarations(server: Mapping[str, Any], asked: Iterable[str]) -> dict[str, dict[str, Any]]:
    """By the names of the inputs `asked` for, what is said of each. One of which nothing is said is not there."""
    wanted = set(asked)
    found: dict[str, dict[str, Any]] = {}
    for name, about in _inputs(server):
        variable = rendering.variable_name(name)
        if variable in wanted and variable not in found and (said := _said(about)):
            found[variable] = said
    return found


def _said(about: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    choices = [str(choice) for choice in about.get("choices") or ()]
    kind = _TYPES.get(str(about.get("format")))
    if kind and not choices:
        said["type"] = kind
    if about.get("description"):
        said["description"] = str(about["description"])
    return said | ({"choices": choices} if choices else {})


def _inputs(server: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for way in (*(server.get("remotes") or ()), *(server.get("packages") or ())):
        yield from _variables(way)
        for key in _LISTS:
            for one in way.get(key) or ():
                yield str(one.get("name") or one.get("valueHint") or "argument"), one
                yield from _variables(one)


def _variables(holder: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from (holder.get("variables") or {}).items()
