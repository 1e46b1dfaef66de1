"""Filters, and counts that tell nobody of what he may not read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.actors import Actor
from hub.models import Namespace
from registry import catalogue
from registry.catalogue import Sample, Search, looking, window
from registry.models import Grant, Package
from registry.services import grants, packages, releases

type Build = Callable[..., Package]

TAGGED = "name: tagged\nversion: 1.0.0\nschema: v1\nmetadata: {tags: 'python, web', license: MIT}\nrules:\n  - name: tagged\n    rule: Be brief.\n    regex: TODO\n"


@pytest.fixture
def shelf(build_package: Build, owner: Actor) -> None:
    """One package of each visibility and more, all with the word “shelf”."""
    for visibility in ("public", "internal", "private"):
        build_package(f"shelf-{visibility}", "1.0.0", visibility=visibility)
    build_package("shelf-model", "1.0.0", kind="model")
    tagged = build_package("shelf-tagged")
    releases.publish(by=owner, package=tagged, version="1.0.0", manifest=TAGGED)


def counts(sample: Sample, name: str) -> dict[str, int]:
    return next({one.value: one.count for one in facet.values} for facet in sample.facets if facet.name == name)


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("text", ["shelf", ""])
def test_counts_are_of_what_the_reader_may_see(text: str, owner: Actor, member: Actor, stranger: Actor) -> None:
    seen = {actor: catalogue.facets(actor, Search(text)) for actor in (Actor(), stranger, member, owner)}
    assert [sample.total for sample in seen.values()] == [3, 3, 4, 5]
    assert [counts(sample, "kind")["rule"] for sample in seen.values()] == [2, 2, 3, 4]
    assert [counts(sample, "namespace") for sample in seen.values()] == [{"acme": n} for n in (3, 3, 4, 5)]


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("text", ["shelf", "shelf-private", ""])
def test_a_grant_opens_one_package_and_its_counts(owner: Actor, member: Actor, text: str) -> None:
    package = Package.objects.select_related("namespace").get(name="shelf-private")
    before = catalogue.facets(member, Search(text)).total
    grants.give(by=owner, package=package, permission="read", user=member.user)
    assert catalogue.facets(member, Search(text)).total == before + (0 if text == "shelf-private" and before else 1)
    assert package in catalogue.look(member, Search(text), limit=20).page.items
    grants.withdraw(by=owner, grant=Grant.objects.get(package=package))
    assert package not in catalogue.look(member, Search(text), limit=20).page.items


@pytest.mark.usefixtures("shelf")
def test_an_index_that_is_wrong_reveals_nothing() -> None:
    """Whatever the entries say: a package is asked itself."""
    Package.objects.filter(name="shelf-model").update(visibility="private")
    assert catalogue.facets(Actor(), Search("shelf")).total == 2
    assert "shelf-model" not in [one.name for one in catalogue.look(Actor(), Search("shelf"), limit=9).page.items]


@pytest.mark.usefixtures("shelf")
def test_filters_hold_with_words_and_without() -> None:
    for text in ("shelf", ""):
        for filters, found in (
            ({"kind": "model"}, {"shelf-model"}),
            ({"license": "mit"}, {"shelf-tagged"}),
            ({"license": "'; DROP"}, set()),
            ({"tag": "Python"}, {"shelf-tagged"}),
            ({"client": "cursor"}, {"shelf-public"}),
            ({"client": "opencode"}, {"shelf-public", "shelf-model"}),
            ({"client": "continue", "kind": "rule"}, {"shelf-public", "shelf-tagged"}),
            ({"namespace": "ACME", "kind": "model"}, {"shelf-model"}),
            ({"namespace": "nobody"}, set()),
            ({"verified": True}, set()),
        ):
            search = Search(text, **filters)
            names = {one.name for one in catalogue.look(Actor(), search, limit=9).page.items}
            assert names == found, (text, filters)
            assert catalogue.facets(Actor(), search).total == len(found), (text, filters)


@pytest.mark.usefixtures("shelf")
def test_verified_namespaces_are_asked_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (looking, window, catalogue.queries):
        monkeypatch.setattr(module, "verified_namespaces", lambda: Namespace.objects.filter(slug="acme"))
    sample = catalogue.facets(Actor(), Search("shelf", verified=True))
    assert (sample.total, counts(sample, "verified")) == (3, {"true": 3})
    assert catalogue.look(Actor(), Search(verified=True), limit=2).page.next_cursor


@pytest.mark.usefixtures("shelf")
def test_more_than_the_window_is_told(monkeypatch: pytest.MonkeyPatch, api: Any) -> None:
    monkeypatch.setattr(window, "MOST", 2)
    sample = catalogue.facets(Actor(), Search("shelf"))
    assert (sample.total, sample.is_capped) == (2, True)
    page = api("get", "/search?q=shelf").content.decode()
    assert "The best 2 of more packages" in page
    assert api("get", "search?q=shelf").json()["is_capped"] is True


@pytest.mark.usefixtures("shelf")
def test_what_becomes_private_is_gone_from_counts_at_once(owner: Actor) -> None:
    package = Package.objects.select_related("namespace").get(name="shelf-public")
    packages.update(by=owner, package=package, visibility="private", summary="")
    assert catalogue.facets(Actor(), Search("shelf")).total == 2
    packages.update(by=owner, package=package, visibility="public", summary="")
    assert catalogue.facets(Actor(), Search("shelf")).total == 3


@pytest.mark.usefixtures("shelf")
def test_the_page_links_to_narrower_searches(api: Any) -> None:
    page = api("get", "/search?q=shelf").content.decode()
    assert "?q=shelf&amp;kind=model" in page
    narrowed = api("get", "/search?q=shelf&kind=model").content.decode()
    assert 'aria-current="true"' in narrowed
    assert "1 package found" in narrowed
