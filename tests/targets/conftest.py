"""Assistants to render: the three that come with the hub, and five made of files that other people wrote."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistants.models import Lock
from assistants.services import fetching, starter
from hub.actors import Actor
from hub.models import Namespace
from registry.domain import templates
from registry.importers import Source
from registry.importers.report import Row
from registry.models import Package, Release
from registry.services import imports

CORPUS = next(
    (found for above in Path(__file__).resolve().parents if (found := above / "shared" / "corpus").is_dir()), Path()
)
SECTIONS = {"rule": "rules", "mcp-server": "mcpServers"}


# By the name of what makes them. A bundle is a value, so tests of one process can share it; making them takes a while.
_made: dict[str, list[dict[str, Any]]] = {}


@pytest.fixture
def starter_bundles(request: pytest.FixtureRequest, db: None) -> list[dict[str, Any]]:
    """The audit, plan and refactor assistants."""
    if "starter" not in _made:
        starter.load(by=request.getfixturevalue("owner"))
        digests = Lock.objects.filter(release__package__namespace__slug="starter").values_list("bundle_id", flat=True)
        _made["starter"] = [json.loads(fetching.bundles.get(digest)) for digest in digests]
    assert len(_made["starter"]) == 3
    return copy.deepcopy(_made["starter"])


@pytest.fixture
def corpus_bundles(request: pytest.FixtureRequest, db: None) -> list[dict[str, Any]]:
    """Of Cursor rules, of Copilot instructions, of a Copilot agent, of MCP servers, and of some of all."""
    if not CORPUS.name and os.environ.get("CI") != "true":
        pytest.skip("NOT RUN: the corpus is not beside the project")
    if "corpus" not in _made:
        owner, acme = request.getfixturevalue("owner"), request.getfixturevalue("acme")
        _made["corpus"] = _of_corpus(owner, acme, request.getfixturevalue("build_assistant"))
    assert len(_made["corpus"]) == 5
    return copy.deepcopy(_made["corpus"])


@pytest.fixture
def bundles(starter_bundles: list[dict[str, Any]], corpus_bundles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All eight."""
    return [*starter_bundles, *corpus_bundles]


def _of_corpus(owner: Actor, acme: Namespace, build_assistant: Callable[..., Package]) -> list[dict[str, Any]]:
    starter.load(by=owner)
    rules = _import(owner, acme, "cursor-rules/*.mdc", 3)
    instructions = _import(owner, acme, "copilot-instructions/*.md", 2)
    servers = _import(owner, acme, "mcp-servers/docker/*.yaml", 4) + _import(
        owner, acme, "mcp-servers/server-json/*", 1
    )
    agents = [
        row.package.partition("/")[2] for row in _import(owner, acme, "copilot-agents/octopus*", 1) if row.package
    ]
    starters = "models:\n  - uses: starter/claude-sonnet-4-6\nprompts:\n  - uses: starter/review-diff\n"
    made = {
        "cursor-rules": _uses(rules),
        "instructions": _uses(instructions),
        "servers": _uses(servers),
        "mixed": starters + _uses([*rules[:5], *instructions[:5], *servers[-6:]]),
    }
    for name, body in made.items():
        build_assistant(f"of-{name}", body)
    return [json.loads(fetching.bundles.get(_digest(name))) for name in (*(f"of-{one}" for one in made), *agents)]


def _import(by: Actor, namespace: Namespace, pattern: str, step: int) -> list[Row]:
    """Every `step`-th file that fits, as packages."""
    files = [file for file in sorted(CORPUS.glob(pattern)) if file.name != "LICENSE"][::step]
    sources = [Source(str(file.relative_to(CORPUS)), file.read_bytes()) for file in files]
    rows = imports.run(by=by, namespace=namespace, files=sources, visibility="public")
    return [row for row in rows if row.outcome == "imported"]


def _uses(rows: list[Row]) -> str:
    """The sections of an assistant that uses what was imported, with a value for all that has to be said."""
    used: dict[str, list[str]] = {}
    for row in rows:
        content = Release.objects.get(package__name=str(row.package).rpartition("/")[2]).content
        values = {name: f"{name.lower()}-value" for name in sorted(templates.names(content, templates.INPUTS))}
        given = f"    with: {json.dumps(values)}\n" if values else ""
        used.setdefault(SECTIONS[row.kind], []).append(f"  - uses: {row.package}@^{row.version}\n{given}")
    return "".join(f"{section}:\n{''.join(lines)}" for section, lines in used.items())


def _digest(name: str) -> str:
    return Lock.objects.values_list("bundle_id", flat=True).get(release__package__name=name)
