"""Differences between manifests, as a client would feel them."""

from __future__ import annotations

from typing import Any

import pytest

from registry.domain.changes import How, What, semantic

RULE = {"name": "style", "version": "1.0.0", "rules": [{"name": "style", "rule": "Use tabs.", "globs": ["*.py"]}]}
TOOL = {"name": "t", "mcpServers": [{"name": "t", "command": "tool", "args": ["-v"], "env": {"A": "1"}}]}


def rule(**fields: Any) -> dict[str, Any]:
    return {**RULE, "rules": [{**RULE["rules"][0], **fields}]}  # type: ignore[dict-item]  # a list of mappings


def tool(**fields: Any) -> dict[str, Any]:
    return {**TOOL, "mcpServers": [{**TOOL["mcpServers"][0], **fields}]}  # type: ignore[dict-item]  # as above


def test_the_same_manifest_under_another_version_changes_nothing() -> None:
    assert semantic("rule", RULE, {**RULE, "version": "2.0.0"}) == []


@pytest.mark.parametrize(
    ("before", "after", "words", "weighty"),
    [
        (RULE, rule(rule="Use four spaces."), "Changes the text of the rule “style”: 3 words instead of 2.", True),
        (RULE, rule(globs=["*.py", "*.pyi"]), "Changes globs of the rule “style”: adds “*.pyi”.", False),
        (RULE, rule(alwaysApply=True), "Sets alwaysApply of the rule “style” to true.", False),
        (TOOL, tool(command="other"), "Changes command of the MCP server “t” from “tool” to “other”.", True),
        (TOOL, tool(env={"A": "2"}), "Changes env.A of the MCP server “t” from “1” to “2”.", True),
        (TOOL, tool(name="u"), "The MCP server is called “u” instead of “t”.", False),
        (TOOL, tool(args=["-v", "${{ inputs.PORT }}"]), "Needs the input PORT, which it did not need before.", True),
        (
            {"name": "a", "rules": [{"uses": "acme/style@^1.0"}]},
            {"name": "a", "rules": [{"uses": "acme/style@^2.0"}]},
            "Takes acme/style in the range ^2.0 instead of ^1.0.",
            True,
        ),
        (
            {"name": "a", "rules": [{"uses": "acme/style"}]},
            {"name": "a", "rules": [{"uses": "acme/style"}, {"uses": "acme/more@1.2.3"}]},
            "Uses acme/more@1.2.3.",
            True,
        ),
        (
            {"name": "a", "rules": [{"uses": "acme/style"}, "Be brief."]},
            {"name": "a", "rules": ["Be brief."]},
            "Does not use acme/style any more.",
            True,
        ),
        ({"name": "s", "description": "Old."}, {"name": "s", "description": "New."}, "Changes description from “Old.” to “New.”.", False),
    ],
)  # fmt: skip
def test_a_change_is_said_in_words(before: Any, after: Any, words: str, weighty: bool) -> None:
    found = semantic("assistant", before, after)
    assert words in [change.words for change in found]
    assert next(change for change in found if change.words == words).weighty is weighty


def test_a_newly_needed_secret_comes_first() -> None:
    after = tool(env={"A": "${{ secrets.KEY }}"})
    first = semantic("mcp-server", TOOL, after)[0]
    assert (first.what, first.how, first.item) == (What.SECRET, How.ADDED, "KEY")


@pytest.mark.parametrize(
    "odd", [{}, {"rules": None}, {"rules": "text"}, {"rules": [None, 3, [], {}]}, {"name": {"a": []}}]
)
def test_odd_values_are_compared_too(odd: dict[str, Any]) -> None:
    semantic("rule", odd, RULE)
    semantic("rule", RULE, odd)
