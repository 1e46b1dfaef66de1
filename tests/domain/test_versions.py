"""Versions and ranges, by example and against npm's own semver."""

import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.versions import (
    MAX_RANGE_LENGTH,
    MAX_SORT_KEY_LENGTH,
    MAX_VERSION_LENGTH,
    InvalidRange,
    InvalidVersion,
    Range,
    Version,
)
from tests.support.node import Oracle

MAX_NUMBER = 2**53 - 1
agreeing = settings(deadline=None, max_examples=200)


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    with Oracle() as running:
        yield running


def versions(*texts: str) -> list[Version]:
    return [Version.parse(text) for text in texts]


# Few and small numbers, so that bounds are met and missed by one.
numbers = st.one_of(st.integers(0, 3), st.integers(0, 3), st.sampled_from([9, 10, 11, MAX_NUMBER]))
cores = st.builds("{}.{}.{}".format, numbers, numbers, numbers)
words = st.text("ab0-", min_size=1, max_size=3).filter(lambda word: not word.isdigit())
prereleases = st.lists(st.one_of(numbers.map(str), words), min_size=1, max_size=3).map(".".join)
version_texts = st.one_of(cores, st.builds("{}-{}".format, cores, prereleases)).filter(
    lambda text: len(text) <= MAX_VERSION_LENGTH
)

wildcards = st.sampled_from("xX*")
partials = st.one_of(
    version_texts,
    numbers.map(str),
    wildcards,
    st.builds("{}.{}".format, numbers, st.one_of(numbers, wildcards)),
    st.builds("{}.{}.{}".format, numbers, st.one_of(numbers, wildcards), wildcards),
    st.builds("{}.{}".format, wildcards, wildcards),
)
operators = st.sampled_from(["", "", "=", "<", "<=", ">", ">=", "^", "~", "~>", "> ", ">=  ", "^ ", "~ "])
conditions = st.lists(st.builds("{}{}".format, operators, partials), max_size=3).map(" ".join)
alternatives = st.one_of(conditions, conditions, st.builds("{} - {}".format, partials, partials))
range_texts = st.builds(
    lambda parts, separator: separator.join(parts),
    st.lists(alternatives, min_size=1, max_size=3),
    st.sampled_from(["||", " || ", " ||"]),
)
scraps = st.sampled_from(
    [*"0 1 2 x X * . - || | > < = ^ ~ v a , + & latest 1.2 1.2.3 -a.1 ( é \0".split(" "), " ", "\t", "\n"]
)
noise = st.lists(scraps, max_size=12).map("".join)


@given(text=version_texts)
@agreeing
def test_a_version_reads_back_as_it_was_written(text: str) -> None:
    assert str(Version.parse(text)) == text


@pytest.mark.node
@given(text=st.one_of(version_texts, st.text("0012.-+avx ", max_size=12)))
@agreeing
def test_a_version_is_what_npm_takes_for_one_in_its_normal_form(oracle: Oracle, text: str) -> None:
    try:
        Version.parse(text)
    except InvalidVersion:
        assert oracle.ask("valid", version=text) != text
    else:
        assert oracle.ask("valid", version=text) == text


@pytest.mark.node
@given(first=version_texts, second=version_texts)
@agreeing
def test_versions_and_their_sort_keys_are_ordered_as_in_npm(oracle: Oracle, first: str, second: str) -> None:
    expected = oracle.ask("compare", a=first, b=second)
    a, b = versions(first, second)
    assert (a > b) - (a < b) == expected
    assert (a == b) == (expected == 0)
    assert (a.sort_key.encode() > b.sort_key.encode()) - (a.sort_key.encode() < b.sort_key.encode()) == expected


def test_precedence_follows_the_specification() -> None:
    # The chain of section 11 of the specification, and the traps beside it.
    chain = """0.0.0-0 0.0.0 0.9.9 0.10.0 1.0.0-0 1.0.0-2 1.0.0-10 1.0.0--1 1.0.0-0a 1.0.0-a 1.0.0-a.1 1.0.0-a-
        1.0.0-a-.1 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0
        1.0.1-0 2.0.0 10.0.0""".split()
    assert all(older < newer for older, newer in pairwise(versions(*chain)))
    assert all(older.sort_key < newer.sort_key for older, newer in pairwise(versions(*chain)))


def test_the_longest_sort_key_has_the_promised_length() -> None:
    text = "1.1.1-" + ".".join("1" * 29)
    assert len(text) == MAX_VERSION_LENGTH - 1
    assert len(Version.parse(text).sort_key) == MAX_SORT_KEY_LENGTH


