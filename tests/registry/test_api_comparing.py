"""Comparing and downloads over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.actors import Actor
from registry.models import Package
from registry.services import downloads, releases
from tests.conftest import RULE
from tests.support.problems import problem

type Api = Callable[..., Any]


@pytest.fixture
def style(build_package: Callable[..., Package], owner: Actor) -> Package:
    """Two releases that differ in text and README."""
    package = build_package("style", visibility="internal")
    for version, word in (("1.0.0", "Old"), ("1.1.0", "New")):
        manifest = RULE.format(title="style", version=version, text=f"{word} words.")
        notes = releases.Notes(readme=f"{word} README.\n")
        releases.publish(by=owner, package=package, version=version, manifest=manifest, notes=notes)
    return package


def test_a_comparison_says_what_changes_and_gives_diffs(style: Package, api: Api, owner: Actor) -> None:
    answer = api("get", "packages/acme/style/compare?from=1.0.0&to=1.1.0", owner)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["package"], body["before"], body["after"], body["files"]) == ("acme/style", "1.0.0", "1.1.0", [])
    change = body["changes"][0]
    assert (change["what"], change["how"], change["section"], change["field"]) == ("field", "changed", "rules", "rule")
    assert change["weighty"] is True
    readme = body["texts"][1]
    assert readme == {
        "file": "README.md",
        "added": 1,
        "removed": 1,
        "diff": "--- 1.0.0/README.md\n+++ 1.1.0/README.md\n@@ -1,1 +1,1 @@\n-Old README.\n+New README.\n",
        "is_cut": False,
    }
    assert api("get", "packages/acme/style/compare", owner).json() == body, "the latest, from the one before"
    same = api("get", "packages/acme/style/compare?from=1.1.0", owner).json()
    assert (same["changes"], same["texts"]) == ([], [])


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("to=1.0.0", 400, "nothing_to_compare"),
        ("from=9.0.0", 404, "not_found"),
        ("from=%3E%3E", 400, "version_invalid"),
        ("to=" + "1" * 300, 400, "invalid"),
    ],
)
def test_what_cannot_be_compared_is_said(
    style: Package, api: Api, owner: Actor, query: str, status: int, code: str
) -> None:
    problem(api("get", f"packages/acme/style/compare?{query}", owner), status, code)


def test_a_stranger_compares_nothing(style: Package, api: Api, stranger: Actor) -> None:
    assert api("get", "packages/acme/style/compare", stranger).status_code == 404
    assert api("get", "packages/acme/style/downloads", stranger).status_code == 404


def test_downloads_are_told_by_day(style: Package, api: Api, owner: Actor) -> None:
    for _ in range(3):
        api("get", "packages/acme/style/releases/1.1.0/manifest", owner)
    downloads.write()
    downloads.roll_up()
    body = api("get", "packages/acme/style/downloads?days=7", owner).json()
    assert body["total"] == 3
    assert len(body["days"]) == 7
    assert body["days"][-1] == {"day": downloads.today().isoformat(), "count": 3}
    assert api("get", "packages/acme/style", owner).json()["download_count"] == 3
    assert api("get", "packages/acme/style/releases/1.1.0", owner).json()["download_count"] == 3
    assert api("get", "packages/acme/style/downloads?days=9999", owner).status_code == 400
