"""Every client's files for one assistant that has everything, and what is said to be lost."""

from __future__ import annotations

import copy
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assistants.targets import TARGETS, Rendering, Severity
from assistants.targets.packing import zipped
from assistants.targets.parts import of_bundle, variables_of
from assistants.targets.writing import to_toml
from registry.domain import frontmatter, yamltext
from registry.domain.files import unpack
from tests.targets.building import FQSNS, bundle, everything

NAMES = (
    "continue", "claude-code", "cursor", "vscode-copilot", "copilot-cli", "codex", "gemini", "opencode", "windsurf", "zed",
    "junie", "agents-md",
)  # fmt: skip


def rendered(target: str, document: dict[str, Any] | None = None) -> Rendering:
    return TARGETS[target].render(of_bundle(document or everything()))


def lost(rendering: Rendering) -> dict[tuple[str, str], Severity]:
    return {(loss.item, loss.field): loss.severity for loss in rendering.losses}


def fields_of(text: str) -> dict[str, Any]:
    parts = frontmatter.split(text)
    assert parts is not None
    found: dict[str, Any] = yaml.safe_load(parts.front)
    return found


def test_the_targets_are_those_that_were_promised() -> None:
    assert tuple(TARGETS) == NAMES


@pytest.mark.parametrize("target", NAMES)
def test_the_same_bundle_gives_the_same_bytes_and_safe_paths(target: str) -> None:
    archive = zipped(rendered(target))
    assert archive == zipped(rendered(target, copy.deepcopy(everything())))
    files = unpack(archive)
    assert [file.path for file in files.files] == sorted(rendered(target).files)
    assert all(file.content.endswith(b"\n") for file in files.files)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert {entry.date_time[0] for entry in opened.infolist()} == {1980}


@pytest.mark.parametrize("target", NAMES)
def test_no_file_holds_a_variable_of_the_hubs_own(target: str) -> None:
    for path, text in rendered(target).files.items():
        assert not any(name in text for name in FQSNS), path
        if target != "continue":
            assert "${{" not in text, path


@pytest.mark.parametrize("target", NAMES)
def test_every_item_is_in_a_file_or_among_the_losses(target: str) -> None:
    rendering = rendered(target)
    told = "\n".join([*rendering.files.values(), *(f"{loss.item} {loss.reason}" for loss in rendering.losses)])
    for words in (
        "Name the file and the line", "Functions do one thing", "Amounts are decimals", "Expand, then contract", "Only when asked",
        "And kind", "Ours", "Complete", "Events", "diff",
    ):  # fmt: skip
        assert words in told, words
    for words in ("Look at", "Say what it does"):
        assert words in told or "prompt" in told, words
    for name in ("tickets", "wiki", "feed", "here", "handbook"):
        assert name in told.lower(), name


@pytest.mark.parametrize("target", NAMES)
def test_an_assistant_of_one_rule_loses_nothing(target: str) -> None:
    rendering = rendered(target, bundle(rules=["Be brief."]))
    assert rendering.losses == []
    assert any("Be brief." in text for text in rendering.files.values())


@pytest.mark.parametrize("target", NAMES)
def test_a_condition_on_content_is_a_severe_loss_but_for_continue(target: str) -> None:
    rendering = rendered(target)
    severities = [loss.severity for loss in rendering.losses if "Money" in loss.item]
    assert (severities == []) == (target == "continue")
    assert any("Decimal|amount" in text for text in rendering.files.values())


@pytest.mark.parametrize("target", NAMES)
def test_every_loss_says_what_and_why(target: str) -> None:
    for loss in rendered(target).losses:
        assert all(loss.as_json().values())
        assert loss.as_json().keys() == {"item", "field", "reason", "severity"}


def test_continue_gets_its_own_format_back() -> None:
    rendering = rendered("continue")
    (text,) = rendering.files.values()
    config = yamltext.parse(text).value
    assert rendering.losses == []
    assert config["models"][0]["apiKey"] == "${{ secrets.MODEL_KEY }}"
    assert config["rules"] == everything()["config"]["rules"]
    assert config["requestOptions"] == {"timeout": 9}
    assert all("sourceSlug" not in server for server in config["mcpServers"])