@given(text=st.text(max_size=MAX_VERSION_LENGTH + 2))
@agreeing
def test_any_text_is_a_version_or_refused_with_a_reason(text: str) -> None:
    try:
        Version.parse(text)
    except InvalidVersion as error:
        assert str(error).endswith((".", "?"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" 1.2.3", "write '1.2.3'"),
        ("1.2.3\n", "spaces around it"),
        ("v1.2.3", "begins with 'v'; write '1.2.3'"),
        ("=1.2.3", "begins with '='; write '1.2.3'"),
        ("1.2.3+build.5", "equal precedence"),
        ("1.2.3-rc.1+5", "build metadata"),
        ("1", "too few numbers; write '1.0.0'"),
        ("1.2", "too few numbers; write '1.2.0'"),
        ("1.2-beta", "write '1.2.0-beta'"),
        ("1.2.3.4", "three numbers"),
        ("01.2.3", "leading zero; write 1 instead of 01"),
        ("1.2.00", "leading zero; write 0 instead of 00"),
        ("1.2.3-01", "leading zero; write 1 instead of 01"),
        ("1.2.3-", "empty part after its hyphen"),
        ("1.2.3-a..b", "empty part after its hyphen"),
        ("1.2.3-a_b", "'a_b' after its hyphen"),
        ("1.2.3-é", "letters, digits, hyphens and dots"),
        ("١.٢.٣", "three numbers separated by dots"),
        ("latest", "three numbers separated by dots"),
        ("^1.2.3", "three numbers separated by dots"),
        ("1.2.3\0", "three numbers separated by dots"),
        ("1.2.9007199254740992", "too large"),
        ("1.2.3-9007199254740992", "too large"),
        ("1.2.3-" + "a" * 59, "at most 64 characters"),
        ("9" * 5_000_000, "at most 64 characters"),
    ],
)
def test_a_wrong_version_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidVersion) as refusal:
        Version.parse(text)
    assert reason in str(refusal.value)
    assert "\0" not in str(refusal.value)


@pytest.mark.node
@given(text=range_texts, candidates=st.lists(version_texts, max_size=8))
@agreeing
def test_ranges_allow_what_npm_allows(oracle: Oracle, text: str, candidates: list[str]) -> None:
    if not text.strip() or len(text) > MAX_RANGE_LENGTH:
        return
    if oracle.ask("validRange", range=text) is None:
        with pytest.raises(InvalidRange):
            Range.parse(text)
        return
    assert_agrees(oracle, Range.parse(text), text, candidates + near(text))


@pytest.mark.node
@given(text=noise)
@agreeing
def test_what_npm_does_not_understand_is_never_accepted(oracle: Oracle, text: str) -> None:
    try:
        asked = Range.parse(text)
    except InvalidRange as error:
        assert str(error).endswith((".", "?"))
    else:
        if not asked.is_latest:
            assert oracle.ask("validRange", range=text) is not None
            assert_agrees(oracle, asked, text, near(text))


def near(text: str) -> list[str]:
    """Versions at, just below and just above what a range may name."""
    named = [word.strip("<>=^~ ") for word in text.replace("||", " ").split()]
    whole = [word for word in named if is_version(word)]
    around = (
        "0.0.0 0.0.1 0.1.0 0.2.1 1.0.0 1.2.2 1.2.3 1.2.3-a.1 1.2.4 1.3.0-0 1.3.0 2.0.0-a 2.0.0 2.0.1-b.1 3.0.0".split()
    )
    return [*whole, *(f"{word.partition('-')[0]}-zz" for word in whole), *around]


def is_version(text: str) -> bool:
    try:
        Version.parse(text)
    except InvalidVersion:
        return False
    return True


def assert_agrees(oracle: Oracle, asked: Range, text: str, candidates: list[str]) -> None:
    questions = [{"op": "satisfies", "version": candidate, "range": text} for candidate in candidates]
    expected = oracle.ask("batch", questions=questions)
    assert [asked.allows(candidate) for candidate in versions(*candidates)] == expected
    best = asked.best(versions(*candidates))
    assert (best and str(best)) == oracle.ask("maxSatisfying", versions=candidates, range=text)


@given(text=st.one_of(st.just("latest"), range_texts), data=st.data())
@agreeing
def test_the_best_version_does_not_depend_on_the_order(text: str, data: st.DataObject) -> None:
    try:
        asked = Range.parse(text)
    except InvalidRange:
        return
    candidates = versions(*data.draw(st.lists(version_texts, max_size=6)))
    shuffled = data.draw(st.permutations(candidates))
    assert asked.best(shuffled) == asked.best(candidates) == asked.best(iter(candidates))


