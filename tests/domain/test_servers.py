from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from registry.domain import inputs, manifests
from registry.domain.faults import ManifestInvalid
from registry.domain.servers import deriving, describing, reading, rendering
from registry.kinds import KINDS

SHARED = Path(__file__).resolve().parents[3] / "shared"
OFFICIAL = SHARED / "contracts" / "schemas" / "server-2025-12-11.schema.json"
CORPUS = SHARED / "corpus" / "mcp-servers" / "server-json"
THERE = OFFICIAL.is_file() or os.environ.get("CI") == "true"

SERVER: dict[str, Any] = {
    "$schema": reading.FORMAT,
    "name": "com.example/tickets",
    "description": "Reads and writes tickets",
    "version": "1.4.0",
    "packages": [
        {
            "registryType": "npm",
            "identifier": "@example/tickets",
            "version": "1.4.0",
            "transport": {"type": "stdio"},
            "environmentVariables": [
                {"name": "TICKETS_TOKEN", "isSecret": True, "isRequired": True, "description": "A token"},
                {"name": "TICKETS_PROJECT", "isRequired": True},
                {"name": "TICKETS_URL", "default": "https://tickets.example.com"},
                {"name": "TICKETS_DEBUG"},
            ],
            "packageArguments": [
                {"type": "named", "name": "--mode", "value": "read"},
                {"type": "positional", "valueHint": "folder", "isRequired": True},
            ],
        }
    ],
}
REMOTE: dict[str, Any] = {
    "name": "com.example/tickets",
    "title": "Tickets",
    "description": "Reads and writes tickets",
    "version": "1.4.0",
    "remotes": [
        {
            "type": "streamable-http",
            "url": "https://{tenant}.example.com/mcp",
            "variables": {"tenant": {"isRequired": True}},
            "headers": [
                {
                    "name": "Authorization",
                    "value": "Bearer {token}",
                    "variables": {"token": {"isSecret": True, "isRequired": True}},
                },
                {"name": "X-Region", "default": "eu", "choices": ["eu", "us"]},
            ],
        }
    ],
}


def changed(path: str, value: Any, of: dict[str, Any] = SERVER) -> str:
    """The server with one value changed, or taken out where it is None."""
    made = copy.deepcopy(of)
    *steps, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    inner: Any = made
    for step in steps:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(made, indent=2)


