"""`server.json`, as MCP servers are described to registries: kept as it is."""

from __future__ import annotations

import json
import re
from typing import Any

from registry.importers import blocks, credentials
from registry.importers.base import Candidate, Importer, Outcome, Refused, Source
from registry.importers.naming import slug
from registry.importers.texts import decode, json_of, line_of

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
_NAME = re.compile(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+")
_CLAIM = re.compile(rb'"(?:packages|remotes)"\s*:')


def claims(source: Source) -> bool:
    """JSON that names the schema, or is called `server.json` and has packages or remotes."""
    if not source.name.lower().endswith(".json") or source.content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
        return False
    head = source.content[: 64 * 1024]
    return (b"server.schema.json" in head and b'"name"' in head) or (
        source.name.lower() == "server.json" and _CLAIM.search(source.content) is not None
    )


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One MCP server, published under the version that the file names. Whether it is whole, the kind says."""
    text = decode(source)
    value = json_of(text)
    if not isinstance(value, dict):
        raise Refused("A server.json is one mapping.", "Start with {.")
    check(value, text)
    cleaned, count = without_secrets(value)
    losses = (f"{count} credentials were taken out; they are declared as secret.",) if count else ()
    return [candidate(source, cleaned, text if not count else "", losses=losses)]


def candidate(
    source: Source,
    value: dict[str, Any],
    text: str = "",
    *,
    item: str = "",
    line: int = 1,
    losses: tuple[str, ...] = (),
) -> Candidate:
    """A candidate that keeps `value`; `text` is how it was written, if it may stay as it is."""
    name = str(value["name"])
    manifest = text or json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    return Candidate(
        source.path,
        "mcp-server",
        slug(_short(name), name),
        manifest,
        item=item,
        summary=blocks.one_line(value.get("description")),
        version=str(value.get("version", "")),
        losses=losses,
        line=line,
    )


def check(value: dict[str, Any], text: str = "") -> None:
    """What decides whether an entry can be named at all; the kind checks the rest. Raises Refused."""
    if not isinstance(value.get("name"), str) or not _NAME.fullmatch(value["name"]):
        mend = "A name is a reversed domain, “/”, and a short name: com.example/server."
        raise Refused("The entry has no usable “name”.", mend, line_of(text, "name"))
    if not (value.get("packages") or value.get("remotes")):
        raise Refused("The entry says neither “packages” nor “remotes”.", "Say how the server is started or reached.")


def without_secrets(value: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The entry with literal credentials taken out of its inputs and marked `isSecret`, and how many there were."""
    count = 0

    def walk(part: Any) -> Any:
        nonlocal count
        if isinstance(part, list):
            return [walk(one) for one in part]
        if not isinstance(part, dict):
            return part
        made = {key: walk(one) for key, one in part.items()}
        name = str(part.get("name") or part.get("valueHint") or "")
        for key in ("value", "default", "placeholder"):
            if isinstance(part.get(key), str) and _is_kept_secret(
                name, part[key], is_marked=bool(part.get("isSecret"))
            ):
                del made[key]
                made |= {"isSecret": True, "isRequired": True}
                count += 1
        return made

    return walk(value), count


def _is_kept_secret(name: str, text: str, *, is_marked: bool) -> bool:
    """A template such as `Bearer {token}` is none."""
    if re.search(r"\{[^{}]+\}", text):
        return credentials.is_known(text)
    return bool(text) if is_marked else credentials.is_secret(name, text)


def _short(name: str) -> str:
    """What people call a server by: the part after “/”, unless that says nothing (`com.acme/mcp`)."""
    namespace, _, short = name.rpartition("/")
    if short.lower() in ("mcp", "server", "mcp-server"):
        return f"{namespace.rpartition('.')[2]}-{short}"
    return short


SERVER_JSON = Importer("server-json", "server.json", ("mcp-server",), claims, read)
