"""Clients' own validators look at what the hub writes for them: the starter assistants, and one with everything."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistants.models import Lock
from assistants.services import fetching, starter
from assistants.targets import TARGETS
from assistants.targets.parts import of_bundle
from hub.actors import Actor
from registry.domain import skills
from tests.support import npm
from tests.targets.building import everything

pytestmark = [pytest.mark.node, pytest.mark.system]
SECONDS = 120


def program(name: str) -> list[str]:
    """How a client is started. No package's install script is run, so this one is started by its own wrapper."""
    if name == "claude":
        return [npm.node(), str(npm.node_modules() / "@anthropic-ai" / "claude-code" / "cli-wrapper.cjs")]
    return [str(npm.node_modules() / ".bin" / name)]


def write(target: str, document: dict[str, Any], folder: Path) -> Path:
    for path, text in TARGETS[target].render(of_bundle(document)).files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a client in a home of its own, without updates and without telling anybody."""
    home = tmp_path / "home"
    home.mkdir()

    def call(client: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        quiet = {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_TELEMETRY": "1"}
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "dumb", **quiet, **more}
        command = [*program(client), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL,
            timeout=SECONDS, cwd=home,
        )  # fmt: skip

    return call


@pytest.fixture
def assistants(owner: Actor) -> list[dict[str, Any]]:
    """The three starter assistants, and the one with everything."""
    starter.load(by=owner)
    digests = Lock.objects.filter(release__package__namespace__slug="starter").values_list("bundle_id", flat=True)
    found = [json.loads(fetching.bundles.get(digest)) for digest in digests]
    assert len(found) == 3
    return [*found, everything()]


def test_claude_code_takes_its_marketplace_and_plugin(
    run: Callable[..., Any], assistants: list[dict[str, Any]], tmp_path: Path
) -> None:
    for number, document in enumerate(assistants):
        folder = write("claude-code", document, tmp_path / str(number))
        done = run("claude", "plugin", "validate", "--strict", str(folder))
        assert done.returncode == 0, done.stdout + done.stderr
        (plugin,) = (folder / "plugins").iterdir()
        done = run("claude", "plugin", "validate", str(plugin))
        assert done.returncode == 0, done.stdout + done.stderr
        provided = re.findall(r"(mcpServers|skills|commands): (\S+)", done.stdout)
        parts = of_bundle(document)
        assert {name for kind, name in provided if kind == "mcpServers"} == {one.slug for one in parts.servers}
        assert {name.rpartition(":")[2] for kind, name in provided if kind == "commands"} == {
            one.slug for one in parts.prompts
        }


def test_claude_code_would_refuse_a_wrong_one(run: Callable[..., Any], tmp_path: Path) -> None:
    folder = write("claude-code", everything(), tmp_path / "x")
    file = folder / ".claude-plugin" / "marketplace.json"
    file.write_text(file.read_text().replace('"./plugins/helper"', '"elsewhere"'))
    assert run("claude", "plugin", "validate", "--strict", str(folder)).returncode == 1


def test_gemini_takes_its_extension(run: Callable[..., Any], assistants: list[dict[str, Any]], tmp_path: Path) -> None:
    for number, document in enumerate(assistants):
        folder = write("gemini", document, tmp_path / str(number))
        done = run("gemini", "extensions", "validate", str(folder))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "successfully validated" in done.stdout + done.stderr


def test_codex_reads_its_servers(run: Callable[..., Any], assistants: list[dict[str, Any]], tmp_path: Path) -> None:
    for number, document in enumerate(assistants):
        folder = write("codex", document, tmp_path / str(number))
        config = folder / ".codex"
        if not config.is_dir():
            continue
        done = run("codex", "mcp", "list", "--json", CODEX_HOME=str(config))
        assert done.returncode == 0, done.stdout + done.stderr
        servers = {one["name"]: one for one in json.loads(done.stdout)}
        wanted = {one.slug for one in of_bundle(document).servers if one.type != "sse"}
        assert servers.keys() == wanted
        if "wiki" in servers:
            assert servers["wiki"]["transport"]["bearer_token_env_var"] == "WIKI_KEY"
            assert servers["tickets"]["transport"]["env_vars"] == ["TICKETS_TOKEN"]


def test_codex_would_refuse_what_it_does_not_know(run: Callable[..., Any], tmp_path: Path) -> None:
    folder = write("codex", everything(), tmp_path / "x")
    config = folder / ".codex" / "config.toml"
    config.write_text(config.read_text() + "\n[mcp_servers.tickets.transport]\nx = [")
    assert run("codex", "mcp", "list", "--json", CODEX_HOME=str(config.parent)).returncode != 0


def test_every_skill_is_one_by_the_common_format(assistants: list[dict[str, Any]]) -> None:
    for document in assistants:
        for target in TARGETS.values():
            for path, text in target.render(of_bundle(document)).files.items():
                if path.endswith("SKILL.md"):
                    found = skills.read(text, path.split("/")[-2])
                    assert found.warnings == (), path
