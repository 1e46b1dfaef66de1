"""Inputs that a block declares: which texts they take, what they default to, and what is said when one will not do."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import inputs, manifests
from registry.domain.faults import ManifestInvalid
from registry.domain.inputs import Input
from tests.domain.building import config_of, faults_of, manifest, places, resolve, single

BLOCK = """\
name: Prompt
version: 1.0.0
inputs:
  BRANCH:
    description: The branch to compare with.
    default: main
    choices: [main, develop]
  LENGTH: {type: integer, default: 3}
  TOPIC: {description: What it is about.}
prompts:
  - name: p
    prompt: ${{ inputs.TOPIC }} on ${{ inputs.BRANCH }}, ${{ inputs.LENGTH }} lines
"""


def uses(**given: str) -> str:
    return manifest(prompts=[{"uses": "o/p", **({"with": given} if given else {})}])


def prompt(**given: str) -> str:
    found: str = config_of(uses(**given), {"o/p": single("prompts", BLOCK)})["prompts"][0]["prompt"]
    return found


def test_defaults_hold_until_somebody_says_otherwise() -> None:
    assert prompt(TOPIC="Tests") == "Tests on main, 3 lines"
    assert prompt(TOPIC="Tests", BRANCH="develop", LENGTH="10") == "Tests on develop, 10 lines"


def test_one_without_default_is_missed_with_its_description() -> None:
    [fault] = faults_of(resolve, uses(), {"o/p": single("prompts", BLOCK)})
    assert "needs the input TOPIC" in fault.message
    assert "TOPIC: What it is about." in fault.mend


@pytest.mark.parametrize(
    ("given_input", "message"),
    [
        ({"BRANCH": "trunk"}, "BRANCH of “o/p” is one of main, develop; “trunk” is none of them"),
        ({"LENGTH": "ten"}, "LENGTH of “o/p” is a whole number"),
    ],
)
def test_a_value_that_will_not_do_is_refused_where_it_is_given(given_input: dict[str, str], message: str) -> None:
    [fault] = faults_of(resolve, uses(TOPIC="x", **given_input), {"o/p": single("prompts", BLOCK)})
    assert message in fault.message
    assert places([fault]) == ["4:9"]


def test_clients_that_compose_themselves_are_given_the_defaults() -> None:
    """They know no defaults (contract 5.3), so the manifest with exact versions says them."""
    resolution = resolve(uses(TOPIC="x"), {"o/p": single("prompts", BLOCK)})
    [written] = yaml.safe_load(resolution.pinned_manifest)["prompts"]
    assert written == {"uses": "o/p@1.0.0", "with": {"BRANCH": "main", "LENGTH": "3", "TOPIC": "x"}}
    [explained] = resolution.explanation
    assert (explained["inputs"], explained["defaults"]) == (["TOPIC"], ["BRANCH", "LENGTH"])


def test_what_is_declared_is_kept_and_clients_never_see_it() -> None:
    read = manifests.read_block(BLOCK, "prompts")
    assert [one.name for one in inputs.read(read.value["inputs"])] == ["BRANCH", "LENGTH", "TOPIC"]
    assert "inputs" not in config_of(uses(TOPIC="x"), {"o/p": single("prompts", BLOCK)})
    assert not read.warnings


def test_a_markdown_rule_declares_in_its_front_matter() -> None:
    text = "---\ninputs:\n  TEAM: {default: core}\n---\nAsk ${{ inputs.TEAM }}.\n"
    registry = {"o/r": single("rules", text)}
    assert config_of(manifest(rules=[{"uses": "o/r"}]), registry)["rules"][0]["rule"] == "Ask core."


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{A: {type: integer, default: x}}", "The default of “A” is a whole number"),
        ("{A: {type: number, choices: [1, two]}}", "A choice of “A” is a number"),
        ("{A: {choices: [x], default: y}}", "The default of “A” is one of x"),
        ("{A: {type: text}}", "“text” is not known here"),
        ("{A: {typ: string}}", "“typ” is not known here."),
        ("{A: {choices: []}}", "must not be empty"),
        ("{B: {}}", "The input “B” is declared and stands nowhere"),
        ("[A]", "has to be a mapping"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(declared: str, message: str) -> None:
    text = f"name: R\nversion: 1.0.0\ninputs: {declared}\nrules:\n  - ${{{{ inputs.A }}}}\n"
    with pytest.raises(ManifestInvalid) as caught:
        manifests.read_block(text, "rules")
    assert message in caught.value.faults[0].message
    assert caught.value.faults[0].place.line == 3


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("number", ["1", "-0.5", ".5", "1e9"], ["", "1,5", "x", "0x1"]),
        ("integer", ["0", "-7"], ["1.0", "1e3", ""]),
        ("boolean", ["true", "false"], ["yes", "True", ""]),
        ("url", ["https://a.example/x", "http://127.0.0.1:9"], ["ftp://a", "a.example", "https://", "http://[1"]),
        ("string", ["", "x"], []),
    ],
)
def test_each_type_takes_its_texts(type_: str, good: list[str], bad: list[str]) -> None:
    one = Input("A", type_)
    assert [text for text in good if one.refusal(text)] == []
    assert [text for text in bad if not one.refusal(text)] == []
    assert not one.refusal("${{ secrets.A }}")


scalars: Any = st.one_of(st.booleans(), st.integers(-(10**6), 10**6), st.sampled_from(["", "a", "b c"]))


@given(choices=st.lists(scalars, min_size=1, max_size=4), text=st.sampled_from(["a", "true", "1", ""]))
def test_choices_are_all_that_is_taken(choices: list[Any], text: str) -> None:
    [one] = inputs.read({"A": {"choices": choices}})
    assert (one.refusal(text) == "") == (text in [inputs.as_text(choice) for choice in choices])
