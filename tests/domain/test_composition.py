"""Reading an assistant's manifest."""

from __future__ import annotations

import pytest

from assistants.domain import composition
from assistants.domain.composition import Inline, Requirement, parse_uses
from registry.domain.faults import Fault, Place
from tests.domain.building import faults_of, places

HEAD = "name: A\nversion: 1.0.0\n"


@pytest.mark.parametrize(
    ("text", "package", "range_"),
    [
        ("o/p", "o/p", "latest"),
        ("o/p@latest", "o/p", "latest"),
        ("o/p@1.2.3", "o/p", "1.2.3"),
        ("o/p/1.2.3", "o/p", "1.2.3"),
        ("o/p@", "o/p", "latest"),
        ("O/P@^1.2", "o/p", "^1.2"),
        ("o/p@>=1.2 <2 || 3.x", "o/p", ">=1.2 <2 || 3.x"),
        (" o/p ", "o/p", "latest"),
        ("o.x/p_y-z", "o.x/p_y-z", "latest"),
    ],
)
def test_the_forms_of_uses(text: str, package: str, range_: str) -> None:
    parsed = parse_uses(text, Place())
    assert isinstance(parsed, tuple)
    assert (parsed[0], str(parsed[1])) == (package, range_)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("./rules.yaml", "is a file"),
        ("/etc/rules", "is a file"),
        ("~/rules", "is a file"),
        ("file://x/y", "is a file"),
        ("C:\\rules", "is a file"),
        ("rule", "is not a package"),
        ("org@1", "is not a package"),
        ("o/p q", "is not a package"),
        ("ö/p", "is not a package"),
        ("https://example.org/o/p", "is not a package"),
        ("o/p@newest", "is not a part of a range"),
        ("o/p@1.2.3+build", "build metadata"),
        ("o/p/q", "is not a part of a range"),
        ("o/p@" + "1 " * 500, "at most"),
    ],
)
def test_what_uses_cannot_name(text: str, message: str) -> None:
    fault = parse_uses(text, Place(7, 8))
    assert isinstance(fault, Fault)
    assert message in fault.message
    assert fault.place == Place(7, 8)


def test_entries_come_in_the_order_of_sections_with_their_places() -> None:
    text = (
        HEAD
        + "rules:\n  - Be brief.\n  - uses: o/r@^1\nmodels:\n  - uses: o/m\n    with: {KEY: v}\n    override: {name: N}\n"
    )
    read = composition.read(text)
    assert [entry.path for entry in read.entries] == ["models[0]", "rules[0]", "rules[1]"]
    model, inline, rule = read.entries
    assert isinstance(model, Requirement)
    assert (model.inputs, model.override, model.place) == ({"KEY": "v"}, {"name": "N"}, Place(7, 11))
    assert isinstance(inline, Inline)
    assert inline.item == "Be brief."
    assert read.requirements == [model, rule]


@pytest.mark.parametrize(
    ("body", "place", "message"),
    [
        ("", "1:1", "empty"),
        ("rules: []\n", "1:1", "empty"),
        ("rules:\n  - uses: 5\n", "4:11", "has to be text"),
        ("rules:\n  - uses: o/r\n    with: [a]\n", "5:11", "has to be a mapping"),
        ("rules:\n  - uses: o/r\n    with: {A: 5}\n", "5:15", "has to be text"),
        ("rules:\n  - uses: o/r\n    override: {rule: x}\n", "5:5", "cannot be overridden"),
        ("models:\n  - uses: o/m\n    name: N\n", "5:5", "does not stand beside"),
        ("models:\n  - uses: o/m\n    nmae: N\n", "5:5", "does not stand beside"),
        ("rules:\n  - 'Say ${{ inputs.NAME }}'\n", "4:5", "no inputs of its own: NAME"),
        ("models:\n  - uses: o/m\n    with: {KEY: 'sk-ant-" + "a1" * 20 + "'}\n", "5:17", "Anthropic"),
        ("models:\n  - uses: o/m\n    override: {apiKey: abcdef}\n", "5:24", "literal value"),
        ("models:\n  - {name: m}\n", "4:5", "is missing"),
    ],
)
def test_what_an_assistant_cannot_say(body: str, place: str, message: str) -> None:
    faults = faults_of(composition.read, HEAD + body)
    assert place in places(faults)
    assert any(message in fault.message for fault in faults)


def test_faults_of_several_entries_are_named_together() -> None:
    faults = faults_of(
        composition.read, HEAD + "rules:\n  - uses: ./a\n  - uses: o/r\n  - uses: x\nprompts:\n  - {name: p}\n"
    )
    assert places(faults) == ["4:11", "6:11", "8:5"]


def test_the_number_of_requirements_is_bounded() -> None:
    many = HEAD + "rules:\n" + "  - uses: o/r\n" * 501
    assert "more than 500" in faults_of(composition.read, many)[0].message
    assert len(composition.read(many.replace("  - uses: o/r\n", "", 1)).requirements) == 500


def test_pinning_changes_nothing_but_the_versions() -> None:
    text = HEAD + "# why\nrules:\n  - uses: o/a@^1  # kept\n  - {uses: 'O/B', with: {X: é}}\n"
    read = composition.read(text)
    pinned = composition.pinned(read, {"rules[0]": "1.2.0", "rules[1]": "2.0.0"})
    assert pinned == text.replace("o/a@^1", '"o/a@1.2.0"').replace("'O/B'", '"o/b@2.0.0"')


@pytest.mark.parametrize(
    "body",
    [
        "rules:\n  - uses: >-\n      o/r@^1\n  - Be brief.\n",
        "rules:\n  - uses: &u o/r@^1\n  - name: *u\n    rule: x\n",
        "all: &all {uses: o/r@^1}\nrules:\n  - *all\n",
    ],
)
def test_a_manifest_that_cannot_be_pinned_in_place_is_written_anew(body: str) -> None:
    read = composition.read(HEAD + body)
    again = composition.read(composition.pinned(read, {"rules[0]": "1.2.0"}))
    assert [str(requirement.range) for requirement in again.requirements] == ["1.2.0"]
    assert [e.item for e in again.entries if isinstance(e, Inline)] == [
        e.item for e in read.entries if isinstance(e, Inline)
    ]
