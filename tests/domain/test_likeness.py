"""Texts that say the same or nearly the same."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants.domain import likeness
from assistants.domain.likeness import Likeness

TEXT = "Name the file and the line of everything you find, say why it matters to whoever runs this, and propose one small change."


def pairs(*texts: str) -> list[tuple[int, int]]:
    return [(one.earlier, one.index) for one in likeness.among(texts).found]


def test_case_space_and_marks_do_not_count() -> None:
    found = likeness.among([TEXT, "Other words entirely.", f"#  {TEXT.upper()}\n\n".replace(",", " ")]).found
    assert found == (Likeness(0, 2, 1),)
    assert found[0].is_same


def test_a_changed_word_is_near_and_a_changed_order_is_not_the_same() -> None:
    near = likeness.among([TEXT, TEXT.replace("small", "tiny")]).found[0]
    assert not near.is_same
    assert likeness.NEAR < near.share < 1
    turned = likeness.among(["a b a b a b", "b a b a b a"]).found[0]
    assert turned.share < 1


def test_what_shares_a_sentence_only_is_not_near() -> None:
    assert (
        pairs(
            TEXT + " " + "Alpha beta gamma delta. " * 1, "Something else stands here, and more of it. " * 4 + TEXT[:40]
        )
        == []
    )
    assert pairs("", "  ", "#!?", "", TEXT) == []
    assert pairs("Be brief.", "Be kind.") == []
    assert pairs("Be brief.", "be brief") == [(0, 1)]


def test_each_copy_is_named_once_with_the_first() -> None:
    assert pairs(TEXT, TEXT, TEXT, TEXT.replace("small", "tiny")) == [(0, 1), (0, 2), (0, 3)]


def test_scripts_without_spaces_are_compared_by_letters() -> None:
    text = "見つけたものすべてについて、ファイルと行の名前を挙げてください。"
    assert pairs(text, text.replace("ください", "下さい")) == [(0, 1)]
    assert pairs(text, "まったく別の文章がここに書かれています。") == []


@given(st.lists(st.text(alphabet="ab c", max_size=12), max_size=8))
def test_the_same_words_are_always_found(texts: list[str]) -> None:
    found = {one.index for one in likeness.among(texts).found if one.is_same}
    seen: set[tuple[str, ...]] = set()
    for index, text in enumerate(texts):
        words = tuple(text.split())
        assert (index in found) == (words in seen and bool(words))
        seen.add(words)


def test_five_hundred_long_rules_take_no_time_to_speak_of() -> None:
    chance = random.Random(7)
    words = [f"word{number}" for number in range(3000)]
    texts = [" ".join(chance.choices(words, k=400)) for _ in range(499)]
    texts.append(texts[250].replace("word1 ", "other "))
    started = time.process_time()
    found = likeness.among(texts)
    assert found.complete
    assert [(one.earlier, one.index) for one in found.found] == [(250, 499)]
    assert time.process_time() - started < 5


def test_texts_made_to_be_slow_are_given_up_and_that_is_said() -> None:
    # Each two share a third of their runs: too few to be near, too many to compare for long.
    common = " ".join(f"same{number}" for number in range(400))
    texts = [common + " " + " ".join(f"own{index}x{number}" for number in range(800)) for index in range(40)]
    assert likeness.among(texts).complete
    given_up = likeness.among(texts, max_steps=100_000)
    assert not given_up.complete
    assert given_up.found == ()


@pytest.mark.parametrize("words", [1, 2, 3])
def test_short_texts_can_be_the_same(words: int) -> None:
    text = " ".join("abc"[:words])
    assert pairs(text, text) == [(0, 1)]
