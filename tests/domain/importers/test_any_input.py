"""Importers refuse; they never fail, whatever the bytes are. And what they write reads back as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain import slugs
from registry.domain import yamltext
from registry.importers import IMPORTERS, Candidate, Refusal, Source, read, settled
from registry.importers.naming import slug
from registry.importers.writing import yaml

PATHS = [
    "a.mdc",
    "a.instructions.md",
    "a.prompt.md",
    "a.agent.md",
    "s/SKILL.md",
    "AGENTS.md",
    ".windsurf/rules/a.md",
    ".continue/rules/a.md",
    ".continue/config.yaml",
    ".continue/mcpServers/a.json",
    ".mcp.json",
    "server.json",
    "seed.json",
    "server.yaml",
]
TEXTS = st.text(max_size=40)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
KEYS = TEXTS | st.sampled_from(
    "name version schema models rules mcpServers servers inputs packages remotes command args env url headers type about"
    " image config description applyTo globs trigger mcp-servers tools model version_detail registry_name prompts".split()
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5))


def check(path: str, content: bytes) -> None:
    source = Source(path, content)
    found = list(read([source]))
    for one in found:
        assert isinstance(one, Candidate | Refusal)
        if isinstance(one, Candidate):
            slugs.check_package_name(one.name)
            assert one.digest.startswith("sha256:")
        else:
            assert one.reason
            assert one.line >= 1
    # Also by those who would not have been asked.
    for importer in IMPORTERS.values():
        importer.claims(source)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PATHS), st.binary(max_size=200))
def test_any_bytes(path: str, content: bytes) -> None:
    check(path, content)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PATHS), VALUES)
def test_any_json(path: str, value: Any) -> None:
    check(path, json.dumps(value).encode())


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PATHS), st.dictionaries(KEYS, VALUES, max_size=6), TEXTS)
def test_any_front_matter(path: str, fields: dict[str, Any], body: str) -> None:
    check(path, f"---\n{json.dumps(fields)}\n---\n{body}".encode("utf-8", "surrogatepass"))
    lines = "\n".join(f"{key}: {json.dumps(value)}" for key, value in fields.items())
    check(path, f"---\n{lines}\n---\n{body}\n".encode("utf-8", "surrogatepass"))
    check(path, lines.encode("utf-8", "surrogatepass"))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_servers(entries: dict[str, Any]) -> None:
    for key in ("mcpServers", "servers"):
        check(".mcp.json", json.dumps({key: entries, "inputs": list(entries.values())}).encode())
    check(
        "seed.json",
        json.dumps(
            [{"version_detail": {}, "name": "a/b", **one} for one in entries.values() if isinstance(one, dict)]
        ).encode(),
    )
    check("server.yaml", ("type: server\nabout: {}\n" + json.dumps(entries)).encode())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbf",
        b"\xff\xfea\x00",
        b"---\n",
        b"---\n---\n",
        b"---\r\nname: x\r\n---\r\ntext\r\n",
        b"[" * 100_000,
        b'{"mcpServers":' * 5_000,
        b'{"name":' + b"9" * 10_000 + b"}",
        b"name: " + b"9" * 10_000,
        b"a: &a [x]\nb: [*a, *a]\n" + b"c: {" * 500,
        b"name: x\0y\n",
        b"\x00" * 1000,
        b"x" * 300_000,
        b'{"mcpServers": {"a": NaN}}',
        b'{"mcpServers": {"a": {"command": "\\ud800"}}}',
        b'[{"version_detail": 1, "name": [1]}, 5, null, "x"]',
        b'{"servers": {"": {"url": "http://["}}}',
    ],
    ids=range(18),
)
def test_known_traps(path: str, content: bytes) -> None:
    check(path, content)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=8),
        st.recursive(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t:#-'\"|>&* "), max_size=30)
            | st.booleans()
            | st.integers(-1000, 1000),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(st.characters(categories=["L"]), min_size=1, max_size=6), inner, max_size=3)
            ),
        ),
        max_size=4,
    )
)
def test_what_is_written_reads_back(value: dict[str, Any]) -> None:
    if value:
        assert yamltext.parse(yaml(value)).value == value


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=150))
def test_any_text_has_a_name(text: str) -> None:
    assert slugs.check_package_name(slug(text)) == slug(text)


NAMES = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(["x1", "x2"]), st.sampled_from(["py", "go"])),
    unique_by=lambda one: one[:2],
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(NAMES, st.randoms())
def test_names_are_different_and_do_not_depend_on_order(entries: list[tuple[str, str, str]], random: Any) -> None:
    files = [Candidate(path, "rule", name, "", item=item, importer="cursor") for path, item, name in entries]
    shuffled = list(files)
    random.shuffle(shuffled)
    names = {(one.path, one.item): one.name for one in settled(files, {})}
    assert len(set(names.values())) == len(files)
    assert {(one.path, one.item): one.name for one in settled(shuffled, {})} == names
    # Told what they were called, they stay so, also when others are gone.
    again = settled(files[::2], names)
    assert all(names[one.path, one.item] == one.name for one in again)
