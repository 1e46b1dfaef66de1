"""What moved, by how much, the next version, and the manifest that asks for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants.domain import composition, updating
from assistants.domain.updating import Level, Merges, Move, Taken
from registry.domain import yamltext
from registry.domain.versions import Version


def taken(path: str, version: str, release: int, package: str = "acme/style", **more: Any) -> Taken:
    return Taken(path, package, version, release=release, **more)


def move(before: str, after: str, *, fix: bool = False, package: str = "acme/style") -> Move:
    return Move("rules[0]", package, before, after, "because", is_security_fix=fix)


def test_moves_are_told_by_place_in_the_order_of_the_places() -> None:
    before = [taken("rules[10]", "1.0.0", 1), taken("rules[2]", "1.0.0", 1), taken("extends[0].rules[0]", "1.0.0", 3)]
    after = [taken("rules[10]", "1.1.0", 2), taken("rules[2]", "1.1.0", 2), taken("extends[0].rules[1]", "2.0.0", 4)]
    assert [(one.path, one.before, one.after) for one in updating.moves(before, after)] == [
        ("extends[0].rules[0]", "1.0.0", ""),
        ("extends[0].rules[1]", "", "2.0.0"),
        ("rules[2]", "1.0.0", "1.1.0"),
        ("rules[10]", "1.0.0", "1.1.0"),
    ]


def test_the_same_release_under_another_name_is_no_move() -> None:
    assert (
        updating.moves([taken("rules[0]", "1.0.0", 1, "acme/old")], [taken("rules[0]", "1.0.0", 1, "acme/new")]) == []
    )


def test_another_package_at_the_same_place_is_one_that_goes_and_one_that_comes() -> None:
    found = updating.moves([taken("rules[0]", "1.0.0", 1)], [taken("rules[0]", "1.0.0", 2, "acme/other")])
    assert [(one.package, one.before, one.after) for one in found] == [
        ("acme/style", "1.0.0", ""),
        ("acme/other", "", "1.0.0"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        ("1.0.0", "1.0.1", Level.PATCH),
        ("1.0.1", "1.0.0", Level.PATCH),
        ("1.0.9", "1.1.0", Level.MINOR),
        ("1.1.0", "2.0.0", Level.MAJOR),
        ("2.0.0-rc.1", "2.0.0", Level.PATCH),
        ("", "1.0.0", Level.MINOR),
        ("1.0.0", "", Level.MAJOR),
    ],
)
def test_how_far_a_move_goes(before: str, after: str, level: Level) -> None:
    assert move(before, after).level is level


def test_policy_covers_up_to_its_level_and_fixes_only_if_all_are() -> None:
    patch, minor, major = move("1.0.0", "1.0.1"), move("1.0.0", "1.1.0"), move("1.0.0", "2.0.0")
    fix = move("1.0.0", "2.0.0", fix=True)
    covered = {
        Merges.NONE: [],
        Merges.FIXES: [[fix]],
        Merges.PATCH: [[patch]],
        Merges.MINOR: [[patch], [minor], [patch, minor]],
        Merges.ALL: [[patch], [minor], [patch, minor], [minor, major], [fix], [patch, fix]],
    }
    every = [[patch], [minor], [patch, minor], [minor, major], [fix], [patch, fix], []]
    for merges, expected in covered.items():
        assert [moves for moves in every if updating.is_covered(merges, moves)] == expected


@pytest.mark.parametrize(
    ("current", "moves", "used", "expected"),
    [
        ("1.2.3", [move("1.0.0", "1.0.1")], set(), "1.2.4"),
        ("1.2.3", [move("1.0.0", "1.0.1")], {"1.2.4", "1.2.5"}, "1.2.6"),
        ("1.2.3", [move("1.0.0", "1.1.0")], set(), "1.3.0"),
        ("1.2.3", [move("1.0.0", "2.0.0")], {"1.3.0"}, "1.3.1"),
        ("2.0.0-rc.1", [move("1.0.0", "1.0.1")], set(), "2.0.1"),
    ],
)
def test_the_next_version(current: str, moves: list[Move], used: set[str], expected: str) -> None:
    assert updating.next_version(current, moves, used) == expected


def test_words_name_each_package_once() -> None:
    moves = [move("1.0.0", "1.1.0"), move("1.0.0", "1.1.0"), move("", "2.0.0", package="acme/new", fix=True)]
    words = updating.changelog(moves)
    assert words.count("acme/style") == 1
    assert "- `acme/new` 2.0.0 is new (security fix)" in words
    assert updating.title(moves) == "Update 2 packages"
    assert updating.title(moves[:1]) == "Update acme/style from 1.0.0 to 1.1.0"


@pytest.mark.parametrize(
    ("asked", "newest", "expected"),
    [
        ("^1.2", "1.9.0", None),
        ("^1.2", "2.1.0", "^2.1.0"),
        ("~1.2", "1.3.0", "~1.3.0"),
        ("1.2.0", "1.3.0", "1.3.0"),
        ("1.2.0", "1.1.0", None),
        ("=1.2.0", "1.3.0", "1.3.0"),
        (">=1 <2", "2.0.0", "^2.0.0"),
        ("", "9.0.0", None),
    ],
)
def test_a_wider_range_is_of_the_same_make(asked: str, newest: str, expected: str | None) -> None:
    read = composition.read(f'name: A\nversion: 1.0.0\nrules:\n  - uses: "acme/style@{asked}"\n')
    assert updating.widened(read.requirements[0], Version.parse(newest)) == expected


WRITTEN = """# Ours
name: A
version: "1.0.0" # of us
extends:
  - acme/base@^1
  - uses: 'acme/other@^1'
    without: [x]
rules:
  - uses: acme/style@^1   # stays
  - name: version
    rule: "version: 1.0.0"
"""


def test_a_manifest_is_rewritten_in_place() -> None:
    read = composition.read(WRITTEN)
    ranges = {"rules[0]": "^2.0.0", "extends[0]": "^3.0.0", "extends[1]": "^4.0.0"}
    expected = (
        WRITTEN.replace('"1.0.0" # of us', '"1.1.0" # of us')
        .replace("acme/base@^1", "acme/base@^3.0.0")
        .replace("'acme/other@^1'", "'acme/other@^4.0.0'")
        .replace("acme/style@^1 ", "acme/style@^2.0.0 ")
    )
    assert updating.rewritten(read, "1.1.0", ranges) == expected


def test_one_that_cannot_be_rewritten_in_place_is_written_anew() -> None:
    text = "name: A\nversion: &v 1.0.0\nextends: acme/base\nrules:\n  - {name: R, rule: *v}\n"
    read = composition.read(text)
    made = updating.rewritten(read, "1.0.1", {"extends[0]": "^2"})
    value = yamltext.parse(made).value
    assert (value["version"], value["extends"], value["rules"][0]["rule"]) == ("1.0.1", "acme/base@^2", "1.0.0")


@given(st.lists(st.sampled_from(["acme/a", "acme/b@^1", "acme/c@1.0.0"]), min_size=1, max_size=5, unique=True))
def test_whatever_is_rewritten_says_the_same_otherwise(names: list[str]) -> None:
    text = "name: A\nversion: 1.0.0\nrules:\n" + "".join(f"  - uses: {name}\n" for name in names)
    read = composition.read(text)
    again = composition.read(updating.rewritten(read, "2.0.0", {"rules[0]": "~7.0.0"}))
    assert [one.package for one in again.requirements] == [one.package for one in read.requirements]
    assert [str(one.range) for one in again.requirements] == [
        "~7.0.0",
        *(str(one.range) for one in read.requirements[1:]),
    ]
