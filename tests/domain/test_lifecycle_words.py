"""What people may write when they take something back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import lifecycle


def test_words_are_one_line_that_says_something() -> None:
    assert lifecycle.words("  Use\n the other  one. ", field="message") == "Use the other one."
    for text in ("", " \n\t", "x" * 501, "left\u202eright", "nul\0"):
        with pytest.raises(lifecycle.InvalidWords) as caught:
            lifecycle.words(text, field="message")
        assert caught.value.field == "message"


@pytest.mark.parametrize("text", ["", "  ", "https://example.com/advisories/7?x=1"])
def test_a_link_may_be_left_out_or_leads_to_a_page(text: str) -> None:
    assert lifecycle.link(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)", "http://example.com", "//example.com", "https://", "https://u:p@example.com/", "example.com",
        "https://example.com/a b", "https://exa\nmple.com", "https://[::1", "data:text/html,x", "https://é.example",
        "https://example.com/" + "x" * 300,
    ],
)  # fmt: skip
def test_a_link_that_leads_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(lifecycle.InvalidWords) as caught:
        lifecycle.link(text)
    assert caught.value.field == "link"


@given(st.text(max_size=600))
def test_no_text_breaks_it(text: str) -> None:
    for check in (lambda: lifecycle.words(text, field="reason"), lambda: lifecycle.link(text)):
        try:
            assert check().isprintable()
        except lifecycle.InvalidWords as error:
            assert str(error)