@pytest.mark.parametrize(
    ("text", "allowed", "refused"),
    [
        ("1.2.3", "1.2.3", "1.2.2 1.2.4 1.2.3-rc.1"),
        ("=1.2.3-rc.1", "1.2.3-rc.1", "1.2.3 1.2.3-rc.2"),
        ("^1.2", "1.2.0 1.2.3 1.99.0", "1.1.9 2.0.0 1.3.0-rc.1 2.0.0-rc.1"),
        ("^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.2 0.0.4"),
        ("~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"),
        ("1.x", "1.0.0 1.9.9", "0.9.9 2.0.0"),
        ("*", "0.0.0 9.9.9", "1.0.0-rc.1"),
        (">=1 <2", "1.0.0 1.9.9", "0.9.9 2.0.0"),
        ("> 1.2", "1.3.0", "1.2.9"),
        ("<=1.2", "1.2.9 0.0.0", "1.3.0"),
        ("1.2 - 1.4", "1.2.0 1.4.9", "1.1.9 1.5.0"),
        ("1.2.3-rc.1 - 2", "1.2.3-rc.2 2.9.9", "1.2.4-rc.1 3.0.0"),
        ("^1.2.3-beta.2", "1.2.3-beta.2 1.2.3-rc.1 1.2.3 1.3.0", "1.2.3-beta.1 1.2.4-beta.3"),
        ("1.1 || >=3", "1.1.5 3.0.0", "1.2.0 2.0.0"),
        ("1 ||", "0.0.1 2.0.0", "1.0.0-rc.1"),
        ("* || 1.0.0-rc.1", "0.0.1", "1.0.0-rc.1"),
        ("<0 || 1.0.0", "1.0.0", "0.0.0 0.0.0-0"),
        (" \t^1\n", "1.0.0", "2.0.0"),
    ],
)
def test_what_a_range_allows(text: str, allowed: str, refused: str) -> None:
    asked = Range.parse(text)
    assert all(asked.allows(version) for version in versions(*allowed.split()))
    assert not any(asked.allows(version) for version in versions(*refused.split()))


@pytest.mark.parametrize(
    ("text", "available", "best"),
    [
        ("latest", "1.0.0 1.10.0 1.9.0 2.0.0-rc.1", "1.10.0"),
        ("", "1.0.0 1.1.0", "1.1.0"),
        ("latest", "1.0.0-beta.2 1.0.0-beta.11", "1.0.0-beta.11"),
        ("latest", "", None),
        ("*", "1.0.0-beta.2", None),
        ("^1", "0.9.0 1.0.0 1.1.0 1.2.0-rc.1 2.0.0", "1.1.0"),
        ("^1.2.0-rc.1", "1.1.0 1.2.0-rc.1 1.2.0-rc.2", "1.2.0-rc.2"),
        ("3.0.0", "1.0.0", None),
    ],
)
def test_the_best_version(text: str, available: str, best: str | None) -> None:
    found = Range.parse(text).best(versions(*available.split()))
    assert (found and str(found)) == best


@pytest.mark.parametrize(
    ("text", "is_latest", "is_exact"),
    [
        ("", True, False),
        ("  ", True, False),
        ("latest", True, False),
        ("1.2.3", False, True),
        ("= 1.2.3-rc.1", False, True),
        ("1.2", False, False),
        (">=1.2.3", False, False),
        ("1.2.3 || 1.2.4", False, False),
        ("*", False, False),
    ],
)
def test_what_kind_of_range_it_is(text: str, is_latest: bool, is_exact: bool) -> None:
    asked = Range.parse(text)
    assert (asked.is_latest, asked.is_exact) == (is_latest, is_exact)
    assert asked.text == str(asked) == (text.strip() or "latest")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("stable", "write for example 'latest'"),
        ("^latest", "stands alone"),
        ("latest || 1", "stands alone"),
        ("v1.2", "leave out the 'v' and write '1.2'"),
        (">=v1.2", "write '>=1.2'"),
        ("1.2.3+5", "leave out the build metadata and write '1.2.3'"),
        (">=1,<2", "separate conditions by a space"),
        ("^01.2", "no leading zeros"),
        ("1.2.3-01", "leading zero"),
        ("1.x.3", "after a wildcard"),
        ("*.2", "after a wildcard"),
        ("1.2.x-beta", "after a wildcard or a missing number"),
        ("1.2-beta", "after a wildcard or a missing number"),
        (">=1 - 2", "cannot stand beside ' - '"),
        ("1 - 2 - 3", "'-' is not a part of a range"),
        ("> =1", "'>' is not a part of a range"),
        ("==1", "'==1' is not a part of a range"),
        ("^9007199254740991", "too large"),
        ("1.2.3\0", "is not a part of a range"),
        ("\N{NO-BREAK SPACE}1", "is not a part of a range"),
        ("1" * 257, "at most 256 characters"),
    ],
)
def test_a_wrong_range_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidRange) as refusal:
        Range.parse(text)
    assert reason in str(refusal.value)
    assert "\0" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "1" + " " * 200 + "- 2" + " " * 50 + "x",
        " " * 256,
        "||" * 128,
        "1 " * 128,
        "1||" * 85 + "1",
        "~" * 256,
        "<" * 255 + "1",
        "^" * 128 + " " * 127 + "1",
        "^" + "1" * 255,
        "1.2.3-" + "a." * 125,
        "1.2.3-" + "-" * 249 + "_",
        ("0 - " * 64)[:256],
        "v" * 256,
        "0" * 256,
    ],
)
def test_an_absurd_range_is_answered_at_once(text: str) -> None:
    candidates = versions(*(f"1.{minor}.0" for minor in range(20)))
    start = time.perf_counter()
    with suppress(InvalidRange):
        Range.parse(text).best(candidates)
    # It takes about a millisecond. The bound leaves room for a busy machine; backtracking would take seconds.
    assert time.perf_counter() - start < 0.5