def test_claude_code() -> None:
    files = rendered("claude-code").files
    plugin = "plugins/helper"
    marketplace = json.loads(files[".claude-plugin/marketplace.json"])
    assert marketplace["plugins"][0]["source"] == "./plugins/helper"
    assert json.loads(files[f"{plugin}/.claude-plugin/plugin.json"])["version"] == "1.2.0"
    assert fields_of(files[".claude/rules/helper/style.md"]) == {"paths": ["**/*.py", "**/*.pyi"]}
    assert files[".claude/rules/helper/always.md"] == "Be brief.\n\n---\n\nAnd kind.\n"
    assert "$ARGUMENTS" in files[f"{plugin}/commands/review.md"]
    assert isinstance(fields_of(files[f"{plugin}/commands/review.md"])["argument-hint"], str)
    skill = fields_of(files[f"{plugin}/skills/rule-migrations/SKILL.md"])
    assert skill == {"name": "rule-migrations", "description": "When a table changes: see the guide"}
    servers = json.loads(files[f"{plugin}/.mcp.json"])["mcpServers"]
    assert servers["tickets"]["env"]["TICKETS_TOKEN"] == "${TICKETS_TOKEN}"
    assert servers["wiki"]["headers"] == {"Authorization": "Bearer ${WIKI_KEY}", "X-Team": "web"}
    assert (servers["wiki"]["type"], servers["old-feed"]["type"]) == ("http", "sse")


def test_cursor() -> None:
    files = rendered("cursor").files
    style = files[".cursor/rules/helper/style.mdc"]
    assert style.splitlines()[1:4] == [
        "description: How we write code",
        "globs: **/*.py,**/*.pyi",
        "alwaysApply: false",
    ]
    migrations = frontmatter.parse_rule(files[".cursor/rules/helper/migrations.mdc"], default_name="x")
    assert migrations["description"] == "When a table changes: see the guide"
    assert frontmatter.parse_rule(files[".cursor/rules/helper/always.mdc"], default_name="x")["alwaysApply"] is True
    by_hand = frontmatter.parse_rule(files[".cursor/rules/helper/by-hand.mdc"], default_name="x")
    assert by_hand == {"name": "x", "rule": "Only when asked.", "alwaysApply": False}
    servers = json.loads(files[".cursor/mcp.json"])["mcpServers"]
    assert servers["tickets"]["env"]["TICKETS_TOKEN"] == "${env:TICKETS_TOKEN}"
    assert servers["wiki"]["url"] == "https://wiki.example.com/mcp"


def test_vscode_copilot() -> None:
    files = rendered("vscode-copilot").files
    assert fields_of(files[".github/instructions/helper-style.instructions.md"])["applyTo"] == "**/*.py,**/*.pyi"
    assert fields_of(files[".github/instructions/helper-always.instructions.md"])["applyTo"] == "**"
    assert "applyTo" not in fields_of(files[".github/instructions/helper-migrations.instructions.md"])
    assert "${input:request:What to work on}" in files[".github/prompts/review.prompt.md"]
    config = json.loads(files[".vscode/mcp.json"])
    assert [(one["id"], one["password"]) for one in config["inputs"]] == [("tickets-token", True), ("wiki-key", True)]
    assert config["servers"]["tickets"]["env"]["TICKETS_TOKEN"] == "${input:tickets-token}"
    assert config["servers"]["here"] == {"type": "stdio", "command": "./tool", "cwd": "tools"}


def test_codex() -> None:
    rendering = rendered("codex")
    config = tomllib.loads(rendering.files[".codex/config.toml"])["mcp_servers"]
    assert config["tickets"]["env_vars"] == ["TICKETS_TOKEN"]
    assert config["tickets"]["env"] == {"TICKETS_URL": "https://tickets.example.com"}
    assert config["wiki"]["bearer_token_env_var"] == "WIKI_KEY"
    assert config["wiki"]["http_headers"] == {"X-Team": "web"}
    assert "old-feed" not in config
    assert lost(rendering)["server “Old feed”", "type"] == Severity.SEVERE
    assert "Applies to files that match `**/*.py`, `**/*.pyi`." in rendering.files["AGENTS.md"]


