"""Which clients can use what."""

from __future__ import annotations

from typing import Any

import pytest

from registry.domain.clients import ALL, CLIENTS, supporting
from registry.kinds import KINDS


@pytest.mark.parametrize(
    ("kind", "content", "without"),
    [
        ("rule", {"rules": [{"name": "a", "globs": "*.py"}]}, set()),
        ("rule", {"rules": ["Be brief."]}, set()),
        ("rule", {"rules": [{"name": "a", "regex": "TODO"}]}, ALL - {"continue"}),
        ("model", {"models": [{"name": "a", "provider": "ollama"}]}, ALL - {"continue", "opencode"}),
        ("model", {"models": [{"name": "a", "provider": "openai"}]}, ALL - {"continue", "opencode", "codex"}),
        ("mcp-server", {"mcpServers": [{"name": "a", "command": "x"}]}, set()),
        ("mcp-server", {"mcpServers": [{"name": "a", "type": "sse", "url": "u"}]}, {"codex"}),
        ("skill", {}, {"windsurf", "continue"}),
        ("data", {}, ALL - {"continue"}),
        ("assistant", {"models": [{"name": "a"}], "rules": [{"uses": "a/b"}]}, set()),
        ("assistant", {"rules": [{"regex": "x", "name": "a"}]}, ALL - {"continue"}),
        ("assistant", {}, set()),
    ],
)
def test_clients_that_cannot_are_left_out(kind: str, content: dict[str, Any], without: set[str]) -> None:
    assert set(CLIENTS) - set(supporting(kind, content)) == set(without)


def test_every_kind_is_known() -> None:
    assert all(supporting(kind, {}) for kind in KINDS)
