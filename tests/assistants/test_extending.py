"""Assistants that build on others, in the database: what is taken over, who may see it, circles, depth and quarantine."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistants.domain.layers import MAX_DEPTH
from assistants.models import Lock, LockEntry
from assistants.services import fetching, resolving
from hub.actors import ANONYMOUS, Actor
from hub.domain.decisions import PermissionRefused
from hub.models import Namespace
from registry.domain.faults import ManifestInvalid
from registry.models import Package, Release, Visibility
from registry.services import packages, quarantines, releases

type Build = Callable[..., Package]

BASE = "rules:\n  - uses: acme/style@^1\n  - name: Brief\n    rule: Be brief.\n"
OWN = "extends: acme/base\nrules:\n  - name: Mine\n    rule: Be kind.\n"


def config(package: Package) -> Any:
    lock = lock_of(package)
    return json.loads(bytes(lock.bundle.content))["config"]


def lock_of(package: Package) -> Lock:
    return Lock.objects.current().select_related("bundle").get(release=package.releases.latest("id"))


def rule_texts(package: Package) -> list[str]:
    return [one["rule"] for one in config(package)["rules"]]


def next_release(by: Actor, package: Package, version: str, body: str) -> Release:
    text = f"name: {package.name}\nversion: {version}\n{body}"
    return releases.publish(by=by, package=package, version=version, manifest=text)


def test_what_a_base_has_locked_is_taken_over_and_not_chosen_anew(
    build_package: Build, build_assistant: Build, owner: Actor
) -> None:
    style = build_package("style", "1.0.0")
    build_assistant("base", BASE)
    text = "name: style\nversion: 1.1.0\nrules:\n  - name: style\n    rule: Newer.\n"
    releases.publish(by=owner, package=style, version="1.1.0", manifest=text)
    helper = build_assistant("helper", OWN)
    assert rule_texts(helper) == ["Text of style 1.0.0.", "Be brief.", "Be kind."]
    rows = dict(LockEntry.objects.filter(lock=lock_of(helper)).values_list("path", "release__version"))
    assert rows == {"extends[0]": "1.0.0", "extends[0].rules[0]": "1.0.0"}
    explained = {one["path"]: one for one in lock_of(helper).explanation}
    assert explained["extends[0]"]["reason"] == "newest stable release"
    assert explained["extends[0].rules[0]"]["via"] == "acme/base@1.0.0"
    assert explained["extends[0].rules[0]"]["reason"].endswith("as the release that is built on has it locked")


def test_bases_of_bases_come_along(build_package: Build, build_assistant: Build) -> None:
    build_package("style", "1.0.0")
    build_assistant("ground", BASE)
    build_assistant("base", "extends: acme/ground\nrules:\n  - name: Brief\n    rule: Be very brief.\n")
    helper = build_assistant("helper", OWN)
    assert rule_texts(helper) == ["Text of style 1.0.0.", "Be very brief.", "Be kind."]
    named = {one["path"]: one["package"] for one in lock_of(helper).document["extends"]}
    assert named == {"extends[0]": "acme/base", "extends[0].extends[0]": "acme/ground"}
    paths = [one["path"] for one in lock_of(helper).document["requirements"]]
    assert paths == ["extends[0].extends[0].rules[0]"]


def test_nothing_builds_on_itself_not_even_the_long_way_round(build_assistant: Build, owner: Actor) -> None:
    base = build_assistant("base", "rules: [x]\n")
    build_assistant("middle", "extends: acme/base\n")
    for extended in ("acme/base", "acme/middle"):
        with pytest.raises(ManifestInvalid) as caught:
            next_release(owner, base, "2.0.0", f"extends: {extended}\nrules: [y]\n")
        assert "cannot build on itself" in caught.value.faults[0].message
    assert base.releases.count() == 1


def test_the_depth_is_limited(build_assistant: Build) -> None:
    build_assistant("a1", "rules: [x]\n")
    for number in range(2, MAX_DEPTH + 1):
        build_assistant(f"a{number}", f"extends: acme/a{number - 1}\nrules: [y{number}]\n")
    with pytest.raises(ManifestInvalid) as caught:
        build_assistant("too-deep", f"extends: acme/a{MAX_DEPTH}\n")
    assert f"at most {MAX_DEPTH} build on one another" in caught.value.faults[0].message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("extends: acme/style\n", "is of kind rule; it cannot stand under “extends”"),
        ("rules:\n  - uses: acme/base\n", "is of kind assistant; it cannot stand under “rules”"),
        ("extends: acme/none\n", "There is no package “acme/none” that you may read"),
        ("extends: acme/base@^2\n", "No release of “acme/base” fits “^2”"),
        ("extends: [{uses: acme/base, without: [acme/style, Brief]}]\n", "Nothing is left of the assistant"),
    ],
)
def test_what_cannot_be_extended_is_refused(
    build_package: Build, build_assistant: Build, body: str, message: str
) -> None:
    build_package("style", "1.0.0")
    build_assistant("base", BASE)
    with pytest.raises(ManifestInvalid) as caught:
        build_assistant("helper", body)
    assert message in caught.value.faults[0].message


def test_a_part_that_fewer_may_read_does_not_come_along(
    build_package: Build, build_assistant: Build, owner: Actor
) -> None:
    """A base was public when it was published, and what it brings may have become internal since."""
    style = build_package("style", "1.0.0")
    build_assistant("base", BASE)
    packages.update(by=owner, package=style, summary="", visibility=Visibility.INTERNAL)
    with pytest.raises(ManifestInvalid) as caught:
        build_assistant("helper", OWN)
    assert "brings something that cannot stand here" in caught.value.faults[0].message


def test_who_may_not_read_the_base_gets_nothing_of_it(
    build_package: Build, build_assistant: Build, owner: Actor
) -> None:
    build_package("style", "1.0.0")
    base = build_assistant("base", BASE)
    build_assistant("helper", OWN)
    assert fetching.find_now(ANONYMOUS, "acme", "helper").version == "1.0.0"
    packages.update(by=owner, package=base, summary="", visibility=Visibility.PRIVATE)
    with pytest.raises(PermissionRefused, match="may not read"):
        fetching.find_now(ANONYMOUS, "acme", "helper")


def test_quarantine_reaches_what_builds_on_it(build_package: Build, build_assistant: Build, owner: Actor) -> None:
    style = build_package("style", "1.0.0")
    build_assistant("base", BASE)
    build_assistant("helper", OWN)
    quarantines.impose(by=owner, package=style, reason="leaks")
    with pytest.raises(PermissionRefused, match="quarantined"):
        fetching.find_now(owner, "acme", "helper")
    with pytest.raises(ManifestInvalid) as caught:
        build_assistant("another", OWN)
    assert "contains “acme/style”, which is quarantined" in caught.value.faults[0].message


def test_queries_do_not_grow_with_what_is_built_on(
    build_package: Build, build_assistant: Build, owner: Actor, acme: Namespace
) -> None:
    counts = []
    for number in (1, 10):
        for index in range(number):
            build_package(f"rule{number}-{index}", "1.0.0")
        uses = "".join(f"  - uses: acme/rule{number}-{index}\n" for index in range(number))
        build_assistant(f"ground{number}", f"rules:\n{uses}")
        build_assistant(f"base{number}", f"extends: acme/ground{number}\n")
        into = Package(namespace=acme, name="preview", kind="assistant", visibility="public")
        with CaptureQueriesContext(connection) as queries:
            manifest = f"name: A\nversion: 1.0.0\nextends: acme/base{number}\n"
            found = resolving.preview(by=owner, into=into, version="1.0.0", manifest=manifest)
        assert len(found.document["config"]["rules"]) == number
        counts.append(len(queries))
    assert counts == [6, 6]
