"""Who gets which page of the catalogue, and what a page costs the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.actors import Actor
from hub.models import AuditEvent
from registry.models import Package, Release, Visibility

type Build = Callable[..., Package]

ACTORS = ("anonymous", "stranger", "member", "admin", "owner")
READING = {
    "public": (200, 200, 200, 200, 200),
    "internal": (404, 404, 200, 200, 200),
    "private": (404, 404, 404, 200, 200),
}
CHANGING = {
    "public": (302, 403, 403, 200, 200),
    "internal": (302, 404, 403, 200, 200),
    "private": (302, 404, 404, 200, 200),
}
READ = ("", "/manifest", "/releases", "/releases/1.0.0", "/releases/latest", "/used-by", "/forks")
CHANGE = ("/settings", "/delete", "/new-release", "/releases/1.0.0/yank", "/releases/1.0.0/unyank")


@pytest.mark.parametrize("visibility", list(Visibility.values))
@pytest.mark.parametrize("path", READ)
def test_pages_are_read_by_those_who_may(
    visit: Callable[..., Any], build_package: Build, visibility: str, path: str
) -> None:
    build_package("style", "1.0.0", visibility=visibility)
    found = {who: visit(who, f"/acme/style{path}").status_code for who in ACTORS}
    assert found == dict(zip(ACTORS, READING[visibility], strict=True))


@pytest.mark.parametrize("visibility", list(Visibility.values))
@pytest.mark.parametrize("path", CHANGE)
def test_forms_are_opened_by_those_who_manage(
    visit: Callable[..., Any], build_package: Build, visibility: str, path: str
) -> None:
    build_package("style", "1.0.0", visibility=visibility)
    found = {who: visit(who, f"/acme/style{path}").status_code for who in ACTORS}
    assert found == dict(zip(ACTORS, CHANGING[visibility], strict=True))


def test_nobody_else_changes_a_package(visit: Callable[..., Any], build_package: Build) -> None:
    package = build_package("style", "1.0.0")
    events = AuditEvent.objects.filter(target_label__startswith="acme/style")
    before = events.count()
    for who in ("anonymous", "stranger", "member"):
        visit(who, "/acme/style/settings", {"visibility": "private", "summary": "taken"})
        visit(who, "/acme/style/delete", {"confirmation": "acme/style"})
        visit(who, "/acme/style/releases/1.0.0/yank", {"reason": "mine"})
    package.refresh_from_db()
    assert (package.visibility, package.deleted_at) == ("public", None)
    assert not Release.objects.get(package=package).is_yanked
    assert events.count() == before


def test_a_namespace_of_hidden_packages_is_not_there_for_a_stranger(
    visit: Callable[..., Any], build_package: Build
) -> None:
    build_package("style", "1.0.0", visibility="internal")
    assert visit("stranger", "/acme").status_code == 404
    assert visit("member", "/acme").status_code == 200


def test_an_assistant_with_a_hidden_part_tells_its_reader_so(
    visit: Callable[..., Any], build_package: Build, build_assistant: Build
) -> None:
    part = build_package("style", "1.0.0")
    build_assistant("helper", "rules:\n  - uses: acme/style\n")
    Package.objects.filter(id=part.id).update(visibility="private")
    answer = visit("stranger", "/acme/helper")
    assert answer.status_code == 200
    assert "contains a package that you may not read" in answer.content.decode()
    assert "Text of style" not in visit("stranger", "/acme/helper/manifest").content.decode()
    assert "Text of style" in visit("owner", "/acme/helper/manifest").content.decode()


def test_a_package_whose_first_release_is_refused_is_not_made(visit: Callable[..., Any], owner: Actor) -> None:
    form = {
        "namespace": "acme",
        "name": "style",
        "visibility": "public",
        "version": "1.0.0",
        "manifest": "---\nname: [",
    }
    answer = visit("owner", "/publish?kind=model", {**form, "readme": "", "changelog": ""})
    assert answer.status_code == 422
    assert not Package.objects.exists()


def test_a_composition_misses_no_part_without_a_word(visit: Callable[..., Any], build_package: Build) -> None:
    build_package("style", "1.0.0")
    form = {"namespace": "acme", "name": "helper", "visibility": "public", "version": "1.0.0", "do": "publish"}
    answer = visit("owner", "/compose", {**form, "part": ["acme/style", "acme/gone"], "range": ["", ""]})
    assert answer.status_code == 422
    assert "acme/gone" in answer.content.decode()
    assert not Package.objects.filter(name="helper").exists()


@pytest.mark.parametrize("text", ["\0", "\x1b", "a" * 5000, "../../x", "’\u2028"])
def test_odd_input_to_the_composer_is_answered(visit: Callable[..., Any], owner: Actor, text: str) -> None:
    form = {
        "do": f"add:{text}",
        "part": [text, f"{text}/{text}"],
        "range": [text],
        "rule": [text],
        "find": text,
        "kind": text,
    }
    assert visit("owner", "/compose", {**form, "namespace": text, "name": text, "version": text}).status_code == 200
    assert visit("owner", "/compose", {**form, "do": "publish", "name": text, "manifest": text}).status_code == 422


@pytest.mark.parametrize(
    "address", ["/", "/search", "/search?q=base", "/acme", "/acme/base/used-by", "/acme/base/releases", "/compose"]
)
def test_a_list_costs_the_same_whatever_its_length(
    visit: Callable[..., Any], build_package: Build, build_assistant: Build, address: str
) -> None:
    base = build_package("base", "1.0.0")
    build_assistant("helper", "rules:\n  - uses: acme/base\n")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert visit("owner", address).status_code == 200
        return len(queries)

    visit("owner", address)
    before = cost()
    for number in range(6):
        build_package(f"style-{number}", "1.0.0")
        build_assistant(f"helper-{number}", f"rules:\n  - uses: acme/base\n  - uses: acme/style-{number}\n")
    assert base.releases.count() == 1
    assert cost() == before


def test_an_assistants_page_costs_the_same_whatever_it_contains(
    visit: Callable[..., Any], build_package: Build, build_assistant: Build
) -> None:
    uses = []
    for number in range(12):
        build_package(f"style-{number}", "1.0.0")
        uses.append(f"  - uses: acme/style-{number}\n")
    build_assistant("small", "rules:\n" + uses[0])
    build_assistant("large", "rules:\n" + "".join(uses))
    visit("owner", "/acme/style-0")
    costs = []
    for name in ("small", "large"):
        with CaptureQueriesContext(connection) as queries:
            assert visit("owner", f"/acme/{name}").status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_htmx_gets_the_results_alone(visit: Callable[..., Any], build_package: Build) -> None:
    build_package("style", "1.0.0")
    asked = {"HX-Request": "true", "HX-Request-Type": "partial"}
    answer = visit("anonymous", "/search?q=style", **asked)
    assert answer.content.decode().lstrip().startswith('<section id="results"')
    assert "HX-Request" in answer.headers["Vary"]
    assert visit("anonymous", "/search?q=style").content.decode().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("query", ["kind=nothing", "sort=nothing", "cursor=made-up", "q=" + "x" * 201])
def test_a_search_that_cannot_be_read_is_refused_in_words(visit: Callable[..., Any], db: None, query: str) -> None:
    answer = visit("anonymous", f"/search?{query}")
    assert answer.status_code == 400
    assert "This search cannot be read" in answer.content.decode()
