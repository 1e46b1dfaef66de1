"""No secret is written out for any client, wherever a server, a model or a text asks for one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest

from assistants.targets import TARGETS, Rendering, Severity
from assistants.targets.parts import of_bundle, variables_of
from registry.domain import literals, templates
from tests.support.environment import ROOT
from tests.targets.building import bundle, everything

NAMES = tuple(TARGETS)
# Every place in which a manifest may name a secret; each gets one of its own.
PLACES = (
    "env", "arg", "command", "cwd", "url", "header", "bearer", "key", "option", "cert", "model_key", "model_base", "model_header",
    "data_key", "data_header", "docs", "context", "rule", "rule_description", "prompt", "prompt_description", "every_header",
)  # fmt: skip


def fqsn(place: str) -> str:
    return f"acme/helper/acme/pack/{place.upper()}_SECRET"


def asked(place: str) -> str:
    return f"${{{{ secrets.{fqsn(place)} }}}}"


def everywhere() -> dict[str, Any]:
    """A bundle that asks for a secret wherever one can."""
    document = bundle(
        rules=[{"name": "R", "rule": f"Text {asked('rule')}.", "description": f"About {asked('rule_description')}", "alwaysApply": False}],
        prompts=[{"name": "P", "prompt": f"Do {asked('prompt')}.", "description": f"With {asked('prompt_description')}"}],
        mcpServers=[
            {"name": "In env", "command": "a", "env": {"IN_ENV": asked("env")}},
            {"name": "In args", "command": f"b{asked('command')}", "args": ["--key", asked("arg")], "cwd": f"d/{asked('cwd')}"},
            {"name": "In url", "url": f"https://a.example/{asked('url')}/mcp?key={asked('url')}"},
            {
                "name": "In headers", "url": "https://b.example/mcp",
                "requestOptions": {
                    "headers": {"Authorization": f"Bearer {asked('bearer')}", "X-Key": f"v1 {asked('header')}"},
                    "proxy": f"http://u:{asked('option')}@proxy.example", "clientCertificate": {"cert": "c", "key": "k", "passphrase": asked("cert")},
                },
            },
            {"name": "In key", "url": "https://c.example/mcp", "type": "sse", "apiKey": asked("key")},
        ],
        models=[
            {
                "name": "M", "provider": "openai", "model": "m", "apiKey": asked("model_key"), "apiBase": f"https://m.example/{asked('model_base')}",
                "requestOptions": {"headers": {"X-Key": asked("model_header")}},
            }
        ],
        docs=[{"name": "D", "startUrl": f"https://d.example/?key={asked('docs')}"}],
        data=[
            {
                "name": "E", "destination": "https://e.example", "schema": "0.2.0", "apiKey": asked("data_key"),
                "requestOptions": {"headers": {"X-Key": asked("data_header")}},
            }
        ],
        context=[{"provider": "http", "params": {"url": f"https://x.example/{asked('context')}"}}],
        requestOptions={"headers": {"X-Every": asked("every_header")}},
    )  # fmt: skip
    document["secrets"] = [{"name": fqsn(place).rpartition("/")[2], "fqsn": fqsn(place)} for place in PLACES]
    return document


def rendered(target: str) -> Rendering:
    return TARGETS[target].render(of_bundle(everywhere()))


def test_the_bundle_asks_in_every_place() -> None:
    assert templates.names(everywhere()["config"], templates.SECRETS) == {fqsn(place) for place in PLACES}


@pytest.mark.parametrize("target", NAMES)
def test_no_file_has_the_hubs_name_of_a_secret_or_anything_like_a_credential(target: str) -> None:
    rendering = rendered(target)
    for path, text in rendering.files.items():
        assert "acme/pack" not in text, path
        assert literals.in_text(text, path) == []


# How each client is told of a variable in its settings. What is matched is taken away; no name of a secret may be left.
# Codex and Gemini also list the names by themselves. Texts for people and models keep what was written.
SPELLED = {
    "continue": r"\$\{\{ secrets\.NAME \}\}",
    "claude-code": r"\$\{NAME\}",
    "cursor": r"\$\{env:NAME\}",
    "vscode-copilot": r"\$\{input:NAME\}|\"(?:id|description)\": \"NAME\"",
    "copilot-cli": r"\$\{NAME\}",
    "codex": r"(?:bearer_token_env_var|X-Key) = \"NAME\"|env_vars = \[\"IN_ENV\"\]",
    "gemini": r"\$\{NAME\}|\"(?:name|envVar)\": \"NAME\"|The secret NAME\b",
    "opencode": r"\{env:NAME\}",
    "windsurf": r"\$\{env:NAME\}",
    "zed": r"<NAME>",
    "junie": r"<NAME>",
    "agents-md": r"NAME",
}
TEXT = r"\$\{\{ secrets\.NAME \}\}"
NAME = r"[A-Za-z][A-Za-z_-]*[_-](?:SECRET|secret)"


@pytest.mark.parametrize("target", NAMES)
def test_a_secret_stands_only_where_the_client_fills_it_in(target: str) -> None:
    for path, text in rendered(target).files.items():
        is_text = path.endswith((".md", ".mdc", ".rules")) or path.startswith("commands/")
        pattern = TEXT if is_text else SPELLED[target]
        left = re.sub(pattern.replace("NAME", NAME), "", text)
        assert re.search("secret", left.replace("secrets.", ""), re.IGNORECASE) is None, (path, left)


@pytest.mark.parametrize("target", NAMES)
def test_what_cannot_be_filled_in_is_said(target: str) -> None:
    rendering = rendered(target)
    told = {(loss.item, loss.field): loss.severity for loss in rendering.losses}
    if target != "continue":
        assert {("rule “R”", "secrets"), ("prompt “P”", "secrets")} <= told.keys()
        assert "requestOptions" in {item for item, _ in told}
    if target in ("zed", "junie"):
        assert all(
            told[f"server “{name}”", "secrets"] == Severity.SEVERE
            for name in ("In env", "In args", "In url", "In headers", "In key")
        )
    # A secret that is in no file and in no loss would be one that is never asked for.
    held = "\n".join(rendering.files.values()).lower().replace("-", "_")
    for place, item in (
        ("env", "In env"),
        ("arg", "In args"),
        ("url", "In url"),
        ("header", "In headers"),
        ("bearer", "In headers"),
        ("key", "In key"),
    ):
        is_lost = any(f"server “{item}”" == lost for lost, _ in told)
        assert f"{place}_secret" in held or is_lost, place


def test_no_two_secrets_share_a_variable() -> None:
    names = ["x/h/a/tool/KEY", "x/h/b/tool/KEY", "x/h/p/q/A_TOOL_KEY", "x/h/a/to-ol/K", "x/h/a-to/ol/K", "x/h/a/z/1K"]
    variables = variables_of({"secrets": [{"fqsn": name} for name in names]})
    assert len(set(variables.values())) == len(names)
    assert all(re.fullmatch("[A-Z][A-Z0-9_]*", one) for one in variables.values())
    # One package that is used through two others asks for one secret.
    twice = variables_of(
        {"secrets": [{"fqsn": name} for name in ("x/h/a/tool/KEY", "x/h/other/pack/a/tool/KEY", "x/h/b/tool/KEY")]}
    )
    assert sorted(set(twice.values())) == ["A_TOOL_KEY", "B_TOOL_KEY"]


PRINT = """
import hashlib, json, sys
from assistants.targets import TARGETS
from assistants.targets.packing import zipped
from assistants.targets.parts import of_bundle
for document in json.load(sys.stdin):
    for name, target in TARGETS.items():
        made = target.render(of_bundle(document))
        print(name, hashlib.sha256(zipped(made) + repr(made.as_json()).encode()).hexdigest())
"""


def test_every_process_writes_the_same_bytes() -> None:
    documents = json.dumps([everything(), everywhere()])
    answers = set()
    for seed in ("0", "1", "2", "4711"):
        done = subprocess.run(
            [sys.executable, "-c", PRINT], input=documents, capture_output=True, text=True, check=True, cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": seed},
        )  # fmt: skip
        assert len(done.stdout.splitlines()) == 2 * len(TARGETS)
        answers.add(done.stdout)
    assert len(answers) == 1
