"""Beginnings, typing mistakes, what stands where, odd queries, pages, and the passage that is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.actors import Actor
from registry import catalogue
from registry.catalogue import Search
from registry.models import Package
from registry.services import packages, releases
from registry.services.releases import Notes

type Api = Callable[..., Any]
type Build = Callable[..., Package]

MANIFEST = "name: {name}\nversion: {version}\nschema: v1\nrules:\n  - name: {name}\n    rule: {text}\n"
HOSTILE = "<script>alert(1)</script> & <b>hostile</b> \ue000input\ue001 <img src=x onerror=alert(2)>"
ODD = ['"', '"open', "a & | ! b", "()", "!!", "<->", "'", "\\", "\\'", "*:*", "-", "-word", "--", "the", "the of and", "𝒳", "🚀", "🚀🚀 rocket", "x" * 200, "word " * 40, "é", "日本語", "\u202e", "\ue000", "acme/", "/", "//", "a/b/c", "=x", "#r:public", "'#r:public' | 'x'", "^st", "~sty", "%sty", "or", "and not", "\x1f", "\t"]  # fmt: skip


def publish(by: Actor, package: Package, *, version: str = "1.0.0", text: str = "Be brief.", readme: str = "") -> None:
    manifest = MANIFEST.format(name=package.name, version=version, text=text)
    releases.publish(by=by, package=package, version=version, manifest=manifest, notes=Notes(readme))


def names(actor: Actor, text: str, **filters: Any) -> list[str]:
    return [str(one) for one in catalogue.look(actor, Search(text, **filters), limit=50).page.items]


def test_words_of_name_summary_readme_and_content_count_in_this_order(build_package: Build, owner: Actor) -> None:
    publish(owner, build_package("other"), text="Mentions kubernetes.")
    publish(owner, build_package("guide"), readme="How to use kubernetes.")
    build_package("deploy", "1.0.0", summary="For kubernetes.")
    build_package("kubernetes-rules", "1.0.0")
    build_package("kubernetes", "1.0.0")
    found = ["acme/kubernetes", "acme/kubernetes-rules", "acme/deploy", "acme/guide", "acme/other"]
    assert names(Actor(), "kubernetes") == found


def test_only_the_latest_release_is_found(build_package: Build, owner: Actor) -> None:
    package = build_package("style")
    publish(owner, package, text="Mentions anchovies.")
    publish(owner, package, version="1.1.0", text="Mentions capers.")
    assert (names(Actor(), "anchovies"), names(Actor(), "capers")) == ([], ["acme/style"])
    newest = package.releases.select_related("package__namespace").get(version="1.1.0")
    releases.yank(by=owner, release=newest, reason="salty")
    assert (names(Actor(), "anchovies"), names(Actor(), "capers")) == (["acme/style"], [])


def test_what_is_deleted_is_not_found(build_package: Build, owner: Actor) -> None:
    package = build_package("style", "1.0.0")
    packages.delete(by=owner, package=package)
    assert names(owner, "style") == []


def test_a_new_package_of_a_deleted_ones_name_is_found_alone(build_package: Build, owner: Actor) -> None:
    packages.delete(by=owner, package=build_package("style", "1.0.0"))
    again = build_package("style", "2.0.0")
    found = catalogue.look(owner, Search("style"), limit=5)
    assert [one.id for one in found.page.items] == [again.id]


@pytest.mark.parametrize("text", ["na", "nami", "naming-th", "acme/nam", "things nam"])
def test_the_beginning_of_a_name_finds_it(build_package: Build, text: str) -> None:
    build_package("naming-things", "1.0.0")
    build_package("error-messages", "1.0.0")
    assert names(Actor(), text) == ["acme/naming-things"]


@pytest.mark.parametrize("text", ["secuirty", "securty", "securrity", "sequrity", "ecurity", "securit review"])
def test_a_typing_mistake_finds_the_name_that_was_meant(build_package: Build, text: str) -> None:
    build_package("security-review", "1.0.0")
    build_package("naming-things", "1.0.0")
    found = catalogue.look(Actor(), Search(text), limit=5)
    assert [str(one) for one in found.page.items] == ["acme/security-review"]


def test_what_is_only_similar_is_found_only_if_nothing_fits(build_package: Build) -> None:
    build_package("plans", "1.0.0")
    build_package("plants", "1.0.0")
    exact, mistaken = (catalogue.look(Actor(), Search(text), limit=5) for text in ("plans", "plnas"))
    assert ([one.name for one in exact.page.items], exact.is_guess) == (["plans"], False)
    assert mistaken.is_guess
    assert mistaken.page.items[0].name == "plans"


def test_the_middle_of_a_name_finds_it(build_package: Build) -> None:
    build_package("mygithubtools", "1.0.0")
    assert names(Actor(), "github") == ["acme/mygithubtools"]


def test_phrases_and_exclusions(build_package: Build, owner: Actor) -> None:
    publish(owner, build_package("first"), readme="Cache the lookup table.")
    publish(owner, build_package("second"), readme="Lookup of a table with a cache.")
    assert set(names(Actor(), "lookup table")) == {"acme/first", "acme/second"}
    assert names(Actor(), '"lookup table"') == ["acme/first"]
    assert names(Actor(), 'table -"a cache of a table"') == []
    assert names(Actor(), "lookup -first table") == ["acme/second"]


@pytest.mark.parametrize("text", ODD)
def test_every_query_is_answered(build_package: Build, api: Api, owner: Actor, text: str) -> None:
    build_package("style", "1.0.0")
    for address in ("packages", "search"):
        for actor in (None, owner):
            assert api("get", f"{address}?{urlencode({'q': text})}", actor).status_code == 200, text


def test_keys_are_no_words(build_package: Build) -> None:
    build_package("style", "1.0.0", visibility="private")
    for text in ("#r:public", "'#r:public'", "#k:rule", "=style", "^style"):
        assert names(Actor(), text) == []


def test_a_null_character_is_refused_in_words(api: Api, db: None) -> None:
    assert api("get", "search?q=%00").status_code == 400
    assert api("get", "/search?q=%00").status_code == 400


def test_the_passage_is_shown_as_text(build_package: Build, owner: Actor, api: Api) -> None:
    publish(owner, build_package("style"), readme=HOSTILE)
    page = api("get", "/search?q=hostile").content.decode()
    assert "<mark>hostile</mark>" in page
    assert "<script>alert" not in page
    assert "<img" not in page.partition('id="results"')[2]
    assert "\ue000" not in page
    item = api("get", "search?q=hostile").json()["items"][0]
    assert [part["text"] for part in item["passage"] if part["is_match"]] == ["hostile"]
    assert "".join(part["text"] for part in item["passage"]).count("\ue000") == 0


def test_pages_neither_repeat_nor_miss_a_package(build_package: Build, owner: Actor) -> None:
    for number in range(23):
        build_package(f"style-{number}", "1.0.0")
    for sort in ("", "updated", "created", "name"):
        seen: list[str] = []
        cursor, before = None, []
        while True:
            page = catalogue.look(Actor(), Search("style", sort=sort), limit=5, cursor=cursor).page
            seen += [one.name for one in page.items]
            if cursor is not None:
                back = catalogue.look(Actor(), Search("style", sort=sort), limit=5, cursor=page.previous_cursor).page
                assert [one.name for one in back.items] == before
            before, cursor = [one.name for one in page.items], page.next_cursor
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 23, sort


def test_a_package_that_comes_between_two_pages_moves_none(build_package: Build) -> None:
    for number in range(6):
        build_package(f"style-{number}", "1.0.0")
    search = Search("style", sort="created")
    first = catalogue.look(Actor(), search, limit=3).page
    build_package("style-new", "1.0.0")
    second = catalogue.look(Actor(), search, limit=3, cursor=first.next_cursor).page
    assert [one.name for one in (*first.items, *second.items)] == [f"style-{number}" for number in range(5, -1, -1)]


@pytest.mark.parametrize(("text", "most"), [("style", 3), ("nothing-like-it", 1), ("", 2), ("acme/style", 3)])
def test_a_search_takes_few_queries_whatever_it_finds(build_package: Build, text: str, most: int) -> None:
    for number in range(12):
        build_package(f"style-{number}", "1.0.0")
    with CaptureQueriesContext(connection) as queries:
        catalogue.look(Actor(), Search(text), limit=10)
    assert len(queries) <= most
