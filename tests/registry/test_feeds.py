"""Atom feeds: valid for a reader, the same bytes until something changes, and silent about what is private."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hub.actors import Actor
from registry import feeds
from registry.models import Package, Release
from registry.services import releases

ATOM = "{http://www.w3.org/2005/Atom}"
CATALOGUE, ACME = "/feeds/packages", "/feeds/namespaces/acme"


def entries(answer: Any) -> list[str | None]:
    """The titles of a feed's entries."""
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return [entry.findtext(f"{ATOM}title") for entry in ET.fromstring(answer.content).iter(f"{ATOM}entry")]


def test_a_package_tells_its_releases_the_last_published_first(
    client: Client, build_package: Callable[..., Package], yanked_release: Release
) -> None:
    assert entries(client.get("/acme/leaky/feed")) == ["acme/leaky 1.1.0 (yanked)", "acme/leaky 1.0.0"]
    root = ET.fromstring(client.get("/acme/leaky/feed").content)
    first = root.find(f"{ATOM}entry")
    assert first is not None
    day = f"{yanked_release.published_at:%Y-%m-%d}"
    assert first.findtext(f"{ATOM}id") == f"tag:testserver,{day}:release/{yanked_release.id}"
    assert "leaks" in (first.findtext(f"{ATOM}summary") or "")
    assert [link.get("href") for link in root.findall(f"{ATOM}link")] == [
        "http://testserver/acme/leaky",
        "http://testserver/acme/leaky/feed",
    ]


def test_catalogue_namespace_and_search_tell_the_latest_releases(
    client: Client, build_package: Callable[..., Package]
) -> None:
    build_package("style", "1.0.0", "1.1.0")
    build_package("ask", "2.0.0", kind="prompt")
    build_package("empty")
    for address in (CATALOGUE, ACME):
        assert entries(client.get(address)) == ["acme/ask 2.0.0", "acme/style 1.1.0"]
    assert entries(client.get(f"{CATALOGUE}?kind=rule")) == ["acme/style 1.1.0"]
    assert entries(client.get(f"{CATALOGUE}?q=ask&namespace=acme")) == ["acme/ask 2.0.0"]
    assert client.get(f"{CATALOGUE}?kind=nonsense").status_code == 400


def test_what_is_private_is_told_to_its_readers_alone(
    client: Client,
    build_package: Callable[..., Package],
    api: Callable[..., Any],
    owner: Actor,
    member: Actor,
    stranger: Actor,
) -> None:
    build_package("secret", "1.0.0", visibility="private")
    missing = client.get("/acme/nothing/feed")
    for actor in (None, stranger, member):
        hidden = api("get", "/acme/secret/feed", actor)
        assert (hidden.status_code, hidden.content) == (404, missing.content)
        assert entries(api("get", CATALOGUE, actor)) == []
    assert client.get(ACME).status_code == 404
    assert client.get(ACME).content == client.get("/feeds/namespaces/nobody").content
    assert entries(api("get", ACME, member)) == []
    for address in ("/acme/secret/feed", CATALOGUE, ACME):
        shown = api("get", address, owner)
        assert entries(shown) == ["acme/secret 1.0.0"]
        assert shown.headers["Cache-Control"] == "private, no-cache"


def test_nothing_new_costs_no_body(client: Client, build_package: Callable[..., Package], owner: Actor) -> None:
    style = build_package("style", "1.0.0")
    for address in (CATALOGUE, ACME, "/acme/style/feed"):
        first = client.get(address)
        assert first.headers["Cache-Control"] == "public, no-cache"
        assert client.get(address).content == first.content
        for header, value in (("if-none-match", first.headers["ETag"]), ("if-modified-since", first["Last-Modified"])):
            again = client.get(address, headers={header: value})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["ETag"] == first.headers["ETag"]
        release = style.releases.select_related("package__namespace").first()
        assert release is not None
    releases.yank(by=owner, release=release, reason="Old.")
    assert client.get("/acme/style/feed", headers={"if-none-match": first.headers["ETag"]}).status_code == 200


def test_an_empty_feed_stays_the_same(client: Client, db: None) -> None:
    assert client.get(CATALOGUE).content == client.get(CATALOGUE).content
    assert entries(client.get(CATALOGUE)) == []


def test_a_feed_has_an_end(
    client: Client, build_package: Callable[..., Package], monkeypatch: pytest.MonkeyPatch
) -> None:
    build_package("style", "1.0.0", "1.1.0", "1.2.0")
    build_package("other", "1.0.0")
    monkeypatch.setattr(feeds, "MAX_ENTRIES", 1)
    assert entries(client.get("/acme/style/feed")) == ["acme/style 1.2.0"]
    assert len(entries(client.get(CATALOGUE))) == 1


def test_pages_lead_to_their_feeds(client: Client, build_package: Callable[..., Package]) -> None:
    build_package("style", "1.0.0")
    for page, feed in (
        ("/", CATALOGUE),
        ("/search?q=style&kind=rule&sort=name", f"{CATALOGUE}?q=style&amp;kind=rule"),
        ("/acme", ACME),
        ("/acme/style", "/acme/style/feed"),
    ):
        html = client.get(page).content.decode()
        assert 'rel="alternate"' in html
        assert f'href="{feed}"' in html, page


@pytest.mark.parametrize("address", [CATALOGUE, "/acme/style/feed"])
def test_a_feed_costs_the_same_however_many_entries(
    client: Client, build_package: Callable[..., Package], address: str, django_assert_max_num_queries: Any
) -> None:
    build_package("style", "1.0.0", "1.1.0", "1.2.0")
    build_package("other", "1.0.0")
    with django_assert_max_num_queries(2):
        client.get(address)
