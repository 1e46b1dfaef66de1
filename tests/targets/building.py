"""Bundles to render: one of everything, and the smallest there is."""

from __future__ import annotations

from typing import Any

KEY = "${{ secrets.acme/helper/acme/tickets/TICKETS_TOKEN }}"
RULES: list[Any] = [
    "Name the file and the line of everything you find.",
    {"name": "Style", "rule": "Functions do one thing.", "globs": ["**/*.py", "**/*.pyi"], "alwaysApply": False, "description": "How we write code"},
    {"name": "Money", "rule": "Amounts are decimals.", "regex": "Decimal|amount", "alwaysApply": False},
    {"name": "Migrations", "rule": "Expand, then contract.", "description": "When a table changes: see the guide", "alwaysApply": False},
    {"name": "By hand", "rule": "Only when asked.", "alwaysApply": False},
    {"name": "Always", "rule": "Be brief.\n\n---\n\nAnd kind.", "alwaysApply": True},
]  # fmt: skip
PROMPTS = [
    {"name": "Review", "prompt": "Look at {{{ input }}} closely.", "description": "Looks at a change"},
    {"name": "Explain", "prompt": "Say what it does."},
]
SERVERS: list[dict[str, Any]] = [
    {
        "name": "Tickets", "command": "npx", "args": ["-y", "@example/tickets@1.4.0"],
        "env": {"TICKETS_TOKEN": KEY, "TICKETS_URL": "https://tickets.example.com"}, "sourceSlug": "acme/tickets",
    },
    {
        "name": "Wiki", "type": "streamable-http", "url": "https://wiki.example.com/mcp",
        "requestOptions": {"headers": {"Authorization": "Bearer ${{ secrets.acme/helper/acme/wiki/WIKI_KEY }}", "X-Team": "web"}, "timeout": 5},
        "sourceSlug": "acme/wiki",
    },
    {"name": "Old feed", "type": "sse", "url": "https://feed.example.com/sse", "sourceSlug": "acme/feed"},
    {"name": "Here", "command": "./tool", "cwd": "tools", "sourceSlug": "acme/here"},
]  # fmt: skip
MODELS = [
    {"name": "Ours", "provider": "openai", "model": "our-model", "apiBase": "https://models.example/v1", "apiKey": "${{ secrets.acme/helper/acme/model/MODEL_KEY }}", "roles": ["chat", "edit"]},
    {"name": "Complete", "provider": "ollama", "model": "small", "roles": ["autocomplete"]},
]  # fmt: skip
FQSNS = [
    "acme/helper/acme/model/MODEL_KEY",
    "acme/helper/acme/tickets/TICKETS_TOKEN",
    "acme/helper/acme/wiki/WIKI_KEY",
]


def bundle(**config: Any) -> dict[str, Any]:
    """A bundle with this config."""
    return {
        "format": "assistant-hub/bundle/v1",
        "assistant": {"package": "acme/helper", "version": "1.2.0", "digest": "sha256:" + "0" * 64},
        "config": {"name": "Helper", "version": "1.2.0", **config},
        "requirements": [],
        "secrets": [{"name": name.rpartition("/")[2], "fqsn": name} for name in FQSNS],
    }


def everything() -> dict[str, Any]:
    """A bundle with one of everything."""
    return bundle(
        rules=RULES,
        prompts=PROMPTS,
        mcpServers=SERVERS,
        models=MODELS,
        docs=[{"name": "Handbook", "startUrl": "https://handbook.example.com/"}],
        data=[{"name": "Events", "destination": "https://events.example.com", "schema": "0.2.0"}],
        context=[{"provider": "diff"}],
        requestOptions={"timeout": 9},
    )
