"""Addresses out of a manifest's metadata."""

from __future__ import annotations

import pytest

from registry.domain.links import repository_of, website_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("https://git.example/acme/style.git", "git.example/acme/style"),
        (" http://git.example:8080/acme/ ", "git.example:8080/acme"),
        ({"url": "https://git.example/acme", "source": "git"}, "git.example/acme"),
    ],
)
def test_addresses_of_the_web_are_taken(value: object, text: str) -> None:
    found = repository_of({"metadata": {"repository": value}})
    assert found is not None
    assert found.text == text


@pytest.mark.parametrize(
    "value",
    [
        *("", "git@git.example:acme/style.git", "javascript:alert(1)", "https://", "https://user:pass@git.example/x"),
        *(
            "https://git.example/a b",
            "https://[",
            "https://git.example:x/",
            "https://x.example/" + "a" * 400,
            7,
            None,
            [],
        ),
    ],
)
def test_other_things_are_not(value: object) -> None:
    assert repository_of({"metadata": {"repository": value}}) is None


def test_a_website_is_another_key_and_odd_metadata_has_neither() -> None:
    found = website_of({"metadata": {"homepage": "https://style.example"}})
    assert found is not None
    assert repository_of({"metadata": {"homepage": "https://style.example"}}) is None
    assert website_of({"metadata": "words"}) is None
    assert website_of({}) is None
