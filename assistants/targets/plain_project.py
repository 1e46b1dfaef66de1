"""What clients have in common that read one rules file, a folder of skills and tool servers with literal values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assistants.targets import common
from assistants.targets.base import Rendering, Severity
from assistants.targets.parts import Parts, Server
from assistants.targets.writing import to_json
from registry.domain import templates


@dataclass(frozen=True)
class PlainProject:
    """Where a client looks: its files' paths, and under which key of `servers` the tool servers stand."""

    client: str
    rules: str
    skills: str
    servers: str
    key: str
    by_hand: str
    """What a person calls the file that a secret has to be put into."""

    def render(self, parts: Parts) -> Rendering:
        """Rules that always apply or by path in the rules file, the others and the prompts as skills, the servers as JSON."""
        rendering = Rendering()
        applied = [rule for rule in parts.rules if rule.activation in ("always", "globs")]
        if applied:
            rendering.add(self.rules, common.as_document(parts, applied, rendering, self.client))
        for rule in parts.rules:
            if rule not in applied:
                common.rule_as_skill(self.skills, rule, rendering, self.client)
        for prompt in parts.prompts:
            common.prompt_as_skill(self.skills, prompt, rendering, self.client)
        servers = common.servers(parts, lambda server: self._server(parts, server, rendering), rendering)
        if servers:
            rendering.add(self.servers, to_json({self.key: servers}))
        common.lose_the_rest(parts, rendering, self.client)
        return rendering

    def _server(self, parts: Parts, server: Server, rendering: Rendering) -> dict[str, Any]:
        """No secret is written out: the place for it is marked."""
        held = [server.url, server.command, server.cwd, *server.args, *server.env.values(), *server.headers.values()]
        if templates.names(held, templates.SECRETS):
            mend = f"Put {', '.join(parts.secrets_in(held))} into {self.by_hand} by hand."
            rendering.lose(f"server “{server.name}”", "secrets", mend, Severity.SEVERE)
        if not server.is_remote:
            return common.stdio(parts, server, _spell, rendering, cwd=False)
        common.lose_sse(server, rendering, self.client)
        entry: dict[str, Any] = {"url": parts.filled(server.url, _spell)}
        return entry | ({"headers": common.filled(parts, server.headers, _spell)} if server.headers else {})


def _spell(variable: str) -> str:
    return f"<{variable}>"
