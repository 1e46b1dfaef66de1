"""Markdown rules, as the reference and as Cursor write them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import frontmatter
from registry.domain.faults import ManifestInvalid
from tests.domain.building import faults_of, places
from tests.support.node import Oracle


def rule(text: str) -> dict[str, Any]:
    return frontmatter.parse_rule(text, default_name="style")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Be brief.\n", {"name": "style", "rule": "Be brief."}),
        (
            "---\nname: Brief\nglobs: ['*.py']\n---\nBe brief.",
            {"name": "Brief", "rule": "Be brief.", "globs": ["*.py"]},
        ),
        ("---\r\nalwaysApply: false\r\n---\r\nA\r\nB\r\n", {"name": "style", "rule": "A\nB", "alwaysApply": False}),
        ("---\n---\nBody", {"name": "style", "rule": "Body"}),
        ("\n---\nname: N\n---\nBody", {"name": "N", "rule": "Body"}),
        ("\ufeff---\nname: N\n---\nBody", {"name": "N", "rule": "Body"}),
        ("---\nname: N\n---\nA\n---\nB", {"name": "N", "rule": "A\n---\nB"}),
        ("---\nname: ''\ndescription:\nother: dropped\n---\nBody", {"name": "style", "rule": "Body"}),
        ("Intro\n\n---\n\nBody", {"name": "style", "rule": "Intro\n\n---\n\nBody"}),
        ("--- not a fence\nBody", {"name": "style", "rule": "--- not a fence\nBody"}),
    ],
)
def test_a_rule_is_read(text: str, expected: dict[str, Any]) -> None:
    assert rule(text) == expected


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        ("**/*.ts", ["**/*.ts"]),
        ("**/*.ts, **/*.tsx", ["**/*.ts", "**/*.tsx"]),
        ("*.{js,ts},src/**", ["*.{js,ts}", "src/**"]),
        ("*.py,", ["*.py"]),
    ],
)
def test_unquoted_globs_are_read_as_cursor_reads_them(globs: str, expected: list[str]) -> None:
    text = f"---\ndescription: Use: with care\nglobs: {globs}\nalwaysApply: true\n---\nBody"
    read = {"name": "style", "rule": "Body", "description": "Use: with care", "globs": expected, "alwaysApply": True}
    assert rule(text) == read


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("---\nname: N\n  broken: [\n---\nBody", "3:9"),
        ("\n\n---\nname: N\n  broken: [\n---\nBody", "5:9"),
        ("---\nglobs: *.ts\n- item\n---\nBody", "2:9"),
        ("---\n- a\n---\nBody", "2:1"),
        ("---\nalwaysApply: maybe\n---\nBody", "2:14"),
        ("---\nname: N\ndescription: [a]\n---\nBody", "3:14"),
        ("---\nglobs: [1]\n---\nBody", "2:8"),
        ("---\nname: N\n---\n", "4:1"),
        ("", "1:1"),
    ],
)
def test_what_nobody_can_read_is_refused_with_its_place(text: str, place: str) -> None:
    assert places(faults_of(rule, text)) == [place]


fields = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["N", "two words", "yes"]),
        "description": st.sampled_from(["D", "with: colon", "über"]),
        "globs": st.sampled_from(["*.py", ["*.py", "*.{a,b}"], []]),
        "regex": st.sampled_from(["^a", ["^a", "b$"]]),
        "alwaysApply": st.booleans(),
        "invokable": st.booleans(),
        "unknown": st.just(1),
    },
)
bodies = st.sampled_from(["Body", "\n# Title\n\ntext\n", "A\n---\nB", "a\r\nb"])


@pytest.mark.node
@given(values=fields, body=bodies)
def test_the_reference_reads_the_same_rule(oracle: Oracle, values: dict[str, Any], body: str) -> None:
    text = f"---\n{yaml.safe_dump(values) if values else ''}---\n{body}"
    assert rule(text) == oracle.ask("markdownToRule", content=text, id="o/style")


@given(
    text=st.lists(
        st.sampled_from(["---", "\n", "name: a", "globs: *", "[", "- ", ": ", "\r\n", "x", "\\0", "\ufeff"])
    ).map("".join)
)
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        assert rule(text)["rule"].strip()
    except ManifestInvalid as error:
        assert all(fault.file == "manifest.md" for fault in error.faults)
