"""Bills of materials: valid, the same every time, and silent about what the reader may not see."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from hub.actors import Actor
from registry import bills
from registry.domain import dependencies, sbom
from registry.domain.dependencies import Dependencies, Dependency
from registry.models import Package, Release
from registry.services import packages, releases

MCP = "name: X\nversion: 1.0.0\nschema: v1\nmcpServers:\n  - name: X\n    command: {command}\n    args: {args}\n"
WHEN = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def checked(document: bytes) -> dict[str, Any]:
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(document.decode())
    assert error is None, error
    return dict(json.loads(document))


def described(**more: Any) -> sbom.Described:
    values: dict[str, Any] = {
        "package": "acme/x",
        "kind": "assistant",
        "version": "1.0.0",
        "digest": "sha256:" + "a" * 64,
    }
    return sbom.Described(**values | {"published_at": WHEN, "page": "https://hub.example/acme/x"} | more)


def of_config(content: dict[str, Any]) -> dict[str, Any]:
    return checked(sbom.document(described(), Dependencies(tuple(dependencies.of_config(content, "acme/x")))))


def purls(document: dict[str, Any]) -> list[str | None]:
    return sorted(str(one.get("purl")) for one in document["components"])


def test_what_servers_fetch_and_reach_and_which_models_answer() -> None:
    servers = [
        {"name": "a", "command": "npx", "args": ["-y", "@acme/server@1.2.3"]},
        {"name": "b", "command": "uvx", "args": ["some-server==2.0.0"]},
        {"name": "c", "command": "docker", "args": ["run", "-i", "registry.example/acme/tool@sha256:" + "b" * 64]},
        {"name": "d", "command": "uvx", "args": ["--from", "git+https://git.example/a/b@" + "c" * 40, "b"]},
        {"name": "e", "url": "https://tools.example/mcp?key=value#x"},
        {"name": "f", "url": "https://${{ inputs.HOST }}/mcp"},
        {"name": "g", "command": "python", "args": ["-m", "server"]},
    ]
    models = [
        {"name": "m", "provider": "openai", "model": "gpt-5.2"},
        {"name": "n", "provider": "ollama", "model": "qwen:7b"},
    ]
    document = of_config({"mcpServers": servers, "models": models})
    assert purls(document) == [
        "None", "None", "None", "pkg:npm/%40acme/server@1.2.3",
        "pkg:oci/tool@sha256:" + "b" * 64 + "?repository_url=registry.example/acme/tool", "pkg:pypi/some-server@2.0.0",
    ]  # fmt: skip
    assert [one["endpoints"] for one in document["services"]] == [["https://tools.example/mcp"]]
    kinds = {one["name"]: one["type"] for one in document["components"]}
    assert kinds["gpt-5.2"] == kinds["qwen"] == "machine-learning-model"
    assert kinds["tool"] == "container"


@pytest.mark.parametrize(
    "item",
    [
        {"command": "npx", "args": ["@scope/"]},
        {"command": "npx", "args": ["@"]},
        {"command": "npx", "args": ["a@1.2.3\u202e\x00\n"]},
        {"command": "docker", "args": ["run", "::::"]},
        {"command": "docker", "args": ["run", "/"]},
        {"command": "uvx", "args": ["==1.2.3"]},
        {"command": "npx", "args": ["a" * 5000]},
        {"url": "https://[::1/x"},
        {"url": "https://x.example/a b\u202ec%zz"},
        {"url": "https://user:word@x.example:99999999/"},
    ],
)
def test_odd_names_never_break_the_document(item: dict[str, Any]) -> None:
    document = of_config({"mcpServers": [{"name": "x", **item}], "models": [{"provider": "", "model": ":"}]})
    assert "word" not in json.dumps(document.get("services", []))


def test_the_same_release_gives_the_same_bytes() -> None:
    found = tuple(dependencies.of_config({"models": [{"provider": "openai", "model": "gpt-5.2"}]}, "acme/x"))
    first, second = (sbom.document(described(license="MIT"), Dependencies(found, hidden=2)) for _ in range(2))
    assert first == second
    document = checked(first)
    assert document["metadata"]["timestamp"] == "2026-01-02T03:04:05+00:00"
    assert {"name": "assistant-hub:hidden-dependencies", "value": "2"} in document["metadata"]["properties"]
    other = checked(sbom.document(described(digest="sha256:" + "b" * 64), Dependencies(found, hidden=2)))
    assert other["serialNumber"] != document["serialNumber"]


def test_what_is_needed_twice_is_listed_once() -> None:
    style = Dependency("package", "hub", "acme/style", "1.0.0", "sha256:" + "c" * 64, "rules[0]", "acme/x", "rule")
    document = checked(sbom.document(described(), Dependencies((style, style))))
    assert [one["name"] for one in document["components"]] == ["style"]


def test_an_assistant_depends_on_what_it_locked_and_on_what_that_needs(
    build_package: Callable[..., Package], build_assistant: Callable[..., Package], api: Any, owner: Actor
) -> None:
    server = build_package("server", kind="mcp-server")
    manifest = MCP.format(command="npx", args=["-y", "@acme/server@1.2.3"])
    releases.publish(by=owner, package=server, version="1.0.0", manifest=manifest)
    build_package("style", "1.0.0")
    build_assistant("helper", "rules:\n  - uses: acme/style\nmcpServers:\n  - uses: acme/server\n")
    answer = api("get", "packages/acme/helper/releases/latest/sbom")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/vnd.cyclonedx+json")
    document = checked(answer.content)
    style = Release.objects.get(package__name="style")
    [part] = [one for one in document["components"] if one["name"] == "style"]
    assert part["hashes"] == [{"alg": "SHA-256", "content": style.digest.removeprefix("sha256:")}]
    needs = {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}
    assert needs["acme/helper@1.0.0"] == ["acme/server@1.0.0", "acme/style@1.0.0"]
    assert needs["acme/server@1.0.0"] == ["program/npm/@acme/server@1.2.3"]
    again = api("get", "packages/acme/helper/releases/latest/sbom", **{"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_what_a_reader_may_not_see_is_counted_and_not_named(
    build_package: Callable[..., Package],
    build_assistant: Callable[..., Package],
    owner: Actor,
    stranger: Actor,
    member: Actor,
) -> None:
    style, build = build_package("style", "1.0.0"), build_assistant
    build("helper", "rules:\n  - uses: acme/style\n")
    release = Release.objects.select_related("package__namespace").get(package__name="helper")
    packages.update(by=owner, package=style, visibility="internal", summary="")
    seen, hidden = checked(bills.of_release(member, release)), bills.of_release(stranger, release)
    assert [one["name"] for one in seen["components"]] == ["style"]
    assert b"style" not in hidden
    assert {"name": "assistant-hub:hidden-dependencies", "value": "1"} in checked(hidden)["metadata"]["properties"]


def test_a_server_json_tells_of_every_way_to_start_it() -> None:
    document = {
        "packages": [
            {"registryType": "npm", "identifier": "@acme/server", "version": "1.2.3", "transport": {"type": "stdio"}},
            {"registryType": "oci", "identifier": "registry.example/acme/server:1.2", "transport": {"type": "stdio"}},
            {
                "registryType": "mcpb",
                "identifier": "https://x.example/a.mcpb",
                "fileSha256": "d" * 64,
                "transport": {"type": "stdio"},
            },
        ],
        "remotes": [{"type": "streamable-http", "url": "https://tools.example/mcp"}],
    }
    found = dependencies.of_release({}, document, "acme/x")
    assert [one.type for one in found] == ["program", "program", "program", "service"]
    made = checked(sbom.document(described(), Dependencies(tuple(found))))
    assert purls(made) == [
        "None", "pkg:npm/%40acme/server@1.2.3", "pkg:oci/server?repository_url=registry.example/acme/server&tag=1.2",
    ]  # fmt: skip
