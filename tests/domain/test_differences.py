"""What is different between two bundles for a client."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assistants.domain import differences
from assistants.domain.differences import Difference

MODEL = {"name": "Fast", "provider": "openai", "model": "m1", "apiKey": "${{ secrets.acme/a/acme/fast/KEY }}"}
SERVER = {"name": "tickets", "command": "tool", "args": ["--read"]}


def bundle(**sections: Any) -> dict[str, Any]:
    return {"config": {"name": "A", "version": "1.0.0", **sections}}


def told(found: list[Difference]) -> list[tuple[str, str, str]]:
    return [(one.about.value, one.how.value, one.name) for one in found]


def test_each_kind_of_difference_has_its_word() -> None:
    before = bundle(
        rules=[{"name": "Style", "rule": "Be short."}, {"name": "Old", "rule": "Gone."}],
        models=[MODEL],
        mcpServers=[SERVER, {"name": "docs", "url": "https://example.com/mcp"}],
    )
    after = bundle(
        rules=[{"name": "Style", "rule": "Be short and kind."}, {"name": "New", "rule": "Here."}],
        prompts=[{"name": "review", "prompt": "Review."}],
        models=[MODEL | {"model": "m2", "temperature": 1}],
        mcpServers=[SERVER | {"args": ["--write"], "env": {"T": "${{ secrets.acme/a/acme/tickets/T }}"}}],
    )
    assert told(differences.between(before, after)) == [
        ("rule", "added", "New"),
        ("rule", "removed", "Old"),
        ("rule", "changed", "Style"),
        ("prompt", "added", "review"),
        ("tool", "removed", "docs"),
        ("tool", "changed", "tickets"),
        ("model", "changed", "Fast"),
        ("secret", "added", "acme/a/acme/tickets/T"),
    ]


def test_what_of_an_item_changed_is_told_in_words() -> None:
    found = differences.between(
        bundle(models=[MODEL, MODEL | {"name": "B"}]),
        bundle(models=[MODEL | {"model": "m2", "apiBase": "https://example.com"}, MODEL | {"name": "B"}]),
    )
    assert [one.as_json() for one in found] == [
        {
            "about": "model",
            "how": "changed",
            "name": "Fast",
            "words": "Changes the model “Fast”.",
            "details": [
                "Changes the model “Fast” from “m1” to “m2”.",
                "Sets apiBase of the model “Fast” to “https://example.com”.",
            ],
            "look_closely": True,
        }
    ]


def test_secrets_that_are_needed_no_more_are_told_too() -> None:
    found = differences.between(bundle(models=[MODEL]), bundle(models=[MODEL | {"apiKey": "x"}]))
    assert ("secret", "removed", "acme/a/acme/fast/KEY") in told(found)


def test_another_version_alone_is_nothing_for_a_client() -> None:
    before, after = bundle(rules=[{"name": "R", "rule": "T"}]), bundle(rules=[{"name": "R", "rule": "T"}])
    after["config"]["version"] = "2.0.0"
    assert differences.between(before, after) == []


_names = st.sampled_from(["a", "b", "c", "d"])
_rules = st.dictionaries(_names, st.sampled_from(["x", "y"]), min_size=2)


@given(_rules, _rules)
def test_there_and_back_come_and_go_change_places(before: dict[str, str], after: dict[str, str]) -> None:
    one, other = (
        bundle(rules=[{"name": name, "rule": text} for name, text in sorted(side.items())]) for side in (before, after)
    )
    there = {(d.how.value, d.name) for d in differences.between(one, other)}
    back = {(d.how.value, d.name) for d in differences.between(other, one)}
    swap = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {(swap[how], name) for how, name in there} == back
    assert {name for how, name in there if how == "added"} == after.keys() - before.keys()
    assert differences.between(one, one) == []
