"""Lists over REST: keyset cursors, orders, limits."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core import signing

from hub import keyset
from hub.actors import Actor
from registry.models import Package
from registry.services import packages
from tests.support.problems import problem

type Api = Callable[..., Any]
type Build = Callable[..., Package]

WRONG_LIMITS = ("0", "-1", "101", "1e9", "9" * 30, "9" * 1500, "x", "1.5", "NaN", " ", "0x10", "null")
NAMES = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu"]


@pytest.fixture
def zoo(build_package: Build) -> dict[str, Package]:
    """Seven packages, made in the order of their names."""
    return {name: build_package(name, "1.0.0") for name in NAMES}


def page(api: Api, path: str = "packages", **query: Any) -> dict[str, Any]:
    answer = api("get", f"{path}?{urlencode(query)}")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def names(body: dict[str, Any]) -> list[str]:
    return [item["name"] for item in body["items"]]


@pytest.mark.parametrize(
    ("sort", "expected"), [("name", NAMES), ("created", NAMES[::-1]), ("updated", NAMES[::-1])]
)  # fmt: skip
def test_pages_lead_through_a_list_and_back(api: Api, zoo: Any, sort: str, expected: list[str]) -> None:
    first = page(api, sort=sort, limit=3)
    assert (names(first), first["previous"]) == (expected[:3], None)
    second = page(api, sort=sort, limit=3, cursor=first["next"])
    assert names(second) == expected[3:6]
    third = page(api, sort=sort, limit=3, cursor=second["next"])
    assert (names(third), third["next"]) == (expected[6:], None)
    back = page(api, sort=sort, limit=3, cursor=third["previous"])
    assert names(back) == expected[3:6]
    start = page(api, sort=sort, limit=3, cursor=back["previous"])
    assert (names(start), start["previous"]) == (expected[:3], None)
    assert names(page(api, sort=sort, limit=3, cursor=start["next"])) == expected[3:6]


def test_a_search_by_relevance_has_pages_too(api: Api, zoo: Any, build_package: Build) -> None:
    for number in range(5):
        build_package(f"zebra-{number}", "1.0.0", summary="Striped " * (number + 1))
    everything = names(page(api, q="striped", limit=100))
    assert sorted(everything) == [f"zebra-{number}" for number in range(5)]
    found, cursor = [], ""
    for _ in range(3):
        body = page(api, q="striped", limit=2, **({"cursor": cursor} if cursor else {}))
        found += names(body)
        cursor = body["next"]
    assert (found, cursor) == (everything, None)


def test_rows_that_come_and_go_neither_repeat_nor_hide_others(
    api: Api, zoo: dict[str, Package], build_package: Build, owner: Actor
) -> None:
    first = page(api, sort="name", limit=3)
    build_package("aardvark", "1.0.0")
    build_package("cow", "1.0.0")
    packages.delete(by=owner, package=zoo["cat"])
    assert names(page(api, sort="name", limit=3, cursor=first["next"])) == ["cow", "dog", "eel"]
    newest = page(api, sort="created", limit=2)
    build_package("hen", "1.0.0")
    assert names(page(api, sort="created", limit=2, cursor=newest["next"])) == ["gnu", "fox"]


def test_equal_sort_values_are_told_apart(api: Api, zoo: dict[str, Package]) -> None:
    Package.objects.update(updated_at=zoo["ant"].updated_at)
    found, cursor = [], ""
    while cursor is not None:
        body = page(api, sort="updated", limit=2, **({"cursor": cursor} if cursor else {}))
        found += names(body)
        cursor = body["next"]
    assert found == NAMES[::-1]


def test_the_releases_of_a_package_go_by_version_not_by_time(api: Api, build_package: Build) -> None:
    build_package("style", "1.2.0", "1.10.0", "1.10.0-rc.1", "0.9.0", "2.0.0-alpha", "1.9.0")
    path = "packages/acme/style/releases"
    order = ["2.0.0-alpha", "1.10.0", "1.10.0-rc.1", "1.9.0", "1.2.0", "0.9.0"]
    assert [item["version"] for item in page(api, path)["items"]] == order
    first = page(api, path, limit=4)
    second = page(api, path, limit=4, cursor=first["next"])
    assert [item["version"] for item in second["items"]] == order[4:]
    back = page(api, path, limit=4, cursor=second["previous"])
    assert [item["version"] for item in back["items"]] == order[:4]
    assert "manifest" not in first["items"][0]


def test_a_cursor_of_another_list_or_order_is_refused(api: Api, zoo: Any) -> None:
    by_name = page(api, sort="name", limit=2)["next"]
    api_calls = [
        f"packages?{urlencode({'sort': sort, 'cursor': by_name})}" for sort in ("updated", "created", "relevance")
    ]
    api_calls += [
        f"packages?{urlencode({'q': 'ant', 'cursor': by_name})}",
        f"packages?{urlencode({'cursor': by_name})}",
    ]
    api_calls.append(f"packages/acme/ant/releases?{urlencode({'cursor': by_name})}")
    for path in api_calls:
        assert "Start again" in problem(api("get", path), 400, "cursor_invalid")["detail"], path


def test_a_cursor_made_by_hand_is_refused(api: Api, zoo: Any) -> None:
    real = page(api, sort="name", limit=2)["next"]
    head, _, tail = real.partition(":")
    forged = [
        real[:-1] + ("A" if real[-1] != "A" else "B"), f"x{real}", real[:-5], f"{head[:-2]}AA:{tail}", real + real,
        signing.dumps(["name", 0, [False, False], ["a", 1]], salt="elsewhere"),
        signing.dumps("name", salt="django.core.signing"), "nonsense", ":", "::", "é:é:é", "0", "%", ".eJw:1:2", "null",
    ]  # fmt: skip
    for cursor in forged:
        problem(api("get", f"packages?{urlencode({'sort': 'name', 'cursor': cursor})}"), 400, "cursor_invalid")
    problem(api("get", f"packages?{urlencode({'cursor': 'x' * 1001})}"), 400, "invalid")


def test_an_empty_cursor_is_the_first_page(api: Api, zoo: Any) -> None:
    assert names(page(api, sort="name", cursor="", limit=1)) == ["ant"]


def test_a_limit_that_is_none_is_refused(api: Api, build_package: Build) -> None:
    build_package("ant")
    for limit, path in itertools.product(WRONG_LIMITS, ("packages", "packages/acme/ant/releases")):
        refused = problem(api("get", f"{path}?{urlencode({'limit': limit})}"), 400, "invalid")
        assert refused["errors"][0]["field"] == "limit", limit


def test_the_page_is_thirty_rows_unless_asked_otherwise(api: Api, zoo: Any, build_package: Build) -> None:
    for number in range(26):
        build_package(f"more-{number:02}")
    assert len(page(api)["items"]) == 30
    assert len(page(api, limit=100)["items"]) == 33
    assert len(page(api, limit=1)["items"]) == 1


def test_an_order_that_is_none_is_refused(api: Api, zoo: Any) -> None:
    for sort in ("NAME", "downloads", "-name", "id", "search", "x" * 5000):
        assert problem(api("get", f"packages?{urlencode({'sort': sort})}"), 400)["errors"][0]["field"] == "sort"


def test_a_list_costs_one_query_however_deep(api: Api, zoo: Any, django_assert_num_queries: Any) -> None:
    cursor = page(api, sort="name", limit=2)["next"]
    with django_assert_num_queries(1):
        page(api, sort="name", limit=2)
    with django_assert_num_queries(1):
        page(api, sort="name", limit=2, cursor=cursor)


def test_an_empty_list_has_no_neighbours(db: None) -> None:
    empty = keyset.paginate(Package.objects.none(), keyset.Order("name", ("name", "id")), limit=5)
    assert (empty.items, empty.next_cursor, empty.previous_cursor) == ([], None, None)
