"""Credentials never get into what an importer gives."""

from __future__ import annotations

import json

import pytest

from registry.importers import Candidate, Source, credentials, read

GITHUB = "ghp_" + "a1B2" * 9
PLAIN = "correct-horse-battery"
RANDOM = "k3J9x8Qw7Lz2Mn5Vb1"


@pytest.mark.parametrize(
    "entry",
    [
        {"command": "x", "env": {"API_KEY": PLAIN}},
        {"command": "x", "env": {"apiToken": PLAIN}},
        {"command": "x", "env": {"DB_PASSWORD": PLAIN}},
        {"command": "x", "env": {"ANYTHING": GITHUB}},
        {"command": "x", "env": {"ANYTHING": RANDOM}},
        {"command": "x", "env": {"STORE": f"postgres://admin:{PLAIN}@db.example/app"}},
        {"command": "x", "env": {"HEADERS": f"Authorization=Bearer {RANDOM}"}},
        {"command": "x", "args": ["--api-key", PLAIN]},
        {"command": "x", "args": [f"--token={PLAIN}"]},
        {"command": "docker", "args": ["run", "-e", f"SECRET_KEY={PLAIN}", "image"]},
        {"command": "npx", "args": ["mcp-remote", "https://x.example", "--header", f"Authorization: Bearer {PLAIN}"]},
        {"command": "npx", "args": ["mcp-remote", "https://x.example", "--header", f"X-Api-Key:{PLAIN}"]},
        {"command": "psql", "args": [f"postgresql://u:{PLAIN}@h/db"]},
        {"url": f"https://x.example/mcp?api_key={PLAIN}"},
        {"url": f"https://u:{PLAIN}@x.example/mcp"},
        {"url": f"https://x.example/{RANDOM}/mcp"},
        {"url": "https://x.example", "headers": {"Authorization": f"Bearer {PLAIN}"}},
        {"url": "https://x.example", "headers": {"X-Api-Key": PLAIN}},
        {"url": "https://x.example", "apiKey": PLAIN},
        {"command": "x", "oauth": {"clientSecret": PLAIN}, "env": {}},
        {"command": "x", "env": {"A": "ok", "KEY": f"${{KEY:-{PLAIN}}}"}},
    ],
)
def test_a_secret_is_declared_and_not_kept(entry: dict[str, object]) -> None:
    [found] = list(read([Source(".mcp.json", json.dumps({"mcpServers": {"srv": entry}}).encode())]))
    assert isinstance(found, Candidate)
    told = found.manifest + " ".join(found.losses) + found.readme + found.summary
    assert not any(secret in told for secret in (PLAIN, GITHUB, RANDOM))
    assert "${{ secrets." in found.manifest or "oauth" in entry


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "debug"),
        ("PORT", "8080"),
        ("URL", "https://api.example/v1"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/home/me/key.json"),
        ("AUTH", "true"),
        ("MAX_TOKENS", "4096"),
        ("TOKEN_FILE", "./secrets/token"),
        ("PATH_TO", "${workspaceFolder}/data"),
        ("REF", "git+https://github.com/a/b@0123456789abcdef0123456789abcdef01234567"),
    ],
)
def test_what_is_no_secret_stays(name: str, value: str) -> None:
    assert credentials.clean_value(name, value, {}) == value


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("${TOKEN}", "${{ secrets.TOKEN }}"),
        ("${env:TOKEN}", "${{ secrets.TOKEN }}"),
        ("${TOKEN:-abc}", "${{ secrets.TOKEN }}"),
        ("{env:TOKEN}", "${{ secrets.TOKEN }}"),
        ("$TOKEN", "${{ secrets.TOKEN }}"),
        ("${OAUTH2TOKEN}", "${{ secrets.OAUTH2TOKEN }}"),
        ("${myToken}", "${{ secrets.MY_TOKEN }}"),
        ("${input:a-key}", "${{ secrets.A_KEY }}"),
        ("${input:open}", "${{ inputs.OPEN }}"),
        ("${{ secrets.TOKEN }}", "${{ secrets.TOKEN }}"),
        ("${workspaceFolder}/x", "${workspaceFolder}/x"),
        ("${CLAUDE_PLUGIN_ROOT}/x", "${CLAUDE_PLUGIN_ROOT}/x"),
        ("costs $5", "costs $5"),
    ],
)
def test_variables_of_clients_become_the_hubs(text: str, wanted: str) -> None:
    assert credentials.with_variables(text, {"open": False}) == wanted
