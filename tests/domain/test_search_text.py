"""Queries are read, names are cut into keys, and manifests into words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from registry.domain import search_text
from registry.domain.search_text import Asked


def test_words_phrases_and_exclusions_are_told_apart() -> None:
    asked = search_text.parse('Cache "lookup  table" -slow x-y')
    assert asked == Asked(("cache", "lookup", "table", "x", "y"), ("lookup table",), ("slow",), "")
    assert search_text.parse("Error Messages").name == "error-messages"


@given(st.text(max_size=200))
def test_every_text_is_read(text: str) -> None:
    asked = search_text.parse(text)
    assert len(asked.words) <= search_text.MAX_WORDS
    assert all(word.isalnum() or not word.isascii() for word in (*asked.words, *asked.excluded))


@given(st.text("abcdefgh", min_size=4, max_size=12), st.data())
def test_one_mistake_leaves_a_common_neighbour(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcxyz"))
    swapped = word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :]
    for mistaken in (word[:place] + letter + word[place + 1 :], word[:place] + letter + word[place:], swapped):
        assert search_text.neighbours(word) & search_text.neighbours(mistaken)


def test_content_is_cut_where_there_is_no_more_room() -> None:
    value = {"rules": [{"name": "a", "rule": "b" * 10}, {"rule": "c"}], "version": 1}
    assert search_text.content_text(value) == "a\nbbbbbbbbbb\nc"
    assert search_text.content_text(value, 5) == "a\nbbb"


def test_quotes_and_backslashes_in_keys_stay_themselves() -> None:
    assert search_text.quoted("it's\\") == "'it''s\\\\'"
