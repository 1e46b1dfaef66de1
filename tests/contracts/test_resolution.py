"""Our resolution against the reference's `unrollAssistantFromContent`, on generated assistants.

Ranges are ours alone, so the reference gets the manifest in which they are pinned. Secrets stay variables on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain import schema
from registry.domain.faults import ManifestInvalid
from tests.domain.building import IDENTITY, Published, config_of, faults_of, manifest, model, places, resolve, single
from tests.support.node import Oracle

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    with Oracle() as running:
        yield running


def unrolled(oracle: Oracle, text: str, registry: dict[str, Published]) -> dict[str, Any]:
    """What the reference makes of an assistant, without sections that are empty."""
    texts = {name: dict(package.texts) for name, package in registry.items()}
    answer = oracle.ask("unroll", id=IDENTITY, content=text, packages=texts, orgScopeId="ORG")
    assert answer["errors"] == []
    return without_empty(answer["config"])


def without_empty(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if value not in ([], None)}


# --- Generated registries and assistants -----------------------------------------------------------------------------

names = st.sampled_from(["A", "b", "two words", "ünï", "yes", "010"])
texts = st.sampled_from(
    ["plain", "with: colon", "- dash", "# hash", "tab\tin", "two\nlines\n", "quote \" ' \\", "${{ secrets.S }}", "{a: b}"]
)
keys = st.sampled_from(["${{ secrets.KEY }}", "Bearer ${{ secrets.KEY }}", "none"])
numbers = st.one_of(st.integers(0, 10**6), st.floats(0, 2, width=16))
options = st.fixed_dictionaries(
    {},
    optional={
        "timeout": st.integers(1, 99),
        "verifySsl": st.booleans(),
        "headers": st.dictionaries(st.sampled_from(["X-A", "X-B"]), st.sampled_from(["1", "${{ secrets.H }}"])),
        "caBundlePath": st.one_of(st.just("a.pem"), st.just(["a.pem", "b.pem"])),
        "notInTheFormat": st.just("dropped"),
    },
)
MODEL_OPTIONAL = {
    "apiKey": keys,
    "apiBase": st.just("http://127.0.0.1:9/v1"),
    "roles": st.lists(st.sampled_from(["chat", "edit", "embed"]), unique=True),
    "requestOptions": options,
    "defaultCompletionOptions": st.fixed_dictionaries({}, optional={"temperature": numbers, "stop": st.lists(texts)}),
    "env": st.dictionaries(st.sampled_from(["region", "profile"]), st.one_of(st.booleans(), texts)),
    "notInTheFormat": st.just({"dropped": [1]}),
}
STDIO_OPTIONAL = {
    "args": st.lists(texts, max_size=2),
    "env": st.dictionaries(st.sampled_from(["TOKEN", "HOME"]), keys),
    "cwd": st.just("src"),
    "notInTheFormat": st.just(1),
}
RULE_OPTIONAL = {
    "description": texts,
    "globs": st.one_of(st.just("**/*.py"), st.just(["*.a", "*.b"])),
    "alwaysApply": st.booleans(),
    "invokable": st.booleans(),
}
ITEMS: dict[str, st.SearchStrategy[Any]] = {
    "models": st.fixed_dictionaries(
        {"name": names, "provider": st.sampled_from(["openai", "ollama"]), "model": st.just("m")},
        optional=MODEL_OPTIONAL,
    ),
    "mcpServers": st.one_of(
        st.fixed_dictionaries({"name": names, "command": st.just("run")}, optional=STDIO_OPTIONAL),
        st.fixed_dictionaries(
            {"name": names, "url": st.just("http://127.0.0.1:9/mcp")},
            optional={"type": st.just("streamable-http"), "apiKey": keys, "requestOptions": options},
        ),
    ),
    "rules": st.one_of(
        texts, st.fixed_dictionaries({"name": names, "rule": texts.filter(str.strip)}, optional=RULE_OPTIONAL)
    ),
    "prompts": st.fixed_dictionaries({"name": names, "prompt": texts}, optional={"description": texts}),
    "context": st.fixed_dictionaries(
        {"provider": st.sampled_from(["code", "diff"])}, optional={"name": names, "params": st.just({"n": [1, None]})}
    ),
    "data": st.fixed_dictionaries(
        {"name": names, "destination": st.just("file:///data"), "schema": st.just("0.2.0")},
        optional={"level": st.just("noCode"), "apiKey": keys},
    ),
    "docs": st.fixed_dictionaries({"name": names, "startUrl": st.just("https://docs.example.org")}),
}
OVERRIDES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "models": st.fixed_dictionaries({}, optional={"name": names, **MODEL_OPTIONAL}),
    "mcpServers": st.fixed_dictionaries({}, optional={"name": names, "args": st.lists(texts, max_size=2)}),
    "prompts": st.fixed_dictionaries({}, optional={"name": names, "description": texts}),
    "rules": st.just({}),
}
MARKDOWN = ["---\nname: md\nglobs: '*.py'\n---\nBe brief.", "---\ndescription: d\n---\n\nTwo\n---\nparts\n"]
VERSIONS = ["1.0.0", "1.2.0", "2.0.0-rc.1"]
RANGES = ["", "@latest", "@1.0.0", "/1.2.0", "@^1", "@1.x", "@>=1.0.0 <2", "@2.0.0-rc.1"]


@st.composite
def blocks(draw: st.DrawFn, section: str) -> Published:
    """A package of three versions; some items take the inputs TEXT and KEY."""
    released = {}
    for version in VERSIONS:
        item = draw(ITEMS[section])
        if isinstance(item, dict) and draw(st.booleans()):
            key = {"models": "apiBase", "mcpServers": "cwd", "rules": "description", "prompts": "description"}[section]
            if section != "mcpServers" or "command" in item:
                item[key] = draw(st.sampled_from(["${{ inputs.TEXT }}", "x/${{ inputs.KEY }}", "${{inputs.TEXT}}${{ secrets.S }}"]))
        released[version] = manifest(**{section: [item]})
        if section == "rules" and draw(st.booleans()):
            released[version] = draw(st.sampled_from(MARKDOWN))
    return Published(section, released)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[str, dict[str, Published]]:
    """An assistant and the packages that it uses, and some that it does not."""
    registry = {
        f"{owner}/{section.lower()}": draw(blocks(section))
        for owner in ("o", "p")
        for section in ("models", "mcpServers", "rules", "prompts")
    }
    sections: dict[str, Any] = {}
    for section in draw(st.lists(st.sampled_from(schema.SECTIONS), min_size=1, max_size=4, unique=True)):
        entries: list[Any] = []
        for _ in range(draw(st.integers(1, 4))):
            used = [name for name, package in registry.items() if package.section == section]
            entries.append(draw(requirements(section, used)) if used and draw(st.booleans()) else draw(ITEMS[section]))
        sections[section] = entries
    more = draw(st.fixed_dictionaries({}, optional={"requestOptions": options, "env": st.just({"A": 1})}))
    return manifest(schema="v1", metadata={"tags": "x"}, **more, **sections), registry


@st.composite
def requirements(draw: st.DrawFn, section: str, used: list[str]) -> dict[str, Any]:
    asked: dict[str, Any] = {"uses": draw(st.sampled_from(used)) + draw(st.sampled_from(RANGES))}
    asked["with"] = {
        "TEXT": draw(st.sampled_from(["plain", "a b", "${{ secrets.FROM_WITH }}", "x/y"])),
        "KEY": draw(st.sampled_from(["value", "${{ secrets.OTHER }}"])),
        "UNUSED": "u",
    }
    if section != "rules" and (override := draw(OVERRIDES[section])):
        asked["override"] = override
    return asked


@settings(max_examples=150)
@given(world=worlds())
def test_the_bundle_is_what_the_reference_unrolls(oracle: Oracle, world: tuple[str, dict[str, Published]]) -> None:
    text, registry = world
    resolution = resolve(text, registry)
    ours = dict(resolution.document["config"])
    assert without_empty(ours) == unrolled(oracle, resolution.pinned_manifest, registry)