def test_codex_says_when_a_secret_cannot_be_filled_in() -> None:
    secret = "${{ secrets.acme/helper/acme/wiki/WIKI_KEY }}"
    servers = [
        {"name": "A", "command": "a", "args": ["--key", secret]},
        {"name": "B", "url": f"https://b.example/{secret}", "type": "streamable-http"},
        {"name": "C", "url": "https://c.example", "requestOptions": {"headers": {"X-Key": f"key {secret}"}}},
        {"name": "D", "command": "d", "env": {"D_KEY": secret, "D_URL": f"https://d/{secret}"}},
    ]
    rendering = rendered("codex", bundle(mcpServers=servers))
    config = tomllib.loads(rendering.files[".codex/config.toml"])["mcp_servers"]
    assert config.keys() == {"c", "d"}
    assert config["c"]["env_http_headers"] == {"X-Key": "WIKI_KEY"}
    assert config["d"]["env_vars"] == ["D_KEY", "D_URL"]
    assert {key: str(value) for key, value in lost(rendering).items()} == {
        ("server “A”", "args"): "severe",
        ("server “B”", "url"): "severe",
        ("server “C”", "headers.X-Key"): "minor",
        ("server “D”", "env.D_KEY"): "note",
        ("server “D”", "env.D_URL"): "minor",
        ("names", "name"): "note",
    }


def test_gemini() -> None:
    files = rendered("gemini").files
    manifest = json.loads(files["gemini-extension.json"])
    assert (manifest["name"], manifest["version"], manifest["contextFileName"]) == ("helper", "1.2.0", "GEMINI.md")
    assert [one["envVar"] for one in manifest["settings"]] == ["TICKETS_TOKEN", "WIKI_KEY"]
    assert manifest["mcpServers"]["wiki"]["httpUrl"] == "https://wiki.example.com/mcp"
    assert manifest["mcpServers"]["old-feed"]["url"] == "https://feed.example.com/sse"
    assert tomllib.loads(files["commands/review.toml"])["prompt"] == "Look at {{args}} closely.\n"


def test_opencode() -> None:
    rendering = rendered("opencode")
    config = json.loads(rendering.files["opencode.json"])
    assert all(path in rendering.files for path in config["instructions"] if not path.startswith("https"))
    assert "https://handbook.example.com/" in config["instructions"]
    assert config["mcp"]["tickets"]["command"] == ["npx", "-y", "@example/tickets@1.4.0"]
    assert config["mcp"]["wiki"]["headers"]["Authorization"] == "Bearer {env:WIKI_KEY}"
    assert config["model"] == "openai/our-model"
    assert config["provider"]["openai"]["options"] == {
        "baseURL": "https://models.example/v1",
        "apiKey": "{env:MODEL_KEY}",
    }
    assert ("model “Complete”", "roles") in lost(rendering)


def test_windsurf() -> None:
    rendering = rendered("windsurf")
    triggers = {
        path.rpartition("/")[2].removesuffix(".md"): fields_of(text)["trigger"]
        for path, text in rendering.files.items()
        if path.startswith(".windsurf/rules/")
    }
    assert triggers == {
        "helper-name-the-file-and-the-line": "always_on",
        "helper-style": "glob",
        "helper-money": "model_decision",
        "helper-migrations": "model_decision",
        "helper-by-hand": "manual",
        "helper-always": "always_on",
    }
    long = rendered("windsurf", bundle(rules=["a" * 12_001]))
    assert [loss.field for loss in long.losses] == ["length"]


@pytest.mark.parametrize("target", ["zed", "junie"])
def test_where_only_literals_are_read_the_place_is_marked(target: str) -> None:
    rendering = rendered(target)
    held = next(text for path, text in rendering.files.items() if path.endswith(".json"))
    assert "<TICKETS_TOKEN>" in held
    assert lost(rendering)["server “Tickets”", "secrets"] == Severity.SEVERE
    assert ("server “Old feed”", "secrets") not in lost(rendering)


def test_copilot_on_the_command_line() -> None:
    files = rendered("copilot-cli").files
    assert json.loads(files[".github/mcp.json"])["mcpServers"]["wiki"]["headers"]["X-Team"] == "web"
    assert fields_of(files[".github/skills/task-review/SKILL.md"])["name"] == "task-review"


def test_agents_md() -> None:
    rendering = rendered("agents-md")
    assert list(rendering.files) == ["AGENTS.md"]
    assert rendering.is_severe()
    assert rendering.files["AGENTS.md"].count("\n## ") == 6


