"""What MCP servers fetch to run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.launchers import Needed, needed

DIGEST = "sha256:" + "0" * 64
COMMIT = "0" * 40


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("npx -y @acme/server@1.2.3 --flag", Needed("npm", "@acme/server", "1.2.3", True)),
        ("npx server", Needed("npm", "server")),
        ("npx -y server@latest", Needed("npm", "server", "latest")),
        ("npx --package=server@2.0.0 run-it", Needed("npm", "server", "2.0.0", True)),
        ("C:\\node\\npx.cmd server@^1.0", Needed("npm", "server", "^1.0")),
        ("pnpm dlx server@1.0.0", Needed("npm", "server", "1.0.0", True)),
        ("uvx server==1.0.0", Needed("pypi", "server", "1.0.0", True)),
        ("uvx server@1.0.0", Needed("pypi", "server", "1.0.0", True)),
        ("uvx --python 3.13 --from server[extra]>=1 run-it", Needed("pypi", "server", ">=1")),
        ("uv tool run server", Needed("pypi", "server")),
        (f"uvx --from git+https://git.example/x@{COMMIT} x", Needed("git", "https://git.example/x", COMMIT, True)),
        ("uvx --from git+https://git.example/x x", Needed("git", "https://git.example/x")),
        ("pipx run server", Needed("pypi", "server")),
        ("docker run -i --rm -e KEY acme/server:1.0", Needed("oci", "acme/server", "1.0")),
        (f"docker run host:5000/acme/server@{DIGEST}", Needed("oci", "host:5000/acme/server", DIGEST, True)),
    ],
)
def test_command_lines_are_read(command: str, found: Needed) -> None:
    program, *args = command.split()
    assert needed({"mcpServers": [{"name": "x", "command": program, "args": args}]}) == [found]


@pytest.mark.parametrize("command", ["node server.js", "docker compose up", "npx", "npx -y", "python -m server", ""])
def test_what_fetches_nothing_that_can_be_named_is_left_out(command: str) -> None:
    program, *args = command.split() or [""]
    assert needed({"mcpServers": [{"command": program, "args": args}]}) == []


def test_a_server_document_says_it_itself() -> None:
    document = {
        "packages": [
            {"registryType": "npm", "identifier": "@acme/server", "version": "1.0.0"},
            {"registryType": "oci", "identifier": "ghcr.example/acme/server", "version": "1.0.0"},
        ],
        "remotes": [{"type": "streamable-http", "url": "https://user@mcp.example/mcp"}],
    }
    assert needed({"mcpServers": [{"command": "npx", "args": ["other"]}]}, document) == [
        Needed("npm", "@acme/server", "1.0.0", True),
        Needed("oci", "ghcr.example/acme/server", "1.0.0"),
        Needed("remote", "mcp.example"),
    ]


@given(st.lists(st.text(max_size=20), max_size=6), st.sampled_from(["npx", "uvx", "docker", "uv", "podman", "x"]))
def test_no_command_line_is_too_odd(args: list[Any], command: str) -> None:
    for verb in ([], ["run"], ["tool", "run"]):
        needed({"mcpServers": [{"command": command, "args": [*verb, *args]}]})
