"""Which domains can be proved, and what proves one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain import domain_names as names


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Example.COM", "example.com"), (" a.example. ", "a.example"), ("xn--bcher-kva.example", "xn--bcher-kva.example")],
)
def test_a_domain_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert names.checked(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "", "com", "https://example.com", "example.com/path", "example.com:8080", "me@example.com", "bücher.example",
        "10.0.0.1", "127.1", "[::1]", "-a.example", "a-.example", "a..example", "under_score.example", "x" * 64 + ".example",
        "a." * 120 + "example", "hub.localhost", "db.internal", "printer.local", "1.0.0.127.in-addr.arpa", "a b.example",
        "example.com\0", "example.com\nx",
    ],
)  # fmt: skip
def test_what_nobody_can_prove_to_everybody_is_refused_with_words(typed: str) -> None:
    with pytest.raises(names.InvalidDomain, match=r"\w+"):
        names.checked(typed)


@given(st.text(max_size=300))
def test_whatever_is_typed_is_refused_or_a_name_that_can_be_asked_for(typed: str) -> None:
    try:
        found = names.checked(typed)
    except names.InvalidDomain:
        return
    assert names.checked(found) == found
    assert len(names.record_name(found)) <= names.MAX_LENGTH


def test_only_the_whole_token_proves() -> None:
    assert names.is_in_records("abc", ["v=spf1", "assistant-hub-verification=abc"])
    assert not names.is_in_records("abc", ["assistant-hub-verification=abcd", "abc", ""])
    assert names.is_in_file("abc", {"verification": ["x", "abc"]})
    assert names.is_in_file("abc", {"verification": "abc"})
    assert not names.is_in_file("abc", {"verification": "xabcx"})
    assert not names.is_in_file("abc", {"verification": {"abc": 1}})
    assert not names.is_in_file("abc", {})
