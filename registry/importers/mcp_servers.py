"""One MCP server as clients write it, turned into an item of `mcpServers` without credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.domain import templates
from registry.importers import credentials
from registry.importers.base import Refused
from registry.importers.texts import mapping_of

_USED = frozenset(
    {"type", "transport", "command", "args", "env", "cwd", "url", "httpUrl", "serverUrl", "headers", "name"}
    | {"requestOptions", "apiKey", "environment", "connectionTimeout", "description", "serverName", "faviconUrl"}
)
_STDIO = frozenset({"", "stdio", "local"})
_TYPES = {
    "http": "streamable-http",
    "streamable-http": "streamable-http",
    "streamableHttp": "streamable-http",
    "sse": "sse",
}
_ADDRESSES = ("url", "httpUrl", "serverUrl")


def item(name: str, entry: Any, inputs: Mapping[str, bool]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The item, and sentences about what it cannot say. Raises Refused."""
    if not isinstance(entry, dict):
        raise Refused(f"The server “{name[:60]}” is not a mapping.", "Give it “command” or “url”.")
    if any(entry.get(key) for key in _ADDRESSES):
        made = _remote(name, entry, inputs)
    elif entry.get("command"):
        made = _local(name, entry, inputs)
    else:
        raise Refused(f"The server “{name[:60]}” has neither “command” nor “url”.", "Give it one of the two.")
    for key in ("serverName", "faviconUrl"):
        if isinstance(entry.get(key), str):
            made[key] = entry[key]
    if isinstance(entry.get("connectionTimeout"), int | float):
        made["connectionTimeout"] = entry["connectionTimeout"]
    left = sorted(str(key)[:40] for key in entry.keys() - _USED)
    losses = (f"Not carried over from the server: {', '.join(left)[:200]}.",) if left else ()
    return made, losses + _made_one(entry, made, inputs)


def _made_one(entry: dict[str, Any], made: dict[str, Any], inputs: Mapping[str, bool]) -> tuple[str, ...]:
    """A value that names a variable and holds more under a secret's name may hide the secret itself, so all of it is one."""
    given = mapping_of(entry.get("env") or entry.get("environment"))
    written = {key: credentials.with_variables(_text(given.get(key)), inputs) for key in made.get("env", {})}
    more = [key for key, text in written.items() if templates.VARIABLE.search(text) and made["env"][key] != text]
    return tuple(f"“{key[:60]}” held more than a variable; all of it is one secret now." for key in sorted(more))


def _local(name: str, entry: dict[str, Any], inputs: Mapping[str, bool]) -> dict[str, Any]:
    kind = str(entry.get("type") or entry.get("transport") or "")
    if kind not in _STDIO:
        raise Refused(f"The type “{kind[:40]}” does not go with a command.", "Use “stdio”, or give a “url”.")
    command = entry["command"]
    words = [str(one) for one in command] if isinstance(command, list) else [str(command)]
    args = entry.get("args") or []
    if not isinstance(args, list):
        raise Refused(f"“args” of the server “{name[:60]}” is not a list.", "Put each argument into a list.")
    words += [_text(one) for one in args]
    made: dict[str, Any] = {
        "name": name[:200],
        "type": "stdio",
        "command": credentials.clean_address(name, words[0], inputs),
    }
    if len(words) > 1:
        made["args"] = credentials.clean_arguments(name, words[1:], inputs)
    if env := _texts(name, entry.get("env") or entry.get("environment"), "env"):
        made["env"] = {key: credentials.clean_value(key, value, inputs) for key, value in env.items()}
    if entry.get("cwd"):
        made["cwd"] = credentials.clean_value("cwd", str(entry["cwd"]), inputs)
    return made


def _remote(name: str, entry: dict[str, Any], inputs: Mapping[str, bool]) -> dict[str, Any]:
    kind = str(entry.get("type") or entry.get("transport") or "")
    if kind and kind not in _TYPES and kind != "remote":
        raise Refused(f"The transport “{kind[:40]}” is not known.", "Use “http” or “sse”.")
    if entry.get("httpUrl"):
        kind = kind or "http"
    address = next(str(entry[key]) for key in _ADDRESSES if entry.get(key))
    made: dict[str, Any] = {"name": name[:200]}
    if kind in _TYPES:
        made["type"] = _TYPES[kind]
    made["url"] = credentials.clean_address(name, address, inputs)
    if entry.get("apiKey"):
        key = credentials.with_variables(str(entry["apiKey"]), inputs)
        made["apiKey"] = key if credentials.is_variable(key) else credentials.variable(f"{name}_API_KEY")
    headers = _texts(name, entry.get("headers"), "headers")
    options = mapping_of(entry.get("requestOptions"))
    headers |= _texts(name, options.get("headers"), "headers")
    options = credentials.clean({key: value for key, value in options.items() if key != "headers"}, name=name)
    if headers:
        options["headers"] = {key: credentials.clean_header(name, key, value, inputs) for key, value in headers.items()}
    if options:
        made["requestOptions"] = options
    return made


def _texts(name: str, value: Any, what: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(f"“{what}” of the server “{name[:60]}” is not a mapping.", "Write name and value.")
    return {str(key): _text(one) for key, one in value.items() if one is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
