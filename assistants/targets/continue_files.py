"""Continue: an assistant file of a workspace. Its own format, so nothing is lost but what only the hub knows."""

from __future__ import annotations

from typing import Any

from assistants.domain import drafting
from assistants.targets.base import Rendering, Severity, Target
from assistants.targets.parts import Parts
from registry.domain import schema, templates


def render(parts: Parts) -> Rendering:
    """`.continue/assistants/<name>.yaml`, with secrets by the names under which people keep them."""
    rendering = Rendering()
    config: dict[str, Any] = {"name": parts.title, "version": parts.version, "schema": "v1"}
    for section in ("requestOptions", *schema.SECTIONS):
        if parts.config.get(section):
            config[section] = _local(parts, parts.config[section])
    for server in config.get("mcpServers", []):
        server.pop("sourceSlug", None)
    for fqsn, variable in parts.variables.items():
        if variable != fqsn.rpartition("/")[2]:
            reason = f"Two packages ask for a secret of this name; here it is called {variable}."
            rendering.lose(f"secret {fqsn}", "name", reason, Severity.NOTE)
    rendering.add(f".continue/assistants/{parts.slug}.yaml", drafting.to_yaml(config))
    return rendering


def _local(parts: Parts, value: Any) -> Any:
    def local(name: str) -> str | None:
        if not name.startswith(templates.SECRETS):
            return None
        return f"${{{{ secrets.{parts.variables[name.removeprefix(templates.SECRETS)]} }}}}"

    return templates.replace(value, local)


TARGET = Target("continue", "Continue", "the workspace", render)