def item_of(server: dict[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = reading.read(json.dumps(server), "tickets").value["mcpServers"][0]
    return item


def test_a_package_becomes_a_command() -> None:
    assert item_of(SERVER) == {
        "name": "tickets",
        "command": "npx",
        "args": ["-y", "@example/tickets@1.4.0", "--mode", "read", "${{ inputs.FOLDER }}"],
        "env": {
            "TICKETS_TOKEN": "${{ secrets.TICKETS_TOKEN }}",
            "TICKETS_PROJECT": "${{ inputs.TICKETS_PROJECT }}",
            "TICKETS_URL": "https://tickets.example.com",
        },
    }


def test_a_remote_becomes_an_address_with_headers() -> None:
    assert item_of(REMOTE) == {
        "name": "Tickets",
        "type": "streamable-http",
        "url": "https://${{ inputs.TENANT }}.example.com/mcp",
        "requestOptions": {"headers": {"Authorization": "Bearer ${{ secrets.TOKEN }}", "X-Region": "eu"}},
    }


def test_what_is_left_out_is_said() -> None:
    found = reading.read(json.dumps(SERVER | {"remotes": REMOTE["remotes"]}), "tickets")
    words = [fault.message for fault in found.warnings]
    assert any("first of 2 ways" in one for one in words)
    assert "TICKETS_DEBUG" in reading.read(json.dumps(SERVER), "tickets").warnings[0].message
    assert found.secrets == ("TOKEN",)
    assert found.inputs == ("TENANT",)
    assert found.document is not None
    assert found.document["packages"] == SERVER["packages"]


@pytest.mark.parametrize(
    ("registry", "package", "command"),
    [
        ("pypi", {"identifier": "tickets-mcp", "version": "2.0"}, "uvx tickets-mcp==2.0"),
        ("nuget", {"identifier": "Tickets.Mcp", "version": "2.0"}, "dnx Tickets.Mcp@2.0 --yes"),
        ("oci", {"identifier": "ghcr.io/example/tickets:2.0"}, "docker run -i --rm ghcr.io/example/tickets:2.0"),
        ("oci", {"identifier": "ghcr.io/example/tickets", "version": "2.0"}, "docker run -i --rm ghcr.io/example/tickets:2.0"),
        (
            "npm",
            {"identifier": "t", "version": "2.0", "registryBaseUrl": "https://packages.corp.example/js"},
            "npx -y --registry https://packages.corp.example/js t@2.0",
        ),
    ],
)  # fmt: skip
def test_each_registry_has_its_program(registry: str, package: dict[str, str], command: str) -> None:
    packages = [{"registryType": registry, "transport": {"type": "stdio"}, **package}]
    item = item_of({**SERVER, "packages": packages})
    assert " ".join([item["command"], *item["args"]]) == command


BAD: list[tuple[str, str]] = [
    ("{", "This is not JSON"),
    ("{\n  'name': 1}", "server.json:2:3: This is not JSON"),
    ("[]", "object"),
    (changed("name", None), "“name” is missing"),
    (changed("name", "no-slash"), "“name” is not written as the format asks"),
    (changed("description", "d" * 101), "longer than 100 characters"),
    (changed("version", "latest"), "not an exact version"),
    (changed("version", "^1.2"), "not an exact version"),
    (changed("version", "1.x"), "not an exact version"),
    (changed("version", ">=1.0.0"), "not an exact version"),
    (changed("version", "1.0 || 2.0"), "not an exact version"),
    (changed("version", "${VERSION}"), "a variable that nobody filled in"),
    (changed("packages.0.version", "${VERSION}"), "a variable that nobody filled in"),
    (changed("packages.0.version", "latest"), "not an exact version"),
    (changed("packages.0.version", None), "has no version"),
    (changed("packages.0.transport", None), "“transport” is missing"),
    (changed("packages.0.transport.type", "carrier-pigeon"), "Use one of: stdio"),
    (changed("packages.0.environmentVariables.0.value", "hunter2hunter2"), "A secret has its “value” written out"),
    (changed("packages.0.environmentVariables.0.default", "x"), "A secret has its “default” written out"),
    (changed("packages", []), "No client could start this server"),
    (changed("remotes.0.url", "ftp://x", REMOTE), "“url” is not written as the format asks"),
    (changed("packages.0", {"registryType": "oci", "identifier": "a/b", "transport": {"type": "stdio"}}), "has no tag"),
]


@pytest.mark.parametrize(("text", "words"), BAD)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    read = KINDS["mcp-server"].read if text != "[]" else reading.read
    with pytest.raises(ManifestInvalid) as refused:
        read(text, "tickets")
    assert words in str(refused.value)


def test_a_place_is_told_by_line_and_column() -> None:
    with pytest.raises(ManifestInvalid) as refused:
        reading.read(changed("packages.0.version", "latest"), "tickets")
    (fault,) = refused.value.faults
    text = changed("packages.0.version", "latest").splitlines()
    assert '"latest"' in text[fault.place.line - 1]
    assert fault.file == "server.json"


def test_a_known_secret_anywhere_is_refused_and_not_repeated() -> None:
    secret = "ghp_" + "a1B2" * 9
    with pytest.raises(ManifestInvalid) as refused:
        reading.read(changed("packages.0.environmentVariables.2.default", secret), "tickets")
    assert secret not in str(refused.value)


@pytest.mark.skipif(not THERE, reason="NOT RUN: the schema is not beside the project")
@pytest.mark.parametrize("server", [SERVER, REMOTE, SERVER | {"remotes": REMOTE["remotes"]}])
def test_what_the_hub_takes_the_official_schema_takes_too(server: dict[str, Any]) -> None:
    reading.read(json.dumps(server), "tickets")
    assert list(Draft7Validator(json.loads(OFFICIAL.read_text())).iter_errors(server)) == []


@pytest.mark.skipif(not THERE, reason="NOT RUN: the schema is not beside the project")
@pytest.mark.parametrize(("text", "words"), [one for one in BAD if "missing" in one[1] or "longer" in one[1]])
def test_what_the_official_schema_refuses_the_hub_refuses_too(text: str, words: str) -> None:
    assert list(Draft7Validator(json.loads(OFFICIAL.read_text())).iter_errors(json.loads(text)))


@pytest.mark.skipif(not THERE, reason="NOT RUN: the corpus is not beside the project")
def test_real_files_are_read_and_the_unexpanded_one_is_refused() -> None:
    outcomes = {}
    for file in sorted(CORPUS.glob("*.json")):
        try:
            found = reading.read(file.read_text(), "server")
        except ManifestInvalid as error:
            outcomes[file.name] = str(error.faults[0].message)
        else:
            outcomes[file.name] = "read"
            assert found.document == json.loads(file.read_text())
    assert len(outcomes) == 4
    *read, refused = sorted(outcomes.values())
    assert read == ["read"] * 3
    assert "variable that nobody filled in" in refused


CONFIGS = {
    "npx": ("command: npx\n    args: [-y, '@a/b@1.2.3', --flag]", "npm"),
    "uvx": ("command: uvx\n    args: ['tickets==1.0', serve]", "pypi"),
    "docker": ("command: docker\n    args: [run, -i, --rm, -e, KEY, 'ghcr.io/a/b:1.0']\n    env:\n      KEY: ${{ secrets.KEY }}", "oci"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_is_given_a_server_json_that_leads_back_to_it(name: str) -> None:
    body, registry = CONFIGS[name]
    text = f"name: T\nversion: 1.0.0\nschema: v1\nmcpServers:\n  - name: T\n    {body}\n"
    found = KINDS["mcp-server"].read(text, "t")
    assert found.document is not None
    assert found.document["packages"][0]["registryType"] == registry
    document = found.document | {"name": "acme/t", "version": "1.0.0"}
    assert rendering.render(document).item == found.value["mcpServers"][0]


def test_a_remote_config_is_given_a_server_json_that_leads_back_to_it() -> None:
    text = (
        "name: T\nversion: 1.0.0\nschema: v1\nmcpServers:\n  - name: T\n    type: sse\n    url: https://x.example/${{ inputs.ROOM }}\n"
        "    requestOptions:\n      headers:\n        Authorization: Bearer ${{ secrets.KEY }}\n"
    )
    found = KINDS["mcp-server"].read(text, "t")
    assert found.document is not None
    assert rendering.render(found.document | {"name": "acme/t"}).item == found.value["mcpServers"][0]


@pytest.mark.parametrize("body", ["command: ./run.sh", "command: npx\n    args: [tickets]", "command: uvx\n    args: [--from, git+https://x, y]"])  # fmt: skip
def test_a_program_that_the_format_cannot_name_has_no_server_json(body: str) -> None:
    text = f"name: T\nversion: 1.0.0\nschema: v1\nmcpServers:\n  - name: T\n    {body}\n"
    assert KINDS["mcp-server"].read(text, "t").document is None


def test_what_a_server_json_says_of_its_inputs_is_declared() -> None:
    server = copy.deepcopy(REMOTE)
    server["remotes"][0]["variables"]["tenant"] |= {"description": "Whose tickets.", "choices": ["acme", "corp"]}
    found = reading.read(json.dumps(server), "tickets")
    assert inputs.read(found.value["inputs"]) == (
        inputs.Input("TENANT", description="Whose tickets.", choices=("acme", "corp")),
    )
    server["remotes"][0]["variables"]["tenant"] = {"isRequired": True, "format": "number"}
    assert reading.read(json.dumps(server), "tickets").value["inputs"] == {"TENANT": {"type": "number"}}
    assert "inputs" not in reading.read(json.dumps(REMOTE), "tickets").value


def test_people_are_told_what_a_server_asks_for() -> None:
    remote, package = describing.ways(SERVER | {"remotes": REMOTE["remotes"]})
    assert (remote.kind, [one.name for one in remote.asked]) == ("remote", ["tenant", "token", "X-Region"])
    assert [one.name for one in package.asked if one.is_secret] == ["TICKETS_TOKEN"]
    assert [one.place for one in package.asked] == ["variable"] * 4 + ["argument"]
    assert describing.ways({}) == []


def test_a_fault_of_many_is_each_told() -> None:
    with pytest.raises(ManifestInvalid) as refused:
        reading.read('{"name": "x", "version": "latest"}', "x")
    assert len(refused.value.faults) >= 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*SERVER, "type", "url", "isSecret", "value", "registryType"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*SERVER, "remotes", "title"]), json_values))
def test_no_json_breaks_the_reading(extra: dict[str, Any]) -> None:
    try:
        reading.read(json.dumps(SERVER | extra), "tickets")
    except ManifestInvalid as error:
        assert error.faults


def test_the_derived_document_is_one_that_the_hub_would_take() -> None:
    item = {"name": "T", "command": "npx", "args": ["-y", "t@1.0.0"]}
    document = deriving.document("acme/t", "1.0.0", "Tickets", item)
    assert document is not None
    assert isinstance(reading.read(json.dumps(document), "t"), manifests.Manifest)
