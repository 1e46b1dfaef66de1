"""Template variables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import templates


@given(
    text=st.lists(
        st.sampled_from(["a", "\n", "é", "\ue000", "\u2028", "${{ inputs.A }}", "${{inputs.b-c}}", "${{ x"])
    ).map("".join)
)
def test_masking_keeps_the_length_and_can_be_undone(text: str) -> None:
    masked, unmask = templates.mask(text)
    assert len(masked) == len(text)
    assert unmask(masked) == text


def test_many_variables_keep_their_names() -> None:
    text = " ".join(f"${{{{ inputs.N{number} }}}}" for number in range(1_000))
    masked, unmask = templates.mask(text)
    assert "inputs" not in masked
    assert unmask(masked) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("${{ secrets.A }}", "A"),
        ("${{secrets.A}}", "A"),
        ("x${{\tsecrets.a/b/C }}y", "a/b/C"),
        ("${{\n  secrets.A\n}}", "A"),
        ("${{ secrets.A B }}", None),
        ("${ secrets.A }", None),
        ("{{ secrets.A }}", None),
    ],
)
def test_what_a_variable_is(text: str, name: str | None) -> None:
    assert templates.names({"k": [text]}, templates.SECRETS) == ({name} if name else set())


def test_names_are_found_in_keys_too() -> None:
    assert templates.names({"${{ inputs.K }}": {"a": ["${{ inputs.V }}"]}}, templates.INPUTS) == {"K", "V"}


def test_secrets_get_their_prefix_and_inputs_stay() -> None:
    value = {"a": "${{ secrets.S }} ${{inputs.I}}", "b": [1, None, "${{secrets.o/p/S}}"]}
    renamed = {"a": "${{ secrets.o/q/S }} ${{inputs.I}}", "b": [1, None, "${{ secrets.o/q/o/p/S }}"]}
    assert templates.rename_secrets(value, "o/q") == renamed


def test_a_replacement_is_not_read_again() -> None:
    filled = templates.replace("${{ inputs.A }}", {"inputs.A": "${{ inputs.B }}", "inputs.B": "x"}.get)
    assert filled == "${{ inputs.B }}"


@pytest.mark.parametrize(
    ("value", "whole"), [("${{ inputs.A }}", True), (" ${{inputs.A}}\n", True), ("a${{ inputs.A }}", False), (5, False)]
)
def test_only_a_whole_variable_may_stand_for_a_number(value: object, whole: bool) -> None:
    assert templates.is_whole_variable(value) is whole
