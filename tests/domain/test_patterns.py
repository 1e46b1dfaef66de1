"""Patterns of packages: what is one, what it fits, and that it comes back as it was written."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.domain import slugs
from hub.domain.patterns import MAX_LENGTH, InvalidPattern, Pattern

NAMES = st.from_regex(rf"\A{slugs.SLUG_PATTERN}\Z").filter(
    lambda name: 2 <= len(name) <= 39 and not any(suffix in name for suffix in slugs.FILE_SUFFIXES)
)
PREFIXES = st.from_regex(r"\A(?:[a-z0-9][a-z0-9._-]{0,30})?\Z")


@pytest.mark.parametrize(
    ("text", "fits", "fits_not"),
    [
        ("acme/*", ["acme/style", "acme/web-ui"], ["acm/style", "acme2/style"]),
        (" Acme/Web-* ", ["acme/web-ui", "acme/web-"], ["acme/web", "acme/webui", "other/web-ui"]),
        ("acme/style", ["acme/style"], ["acme/style2", "acme/styl", "other/style"]),
    ],
)
def test_what_a_pattern_fits(text: str, fits: list[str], fits_not: list[str]) -> None:
    pattern = Pattern.parse(text)
    for name in fits:
        assert pattern.matches(*name.split("/")), name
    for name in fits_not:
        assert not pattern.matches(*name.split("/")), name


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "*",
            "acme",
            "acme/",
            "/style",
            "*/style",
            "acme/a*b",
            "acme/**",
            "acme/style/*",
            "acme/x.yaml",
            "acme/-x",
        ),
        *("acme/style-", "acme/s", "acme style", "acme/st yle", "ac\0me/*", "a" * 40 + "/*", "acme/" + "a" * 101),
        *("acme/" + "a" * 101 + "*", "a" * 10_000, "a" * 10_000 + "/*"),
        *("é/*", "acme/é"),
    ],
)
def test_what_is_no_pattern_says_what_one_looks_like(text: str) -> None:
    with pytest.raises(InvalidPattern, match="acme/web-") as error:
        Pattern.parse(text)
    assert len(str(error.value)) < 200


@given(namespace=NAMES, name=NAMES)
def test_a_packages_own_name_is_a_pattern_of_it_alone(namespace: str, name: str) -> None:
    pattern = Pattern.parse(f"{namespace}/{name}")
    assert str(pattern) == f"{namespace}/{name}"
    assert Pattern.parse(str(pattern)) == pattern
    assert pattern.matches(namespace, name)
    assert not pattern.matches(namespace, f"{name}x")


@given(namespace=NAMES, prefix=PREFIXES, name=NAMES)
def test_a_star_fits_what_begins_so(namespace: str, prefix: str, name: str) -> None:
    pattern = Pattern.parse(f"{namespace}/{prefix}*")
    assert Pattern.parse(str(pattern)) == pattern
    assert pattern.matches(namespace, name) == name.startswith(prefix)
    assert pattern.matches(namespace, prefix + name)


@given(text=st.text(max_size=160) | st.text(alphabet="ab/*.-_", max_size=160))
@example("acme/*")
def test_any_text_is_a_pattern_that_comes_back_or_is_refused(text: str) -> None:
    try:
        pattern = Pattern.parse(text)
    except InvalidPattern:
        return
    assert str(pattern) == slugs.normalize(text)
    assert Pattern.parse(str(pattern)) == pattern
    assert len(str(pattern)) <= MAX_LENGTH
