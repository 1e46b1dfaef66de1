"""What a target writes comes back through our importers as it was, up to what the target says is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistants.targets import TARGETS
from hub.actors import Actor
from hub.services import organizations
from registry.importers import IMPORTERS
from registry.services import imports
from tests.targets.building import bundle, everything
from tests.targets.round_trips import PLACES, Back, differences, sources

NAMES = tuple(TARGETS)


def test_the_table_knows_every_target_and_says_who_reads_each_place_or_why_nobody_does() -> None:
    assert PLACES.keys() == TARGETS.keys()
    for places in PLACES.values():
        for place in places:
            assert (place.importer in IMPORTERS) != bool(place.why), place
    # So that a format for which an importer is written later is not forgotten here.
    unread = {target: [place.path for place in places if place.why] for target, places in PLACES.items()}
    assert {target for target, paths in unread.items() if not paths} == {
        "continue", "vscode-copilot", "copilot-cli", "junie", "agents-md",
    }  # fmt: skip


@pytest.mark.parametrize("target", NAMES)
def test_one_of_everything_comes_back(target: str) -> None:
    assert differences(target, everything()) == []


LETTERS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"])
LINES = st.text(LETTERS, min_size=1, max_size=40).filter(str.strip).map(lambda text: " ".join(text.split()))
ODD_LINES = st.sampled_from(
    [
        "true", "123", "null", "2026-01-01", "a: b", "a #b", "- a", "key:", '"quoted"', "it's “so”", 'say: "no"', "[x]", "{x}", "@x",
        "*star*", "&x", "!x", "%x", "`x`", "|", ">", "~", "\\n", "a\\", "---", "#", "Ünïcode: ß", "CON", "x" * 80, "applyTo",
    ]
)  # fmt: skip
TEXTS = LINES | ODD_LINES
BODIES = (
    st.lists(
        TEXTS
        | st.sampled_from(
            [
                "",
                "---",
                "## Title",
                "  indented",
                "- item",
                "trailing  ",
                "key: ",
                "Use ${{ secrets.acme/helper/acme/wik/WIKI_KEY }}.",
            ]
        ),
        min_size=1,
        max_size=5,
    )
    .map("\n".join)
    .filter(str.strip)
)
GLOBS = st.sampled_from(
    [
        "**/*.py", "src/**", "*.{ts,tsx}", "{a,b}", "{src,lib}/**/*.ts", "[abc].md", "[a]", "docs/a,b.md", "**", "**/*", "*", "!x/*", "#a",
        "a b/*.c", "'x'", "src/*.py", "lib/x.go", "&a", "a: b", " pad ", "true", "12",
    ]
)  # fmt: skip
DESCRIPTIONS = TEXTS | BODIES | st.just("x" * 1100)
MAYBE = {"description": DESCRIPTIONS, "globs": GLOBS | st.lists(GLOBS, min_size=1, max_size=3), "alwaysApply": st.booleans(),
         "regex": st.sampled_from(["TODO", "a|b", "^import .*$"]), "invokable": st.booleans()}  # fmt: skip
RULES = BODIES | st.fixed_dictionaries({"name": TEXTS, "rule": BODIES}, optional=MAYBE)
PROMPTS = st.fixed_dictionaries(
    {"name": TEXTS, "prompt": BODIES | BODIES.map(lambda text: f"{text} {{{{{{ input }}}}}} {text}")},
    optional={"description": DESCRIPTIONS},
)
SECRET_NAMES = (
    "TICKETS_TOKEN", "WIKI_KEY", "OAUTH2TOKEN", "S3KEY", "1PASSWORD", "a.b-c", "Mixed_Case",
)  # fmt: skip
SECRETS = st.sampled_from([f"${{{{ secrets.acme/helper/acme/{one.lower()[:3]}/{one} }}}}" for one in SECRET_NAMES])
WORDS = st.sampled_from(
    [
        "serve",
        "--stdio",
        "-y",
        "@example/tool@1.4.0",
        "./data",
        "--level=debug",
        "https://a.example/x",
        "a b",
        "ünï",
        "",
    ]
)
MIXED = SECRETS | SECRETS.map(lambda one: f"https://h.example/{one}/x")
VALUES = WORDS | MIXED | SECRETS | SECRETS.map(lambda one: f"--key={one}")
OTHER = {
    "faviconUrl": st.just("https://a.example/i.png"),
    "serverName": LINES,
    "connectionTimeout": st.sampled_from([5, 2.5]),
}
LOCAL = st.fixed_dictionaries(
    {"name": TEXTS, "command": st.sampled_from(["npx", "./bin/tool", "uvx"])},
    optional={
        "args": st.lists(VALUES, max_size=3), "cwd": st.sampled_from(["tools", "./a b"]), "type": st.just("stdio"),
        "env": st.dictionaries(st.sampled_from(["LEVEL", "BASE_URL"]), VALUES, max_size=2)
        | st.dictionaries(st.sampled_from(["TICKETS_TOKEN", "WIKI_KEY"]), MIXED, max_size=2), **OTHER,
    },
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(["X-Team", "X-Api-Key", "Authorization"]),
    SECRETS | SECRETS.map(lambda one: f"Bearer {one}"),
    max_size=2,
) | st.just({"X-Team": "web"})
REMOTE = st.fixed_dictionaries(
    {"name": TEXTS, "url": st.sampled_from(["https://a.example/mcp", "https://a.example/x?y=z"]) | SECRETS.map(lambda one: f"https://h.example/{one}")},
    optional={
        "type": st.sampled_from(["sse", "streamable-http"]), "apiKey": SECRETS,
        "requestOptions": st.fixed_dictionaries({}, optional={"headers": HEADERS, "timeout": st.integers(1, 90), "verifySsl": st.booleans()}),
        **OTHER,
    },
)  # fmt: skip
MODELS = st.fixed_dictionaries(
    {"name": TEXTS, "provider": st.sampled_from(["openai", "ollama", "anthropic"]), "model": LINES},
    optional={"apiKey": SECRETS, "apiBase": st.just("https://m.example/v1"), "roles": st.lists(st.sampled_from(["chat", "edit", "embed"]), max_size=2),
              "contextLength": st.integers(1, 10**6), "requestOptions": st.just({"timeout": 5})},
)  # fmt: skip
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "rules": st.lists(RULES, max_size=4), "prompts": st.lists(PROMPTS, max_size=3), "mcpServers": st.lists(LOCAL | REMOTE, max_size=3),
        "models": st.lists(MODELS, max_size=2),
        "docs": st.lists(st.fixed_dictionaries({"name": TEXTS, "startUrl": st.just("https://d.example/")}), max_size=1),
        "data": st.just([{"name": "Events", "destination": "https://e.example", "schema": "0.2.0"}]),
        "context": st.just([{"provider": "diff"}]), "requestOptions": st.just({"timeout": 9}),
    },
)  # fmt: skip


def of_config(config: dict[str, Any]) -> dict[str, Any]:
    """A bundle with this config and the secrets that it names."""
    document = bundle(**config)
    asked = sorted(set(re.findall(r"secrets\.(\S+) }}", repr(config))))
    document["secrets"] = [{"name": name.rpartition("/")[2], "fqsn": name} for name in asked]
    return document


@settings(max_examples=60, deadline=None)
@given(CONFIGS)
@example(
    {
        "rules": [
            {"name": "x" * 60, "rule": "1", "alwaysApply": False},
            {"name": "x" * 60, "rule": "2", "alwaysApply": False},
        ]
    }
)
@example({"rules": [{"name": "a", "rule": "b", "description": 'How: "x" \\ y', "globs": ["**/*.py"]}]})
@example({"rules": [{"name": "a", "rule": "b", "globs": ["src/*.py", "lib/x.go"]}]})
@example({"rules": [{"name": "a", "rule": "b", "globs": ["**/*"]}]})
@example({"rules": [{"name": "a", "rule": "b", "description": "123", "alwaysApply": False}]})
@example({"rules": ["---\nname: Not a field\n---\nText."]})
def test_whatever_is_in_a_bundle_comes_back(config: dict[str, Any]) -> None:
    document = of_config(config)
    for target in NAMES:
        assert differences(target, document) == [], target


def test_the_starter_assistants_and_those_of_the_corpus_come_back(bundles: list[dict[str, Any]], owner: Actor) -> None:
    assert len(bundles) == 8
    elsewhere = organizations.create(by=owner, slug="elsewhere", name="Elsewhere").namespace
    for document in bundles:
        for target in NAMES:
            assert differences(target, document) == [], (document["assistant"]["package"], target)
            back = Back.of(target, document)
            rows = imports.plan(by=owner, namespace=elsewhere, files=sources(back.rendering), source=target).rows
            assert [row for row in rows if row.outcome == "refused"] == []
            assert len(rows) == len(back.found)
