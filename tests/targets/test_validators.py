"""Clients' own validators look at what the hub writes for them: three starter assistants, five of the corpus, one with everything.

A client without one is checked by what `test_round_trips` reads back; for Windsurf, Zed and Junie nobody has published one.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import skills_ref

from assistants.targets import TARGETS
from assistants.targets.parts import of_bundle
from registry.domain import templates, yamltext
from tests.support import npm
from tests.support.node import Oracle
from tests.targets.building import everything

SECONDS = 120
SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"


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
def assistants(bundles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The eight, and the one with everything."""
    assert len(bundles) == 8
    return [*bundles, everything()]


@pytest.mark.node
@pytest.mark.system
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


@pytest.mark.node
@pytest.mark.system
def test_claude_code_would_refuse_a_wrong_one(run: Callable[..., Any], tmp_path: Path) -> None:
    folder = write("claude-code", everything(), tmp_path / "x")
    file = folder / ".claude-plugin" / "marketplace.json"
    file.write_text(file.read_text().replace('"./plugins/helper"', '"elsewhere"'))
    assert run("claude", "plugin", "validate", "--strict", str(folder)).returncode == 1


@pytest.mark.node
@pytest.mark.system
def test_gemini_takes_its_extension(run: Callable[..., Any], assistants: list[dict[str, Any]], tmp_path: Path) -> None:
    folders = [write("gemini", document, tmp_path / str(number)) for number, document in enumerate(assistants)]
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda folder: run("gemini", "extensions", "validate", str(folder)), folders))
    for done in answers:
        assert done.returncode == 0, done.stdout + done.stderr
        assert "successfully validated" in done.stdout + done.stderr


@pytest.mark.node
@pytest.mark.system
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


@pytest.mark.node
@pytest.mark.system
def test_codex_would_refuse_what_it_does_not_know(run: Callable[..., Any], tmp_path: Path) -> None:
    folder = write("codex", everything(), tmp_path / "x")
    config = folder / ".codex" / "config.toml"
    config.write_text(config.read_text() + "\n[mcp_servers.tickets.transport]\nx = [")
    assert run("codex", "mcp", "list", "--json", CODEX_HOME=str(config.parent)).returncode != 0


# A provider that nobody answers for, and no server started: Codex reads its configuration and stops.
DEAD = """
[model_providers.dead]
name = "dead"
base_url = "http://127.0.0.1:9/v1"
wire_api = "responses"
"""


def strictly(config: Path) -> str:
    """What Codex says of a configuration until it has accepted or refused it."""
    text = config.read_text()
    config.write_text(
        'model_provider = "dead"\nmodel = "m"\n'
        + re.sub(r"(?m)^(\[mcp_servers\.[^.\]]+\])$", r"\1\nenabled = false", text)
        + DEAD
    )
    home = {"PATH": os.environ["PATH"], "HOME": str(config.parent), "CODEX_HOME": str(config.parent), "TERM": "dumb"}
    command = [*program("codex"), "exec", "--strict-config", "--skip-git-repo-check", "hi"]
    said = ""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=home, cwd=config.parent,
        start_new_session=True,
    ) as running:  # fmt: skip
        assert running.stderr
        for line in running.stderr:
            said += line
            if "session id" in line:
                os.killpg(running.pid, signal.SIGKILL)
                break
    return said


@pytest.mark.node
@pytest.mark.system
def test_codex_knows_every_field_of_its_configuration(assistants: list[dict[str, Any]], tmp_path: Path) -> None:
    looked_at = 0
    for number, document in enumerate(assistants):
        config = write("codex", document, tmp_path / str(number)) / ".codex" / "config.toml"
        if config.exists():
            looked_at += 1
            assert "session id" in (said := strictly(config)), said
    assert looked_at >= 3
    config = write("codex", everything(), tmp_path / "wrong") / ".codex" / "config.toml"
    config.write_text(config.read_text().replace('command = "npx"', 'command = "npx"\nbogus = 1'))
    assert "unknown configuration field `mcp_servers.tickets.bogus`" in strictly(config)