def test_two_secrets_of_one_name_get_two_variables() -> None:
    document = bundle()
    document["secrets"] = [{"name": "KEY", "fqsn": f"acme/helper/{owner}/tool/KEY"} for owner in ("a", "b")]
    assert set(variables_of(document).values()) == {"A_TOOL_KEY", "B_TOOL_KEY"}
    config = bundle(mcpServers=[{"name": "T", "command": "t", "env": {"KEY": "${{ secrets.acme/helper/a/tool/KEY }}"}}])
    rendering = rendered("continue", {**config, "secrets": document["secrets"]})
    assert "secrets.A_TOOL_KEY" in next(iter(rendering.files.values()))
    assert len(rendering.losses) == 2


def test_names_that_collide_do_not_overwrite_each_other() -> None:
    rules = [
        {"name": "Ärger!", "rule": "1"},
        {"name": "ärger?", "rule": "2"},
        {"name": "规则", "rule": "3"},
        {"name": "...", "rule": "4"},
        {"name": "LPT0", "rule": "5"},
        *({"name": "x" * 70, "rule": f"{number}", "alwaysApply": False} for number in (6, 7)),
    ]
    for target in NAMES:
        rendering = rendered(target, bundle(rules=rules))
        told = "".join(rendering.files.values())
        assert all(str(number) in told for number in range(1, 8)), target
        assert unpack(zipped(rendering))


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    str.strip
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"name": texts, "rule": texts},
            optional={
                "description": texts,
                "globs": st.lists(texts, max_size=2),
                "alwaysApply": st.booleans(),
                "regex": texts,
            },
        ),
        max_size=4,
    ),
    st.sampled_from(NAMES),
)
def test_no_text_breaks_a_target_or_leaves_its_place(rules: list[dict[str, Any]], target: str) -> None:
    rendering = rendered(target, bundle(rules=rules))
    unpack(zipped(rendering)) if rendering.files else None
    for path, text in rendering.files.items():
        if path.endswith(".json"):
            json.loads(text)
        elif text.startswith("---\n") and not path.endswith(".mdc"):
            assert isinstance(fields_of(text), dict)


@given(
    st.recursive(
        st.text(max_size=12) | st.booleans() | st.integers(-9, 9),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    )
)
def test_toml_reads_back_what_was_written(value: Any) -> None:
    assert tomllib.loads(to_toml({"a key": {"x.y": value, "z": {}}})) == {"a key": {"x.y": value, "z": {}}}


def test_a_bundle_is_exported_over_rest(
    build_package: Callable[..., Any], build_assistant: Callable[..., Any], api: Callable[..., Any]
) -> None:
    build_package("style", "1.0.0")
    build_assistant("helper", "rules:\n  - uses: acme/style\n  - name: Odd\n    rule: Words.\n    regex: x\n")
    address = "assistants/acme/helper/bundle?target=cursor"
    answer = api("get", address)
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="helper-1.0.0-cursor.zip"'
    assert [file.path for file in unpack(answer.content).files] == [
        ".cursor-plugin/marketplace.json",
        ".cursor-plugin/plugin.json",
        ".cursor/rules/helper/odd.mdc",
        ".cursor/rules/helper/style.mdc",
    ]
    assert api("get", address, **{"If-None-Match": answer.headers["ETag"]}).status_code == 304
    body = api("get", f"{address}&format=json").json()
    assert [file["path"] for file in body["files"]] == sorted(file["path"] for file in body["files"])
    assert body["losses"] == [
        {
            "item": "rule “Odd”",
            "field": "regex",
            "reason": "Cursor has no condition on what a file holds; it is put in words.",
            "severity": "severe",
        },
        {
            "item": "names",
            "field": "name",
            "reason": "Cursor knows items by plain names, such as “odd” for “Odd”.",
            "severity": "note",
        },
    ]
    strict = api("get", f"{address}&strict=true")
    assert strict.status_code == 422
    assert strict.json()["losses"] == body["losses"]
    assert api("get", "assistants/acme/helper/bundle?target=continue&strict=1").status_code == 200
    for blank in ("", "%20"):
        assert api("get", f"assistants/acme/helper/bundle?target={blank}").status_code == 400
    unknown = api("get", "assistants/acme/helper/bundle?target=emacs")
    assert unknown.status_code == 400
    assert re.search("Use one of: continue, claude-code", unknown.json()["detail"])
