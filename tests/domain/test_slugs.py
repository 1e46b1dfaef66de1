"""Names of namespaces and packages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants.domain.composition import parse_uses
from hub.domain import slugs
from registry.domain.faults import Place


@pytest.mark.parametrize("name", ["ab", "a1", "0x", "a.b", "a-b_c.d", "a" * 39, "x--y"])
def test_a_name_that_may_be_taken(name: str) -> None:
    assert slugs.check_namespace(name) == name
    assert slugs.check_package_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "Ab",
        "-a",
        "a-",
        ".a",
        "a.",
        "a b",
        "a/b",
        "a@b",
        "ä1",
        "a\n",
        "a\0b",
        "x.yaml",
        "x.yml.y",
        "x.jsonl",
        "a" * 101,
    ],
)
def test_a_name_that_may_not(name: str) -> None:
    for check in (slugs.check_namespace, slugs.check_package_name):
        with pytest.raises(slugs.InvalidName):
            check(name)


@pytest.mark.parametrize("name", ["api", "ide", "v0", "registry", "continuedev", "-", "admin"])
def test_reserved_words_are_for_no_namespace(name: str) -> None:
    with pytest.raises(slugs.InvalidName):
        slugs.check_namespace(name)


def test_a_package_may_have_a_reserved_name() -> None:
    assert slugs.check_package_name("api") == "api"


@given(
    names=st.tuples(
        st.from_regex(slugs.SLUG_PATTERN, fullmatch=True), st.from_regex(slugs.SLUG_PATTERN, fullmatch=True)
    )
)
def test_every_name_can_be_used(names: tuple[str, str]) -> None:
    try:
        for name in names:
            slugs.check_package_name(name)
    except slugs.InvalidName:
        return
    if parsed := parse_uses(f"{names[0]}/{names[1]}@^1", Place()):
        assert isinstance(parsed, tuple)
        assert (parsed[0], str(parsed[1])) == ("/".join(names), "^1")


@given(text=st.text(max_size=45))
def test_what_passes_is_its_own_normal_form(text: str) -> None:
    try:
        assert slugs.normalize(slugs.check_package_name(text)) == text
    except slugs.InvalidName as error:
        assert str(error)