def short_name(name: str) -> str | None:
    return (
        f"${{{{ secrets.{name.rpartition('/')[2].removeprefix('secrets.')} }}}}"
        if name.startswith("secrets.")
        else None
    )


@pytest.mark.node
def test_continues_own_library_reads_its_file_as_it_is(assistants: list[dict[str, Any]]) -> None:
    with Oracle() as oracle:
        for document in assistants:
            (text,) = TARGETS["continue"].render(of_bundle(document)).files.values()
            answer = oracle.ask("unroll", id="acme/helper@1.0.0", content=text, orgScopeId="ORG")
            assert answer["errors"] == []
            # It gives secrets their long names, as the hub does.
            named = templates.replace(answer["config"], short_name)
            written = yamltext.parse(text).value
            for section in ("rules", "prompts", "docs", "context"):
                assert (named.get(section) or []) == (written.get(section) or []), section
            for section in ("models", "mcpServers", "data"):
                assert [one["name"] for one in named.get(section) or []] == [
                    one["name"] for one in written.get(section) or []
                ]
        # What it cannot read it takes for the text of one rule.
        wrong = oracle.ask(
            "unroll", id="acme/helper@1.0.0", content=text.replace("    provider: openai\n", ""), orgScopeId="ORG"
        )
        assert "models" not in wrong["config"]


def test_the_validator_of_agent_skills_takes_every_skill(assistants: list[dict[str, Any]], tmp_path: Path) -> None:
    looked_at = set()
    for number, document in enumerate(assistants):
        for target in TARGETS:
            folder = write(target, document, tmp_path / str(number) / target)
            for file in folder.rglob("SKILL.md"):
                assert skills_ref.validate(file.parent) == []
                looked_at.add(target)
    assert looked_at == {"claude-code", "copilot-cli", "codex", "gemini", "opencode", "zed", "junie"}


def test_the_validator_of_agent_skills_would_refuse_a_wrong_one(tmp_path: Path) -> None:
    folder = write("codex", everything(), tmp_path)
    file = folder / ".agents" / "skills" / "task-review" / "SKILL.md"
    file.write_text(file.read_text().replace("name: task-review", "name: Task--review\nmodel: m"))
    told = " ".join(skills_ref.validate(file.parent))
    assert all(words in told for words in ("lowercase", "consecutive hyphens", "Unexpected fields", "must match"))


def schema(name: str) -> jsonschema.Draft7Validator:
    content = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(content)
    return jsonschema.Draft7Validator(content, format_checker=jsonschema.FormatChecker())


def test_cursors_schemas_take_the_manifests_of_its_plugin(assistants: list[dict[str, Any]]) -> None:
    for document in assistants:
        files = TARGETS["cursor"].render(of_bundle(document)).files
        for kind in ("plugin", "marketplace"):
            assert [
                error.message
                for error in schema(f"cursor-{kind}").iter_errors(json.loads(files[f".cursor-plugin/{kind}.json"]))
            ] == []
        plugin = json.loads(files[".cursor-plugin/plugin.json"])
        for field in ("rules", "commands", "mcpServers"):
            held = plugin.get(field, "./nothing").removeprefix("./")
            assert any(path.startswith(held) for path in files) == (field in plugin)
        # Cursor's schema also takes Claude Code's plugin, but not its marketplace, which says more.
        files = TARGETS["claude-code"].render(of_bundle(document)).files
        manifests = {
            path.rpartition("/")[2]: json.loads(text) for path, text in files.items() if ".claude-plugin/" in path
        }
        assert schema("cursor-plugin").is_valid(manifests["plugin.json"])
        assert not schema("cursor-marketplace").is_valid(manifests["marketplace.json"])


def test_no_target_writes_an_agent_plugin(assistants: list[dict[str, Any]]) -> None:
    """Such a manifest at the top would make Codex and Copilot read servers from a file that may not name secrets."""
    for document in assistants:
        for target in TARGETS.values():
            files = target.render(of_bundle(document)).files
            assert not {path for path in files if path.rpartition("/")[2] == "plugin.json" and "-plugin/" not in path}
            assert not any("agent-plugins.org" in text for text in files.values())
