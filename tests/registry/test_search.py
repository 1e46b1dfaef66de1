"""What a search finds, for whom, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from hub.actors import Actor
from registry.models import Package
from registry.services import packages, releases

type Api = Callable[..., Any]
type Build = Callable[..., Package]

TAGGED = "name: tagged\nversion: 1.0.0\nmetadata: {{tags: '{tags}', description: '{text}'}}\nrules:\n  - Be brief.\n"

TEXTS = ['"', "'", "a & | ! b", "()", "<->", "%", "_", "\\", "a" * 200, "*:*", "-", "--", '"open', "é'é", "𝒳", "or", "not", "//", "/", "a/", "/b", ";drop", "\u202e", "\t"]  # fmt: skip


@pytest.fixture
def catalogue(build_package: Build, owner: Actor, stranger: Actor) -> None:
    """Packages of several kinds and namespaces."""
    build_package("secure-coding", "1.0.0", summary="Treats input as hostile.")
    build_package("coding", "1.0.0", summary="Ordinary conventions.")
    build_package("review", "1.0.0", kind="prompt", summary="Reviews a diff for secure coding mistakes.")
    build_package("local", "1.0.0", kind="model", summary="Runs here.")
    build_package("plans", "1.0.0", summary="Unreleased ideas on coding.", visibility="private")
    assert stranger.user is not None
    build_package("coding", "1.0.0", by=stranger, namespace=stranger.user.namespace, summary="Theirs.")
    tagged = build_package("tagged")
    releases.publish(
        by=owner,
        package=tagged,
        version="1.0.0",
        manifest=TAGGED.format(tags="Python, security", text="Said in the manifest"),
    )


def search(api: Api, actor: Actor | None = None, **query: str) -> list[str]:
    answer = api("get", f"packages?{urlencode(query)}", actor)
    assert answer.status_code == 200, answer.content
    return [item["full_name"] for item in answer.json()["items"]]


@pytest.mark.usefixtures("catalogue")
def test_the_package_of_that_name_comes_first(api: Api) -> None:
    found = search(api, q="coding")
    assert set(found[:2]) == {"acme/coding", "stranger/coding"}
    assert set(found[2:]) == {"acme/secure-coding", "acme/review"}


@pytest.mark.usefixtures("catalogue")
def test_a_full_name_finds_the_package(api: Api) -> None:
    assert search(api, q="stranger/coding") == ["stranger/coding"]
    assert search(api, q="ACME/Cod") == ["acme/coding"]
    assert search(api, q="nobody/coding") == []


@pytest.mark.usefixtures("catalogue")
def test_words_are_found_in_other_forms_and_parts_of_names(api: Api) -> None:
    assert search(api, q="hostile inputs") == ["acme/secure-coding"]
    assert search(api, q="mistake") == ["acme/review"]
    assert search(api, q="ecure") == ["acme/secure-coding"]


@pytest.mark.usefixtures("catalogue")
def test_what_is_private_is_found_only_by_those_who_may_read_it(api: Api, owner: Actor, member: Actor) -> None:
    assert search(api, owner, q="unreleased") == ["acme/plans"]
    assert search(api, member, q="unreleased") == []
    assert search(api, q="unreleased") == []
    assert "acme/plans" not in search(api, kind="rule")


@pytest.mark.usefixtures("catalogue")
def test_filters_narrow_together(api: Api) -> None:
    assert search(api, kind="model") == ["acme/local"]
    assert search(api, namespace="stranger") == ["stranger/coding"]
    assert search(api, namespace="STRANGER") == ["stranger/coding"]
    assert search(api, q="coding", kind="prompt") == ["acme/review"]
    assert search(api, tag="python") == search(api, tag="SECURITY") == ["acme/tagged"]
    assert search(api, tag="java") == search(api, kind="poem") == search(api, namespace="nobody") == []


@pytest.mark.usefixtures("catalogue")
def test_the_manifest_describes_a_package_that_says_nothing_itself(api: Api) -> None:
    assert search(api, q="said manifest") == ["acme/tagged"]


@pytest.mark.usefixtures("catalogue")
def test_every_text_can_be_searched_for(api: Api) -> None:
    for text in TEXTS:
        search(api, q=text)


@pytest.mark.usefixtures("catalogue")
def test_signs_with_a_meaning_in_patterns_are_taken_as_themselves(api: Api) -> None:
    assert search(api, q="%") == search(api, q="c_ding") == search(api, q="acme/%") == []


@pytest.mark.usefixtures("catalogue")
def test_a_blank_search_lists_everything_newest_first(api: Api) -> None:
    assert search(api, q="  ") == search(api)
    assert search(api)[0] == "acme/tagged"


@pytest.mark.usefixtures("catalogue")
def test_a_new_summary_is_found_at_once(api: Api, owner: Actor) -> None:
    package = Package.objects.select_related("namespace").get(name="local")
    packages.update(by=owner, package=package, visibility="public", summary="Quantized weights.")
    assert search(api, q="quantized") == ["acme/local"]
