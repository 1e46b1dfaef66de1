"""Badges."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.badges import MOST_CHARACTERS, badge, short_count, width_of

SVG = "{http://www.w3.org/2000/svg}"


@given(st.text(), st.text())
def test_whatever_is_written_on_it_a_badge_is_a_picture_and_nothing_else(label: str, value: str) -> None:
    root = ET.fromstring(badge(label, value))
    names = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert names == {"svg", "title", "clipPath", "rect", "g", "text"}
    assert all(len(text.text or "") <= MOST_CHARACTERS for text in root.iter(f"{SVG}text"))
    assert not {name for element in root.iter() for name in element.keys()} & {"style", "class", "href"}  # noqa: SIM118


def test_texts_are_fitted_to_where_they_stand() -> None:
    root = ET.fromstring(badge("acme/style", "10.20.30"))
    label, value = root.iter(f"{SVG}text")
    _, left, right = root.iter(f"{SVG}rect")
    assert int(label.attrib["x"]) + int(label.attrib["textLength"]) < int(left.attrib["width"])
    end = int(value.attrib["x"]) + int(value.attrib["textLength"])
    assert end < int(left.attrib["width"]) + int(right.attrib["width"]) == int(root.attrib["width"])


def test_what_is_wide_takes_more_room() -> None:
    assert width_of("WWWW") > width_of("aaaa") > width_of("iiii")
    assert width_of("規則") == 22
    assert width_of("") == 1


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (1234, "1.2k"),
        (9999, "9.9k"),
        (12_345, "12k"),
        (999_999, "999k"),
        (1_500_000, "1.5M"),
        (2_000_000_000, "2G"),
    ],
)
def test_large_numbers_are_short(count: int, words: str) -> None:
    assert short_count(count) == words
