"""API tokens: recognised by form, never by guess."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain import tokens


def test_a_new_token_is_well_formed_and_unlike_the_last() -> None:
    made = {tokens.generate() for _ in range(100)}
    assert len(made) == 100
    assert all(tokens.is_well_formed(token) and len(token) == 43 for token in made)


@given(place=st.integers(0, 42), character=st.sampled_from("0Az-_é"), chance=st.randoms(use_true_random=False))
def test_a_changed_token_is_not_well_formed(place: int, character: str, chance: random.Random) -> None:
    token = tokens.generate()
    changed = token[:place] + character + token[place + 1 :]
    assert tokens.is_well_formed(changed) == (changed == token)


@pytest.mark.parametrize(
    "text", ["", "ahub_", "ahub_" + "0" * 38, "AHUB_" + "a" * 38, "undefined", "\ud800", "ahub_" + "é" * 38]
)
def test_other_texts_are_not(text: str) -> None:
    assert not tokens.is_well_formed(text)


def test_a_token_is_not_well_formed_with_anything_around_it() -> None:
    token = tokens.generate()
    assert not any(tokens.is_well_formed(text) for text in (token + "0", token[:-1], " " + token, token + "\n"))


def test_what_is_stored_is_a_hash() -> None:
    token = tokens.generate()
    assert token not in tokens.digest(token)
    assert len(tokens.digest(token)) == 64
