"""Releases over REST: published once, read by any notation, yanked and given back; their bytes under strong ETags."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from hub.actors import Actor
from hub.models import AuditEvent
from registry.models import Package, Release
from tests.support.problems import problem

type Api = Callable[..., Any]
type Build = Callable[..., Package]

MANIFEST = "# ours\nname: style\nversion: 1.0.0\nschema: v1\nrules:\n  - name: style\n    rule: Grüße, brief.\n"
RELEASES = "packages/acme/style/releases"


def release(version: str = "1.0.0", manifest: str = MANIFEST, **more: Any) -> dict[str, Any]:
    """The body of a publication."""
    return {"version": version, "manifest": manifest, **more}


def test_a_release_is_published_with_all_that_is_told_about_it(api: Api, build_package: Build, admin: Actor) -> None:
    build_package("style")
    made = api("post", RELEASES, admin, release(readme="# Style\n", changelog="First."))
    assert made.status_code == 201, made.content
    assert made["Location"] == "/api/v1/packages/acme/style/releases/1.0.0"
    body = made.json()
    assert body["digest"] == "sha256:" + hashlib.sha256(MANIFEST.encode()).hexdigest()
    assert (body["package"], body["version"], body["published_by"]) == ("acme/style", "1.0.0", "adam")
    assert (body["manifest"], body["readme"], body["changelog"]) == (MANIFEST, "# Style\n", "First.")
    assert body["content"]["rules"] == [{"name": "style", "rule": "Grüße, brief."}]
    assert (body["is_yanked"], body["yank_reason"], body["warnings"]) == (False, "", [])
    assert api("get", made["Location"]).json() == body
    assert api("get", "packages/acme/style").json()["latest_version"] == "1.0.0"
    assert api("get", body["manifest_url"].removeprefix("http://testserver")).content == MANIFEST.encode()


@pytest.mark.parametrize(
    "version",
    [
        "1",
        "1.0",
        "v1.0.0",
        "1.0.0.0",
        "01.0.0",
        "latest",
        "",
        "1.0.0-",
        "1.0.0 ",
        "^1.0.0",
        "9" * 65,
        "１.0.0",
        "-1.0.0",
    ],
)
def test_only_a_semantic_version_is_published(api: Api, build_package: Build, owner: Actor, version: str) -> None:
    build_package("style")
    answer = api("post", RELEASES, owner, release(version))
    if answer.status_code == 201:
        assert version == "1.0.0 ", "only blanks around a version are forgiven"
    else:
        problem(answer, 400)


def test_a_published_version_is_never_published_again(api: Api, build_package: Build, owner: Actor) -> None:
    build_package("style", "1.0.0")
    problem(api("post", RELEASES, owner, release()), 409, "version_exists")
    assert Release.objects.count() == 1


@pytest.mark.parametrize(
    ("manifest", "place"),
    [
        ("name: style\nversion: 1.0.0\nrules:\n  - name: x\n", (4, 5)),
        ("name: style\nversion: 1.0.0\nrules: [1\n", (4, 1)),
        ("name: a\nversion: 1.0.0\nname: b\nrules: [x]\n", (3, 1)),
        ("name: style\nversion: 1.0.0\nrules:\n  - name: x\n    rule: token ghp_" + "a" * 36 + "\n", (5, 11)),
    ],
)
def test_a_manifest_that_is_not_valid_names_line_and_column(
    api: Api, build_package: Build, owner: Actor, manifest: str, place: tuple[int, int]
) -> None:
    build_package("style")
    refused = problem(api("post", RELEASES, owner, release(manifest=manifest)), 422, "manifest_invalid")
    first = refused["errors"][0]
    assert {"message", "line", "column", "file", "mend"} <= first.keys()
    assert (first["line"], first["column"]) == place
    assert "ghp_" not in str(refused)
    assert not Release.objects.exists()


@pytest.fixture
def many(build_package: Build) -> Package:
    """acme/style in several versions, out of order."""
    return build_package("style", "1.10.0", "0.9.1", "1.2.0", "2.0.0-rc.1", "1.2.3", "0.9.0", "2.1.0-beta.2")


CHOSEN = {
        "latest": "1.10.0", "1.2.0": "1.2.0", "2.0.0-rc.1": "2.0.0-rc.1", "^1.2": "1.10.0", "~1.2": "1.2.3",
        "1.2.x": "1.2.3", "<1.2": "0.9.1", "^0.9.0": "0.9.1", ">=2.0.0-rc.0 <2.0.0": "2.0.0-rc.1", "*": "1.10.0",
        "1": "1.10.0", "0.9.0 || 1.2.0": "1.2.0", "0.9.0 - 1.2": "1.2.3",
}  # fmt: skip


def test_a_release_is_read_by_version_latest_or_range(api: Api, many: Package) -> None:
    for wanted, chosen in CHOSEN.items():
        path = f"{RELEASES}/{quote(wanted, safe='')}"
        answer = api("get", path)
        assert answer.status_code == 200, answer.content
        assert answer.json()["version"] == chosen, wanted
        manifest = api("get", f"{path}/manifest")
        assert manifest["ETag"] == f'"{answer.json()["digest"]}"'
        assert manifest["Cache-Control"] == "public, no-cache", "an exact version too may be quarantined"


def test_a_version_that_nothing_meets_is_not_found(api: Api, many: Package) -> None:
    for wanted in ["3.0.0", "^3", "1.2.9", ">5", "<0.0.1"]:
        problem(api("get", f"{RELEASES}/{quote(wanted, safe='')}"), 404, "not_found")


def test_a_version_that_means_nothing_is_explained(api: Api, many: Package) -> None:
    wrong = ["nonsense", "1.2.3.4", "^", "v1", "1..2", ">=<1", "%", "9" * 300]
    for wanted, rest in itertools.product(wrong, ("", "/manifest")):
        problem(api("get", f"{RELEASES}/{quote(wanted, safe='')}{rest}"), 400, "version_invalid")


def test_a_package_without_releases_has_no_latest(api: Api, build_package: Build) -> None:
    build_package("style")
    problem(api("get", f"{RELEASES}/latest"), 404, "not_found")
    assert api("get", RELEASES).json() == {"items": [], "next": None, "previous": None}


def test_a_yanked_release_is_never_chosen_but_stays_readable_by_its_version(
    api: Api, many: Package, owner: Actor, member: Actor
) -> None:
    answer = api("post", f"{RELEASES}/1.10.0/yank", owner, {"reason": "  leaks  "})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["is_yanked"], answer.json()["yank_reason"]) == (True, "leaks")
    assert api("get", f"{RELEASES}/latest").json()["version"] == "1.2.3"
    assert api("get", f"{RELEASES}/%5E1").json()["version"] == "1.2.3"
    assert api("get", f"{RELEASES}/1.10.0").json()["yank_reason"] == "leaks"
    assert api("get", f"{RELEASES}/1.10.0/manifest").status_code == 200
    assert "1.10.0" in [item["version"] for item in api("get", RELEASES).json()["items"]]

    again = api("post", f"{RELEASES}/1.10.0/yank", owner, {"reason": "another"})
    assert (again.status_code, again.json()["yank_reason"]) == (200, "leaks")
    problem(api("post", f"{RELEASES}/1.10.0/unyank", member), 403)
    assert api("post", f"{RELEASES}/1.10.0/unyank", owner).json()["is_yanked"] is False
    assert api("post", f"{RELEASES}/1.10.0/unyank", owner).status_code == 200
    assert api("get", f"{RELEASES}/latest").json()["version"] == "1.10.0"
    actions = AuditEvent.objects.filter(action__endswith="yank").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["registry.release.yank", "registry.release.unyank"]


@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": " \t"}, {"reason": None}, {"reason": "x" * 501}, [], 5]
)
def test_a_yank_takes_a_reason(api: Api, many: Package, owner: Actor, body: Any) -> None:
    refused = problem(api("post", f"{RELEASES}/1.2.3/yank", owner, body), 400, "invalid")
    assert refused["errors"]
    assert not Release.objects.exclude(yanked_at=None).exists()


def test_a_manifest_is_answered_304_to_who_has_it(api: Api, build_package: Build, owner: Actor) -> None:
    build_package("style", "1.0.0")
    path = f"{RELEASES}/1.0.0/manifest"
    full = api("get", path)
    tag = full["ETag"]
    assert tag == '"sha256:' + hashlib.sha256(full.content).hexdigest() + '"'
    assert full["Content-Type"] == "application/yaml"
    for sent in (tag, f"W/{tag}", f'"other", {tag}', f'"a",W/{tag} , "b"', "*"):
        answer = api("get", path, **{"If-None-Match": sent})
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag), sent
        assert answer["Cache-Control"] == full["Cache-Control"]
        assert "Content-Type" not in answer
    for sent in ('"other"', 'W/"other"', "", '""', tag.replace("sha256", "sha512"), "sha256"):
        assert api("get", path, **{"If-None-Match": sent}).status_code == 200, sent
    assert api("head", path)["ETag"] == tag
    assert api("head", path).content == b""


def test_only_what_is_public_may_be_kept_by_a_shared_cache(api: Api, build_package: Build, owner: Actor) -> None:
    for name, visibility in (("open", "public"), ("shared", "internal"), ("own", "private")):
        build_package(name, "1.0.0", visibility=visibility)
        for version in ("1.0.0", "latest"):
            answer = api("get", f"packages/acme/{name}/releases/{version}/manifest", owner)
            who, _, rest = answer["Cache-Control"].partition(", ")
            assert who == ("public" if visibility == "public" else "private")
            assert rest == "no-cache"
            assert {"Authorization", "Cookie"} <= {word.strip() for word in answer["Vary"].split(",")}


@pytest.mark.parametrize(
    "accept",
    [
        "application/yaml",
        "text/plain",
        "application/problem+json",
        "text/html",
        "image/png;q=0.1",
        "nonsense",
        "*/*;q=0",
    ],
)
def test_what_a_client_accepts_never_keeps_the_answer_from_it(api: Api, build_package: Build, accept: str) -> None:
    build_package("style", "1.0.0")
    assert api("get", f"{RELEASES}/1.0.0/manifest", Accept=accept)["Content-Type"] == "application/yaml"
    assert api("get", "packages/acme/style", Accept=accept)["Content-Type"] == "application/json"
    problem(api("get", "packages/acme/none", Accept=accept), 404)


def test_a_markdown_rule_is_given_back_as_markdown(api: Api, build_package: Build, owner: Actor) -> None:
    build_package("style")
    text = "---\ndescription: Style\n---\n# Be brief\n"
    made = api("post", RELEASES, owner, release(manifest=text))
    assert made.status_code == 201, made.content
    answer = api("get", f"{RELEASES}/1.0.0/manifest")
    assert (answer.content.decode(), answer["Content-Type"]) == (text, "text/markdown; charset=utf-8")


def test_another_version_in_the_manifest_is_warned_about(api: Api, build_package: Build, owner: Actor) -> None:
    build_package("style")
    made = api("post", RELEASES, owner, release("1.0.1")).json()
    assert "says version 1.0.0" in made["warnings"][0]["message"]
