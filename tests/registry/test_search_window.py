"""Which candidates are picked, when there are more packages than one look takes in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.actors import Actor
from registry.catalogue import Search, window
from registry.domain import search_text
from registry.models import Package
from registry.services import releases
from registry.services.releases import Notes
from tests.conftest import RULE

type Build = Callable[..., Package]

PACKAGES = 24


@pytest.fixture
def shelf(build_package: Build, owner: Actor, monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """Packages by number, with how closely each fits `style` (0: not at all). Spans are so short that there are several."""
    monkeypatch.setattr(search_text, "SPANS", (1, 2, 3))
    fits = {}
    for number in range(PACKAGES):
        closeness = (0, 1, 1, 2)[number % 4]
        package = build_package(f"style-{number}" if closeness == 2 else f"other-{number}")
        readme = "Of style." if closeness == 1 else ""
        manifest = RULE.format(title=package.name, version="1.0.0", text="Be brief.")
        releases.publish(by=owner, package=package, version="1.0.0", manifest=manifest, notes=Notes(readme))
        fits[package.id] = closeness
    package = build_package("style", "1.0.0")
    return fits | {package.id: 3, build_package("unlike", "1.0.0").id: 0}


def picked(monkeypatch: pytest.MonkeyPatch, most: int, **filters: str) -> dict[int, int]:
    monkeypatch.setattr(window, "MOST", most)
    asked = search_text.parse(filters.get("text", ""))
    return {number: one.closeness for number, one in window.candidates(Actor(), Search(**filters), asked).items()}


@pytest.mark.parametrize("most", [1, 2, 4, 7, 10, 18, 19, 50])
def test_as_many_as_there_is_room_for_and_the_closest(
    shelf: dict[int, int], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    found = picked(monkeypatch, most, text="style")
    assert found == {number: shelf[number] for number in found}
    wanted = sorted((closeness for closeness in shelf.values() if closeness), reverse=True)[:most]
    assert sorted(found.values(), reverse=True) == wanted


@pytest.mark.parametrize("most", [2, 3, 5])
def test_of_those_that_fit_alike_the_newest(shelf: dict[int, int], monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    heads = sorted((number for number, closeness in shelf.items() if closeness == 2), reverse=True)
    found = sorted((number for number, closeness in picked(monkeypatch, most, text="style").items() if closeness == 2))
    assert heads[0] in found
    assert set(found) <= set(heads[: most + 2])  # spans begin at round numbers, and within one there is no order


@pytest.mark.parametrize("most", [1, 6, 50])
def test_without_words_everything_fits(shelf: dict[int, int], monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    found = picked(monkeypatch, most)
    assert len(found) == min(most, len(shelf))
    assert max(found) > max(shelf) - 4  # the newest span
    assert picked(monkeypatch, most, license="MIT") == {}
    assert len(picked(monkeypatch, most, kind="rule")) == min(most, len(shelf))
