"""Bundles and locks over REST: by name and by digest, for whom, and what a cache may keep."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from hub.actors import Actor
from registry.models import Package, Release
from registry.services import packages, releases
from tests.support.problems import problem

type Api = Callable[..., Any]
type Build = Callable[..., Package]

BODY = "rules:\n  - uses: acme/style@^1\n  - Be brief.\nmodels:\n  - uses: acme/brain\n"


@pytest.fixture
def helper(build_package: Build, build_assistant: Build) -> Package:
    """acme/helper: a rule by range, an inline rule, a model with a secret."""
    build_package("style", "1.0.0", "1.2.0", "2.0.0")
    build_package("brain", "1.0.0", kind="model")
    return build_assistant("helper", BODY)


def again(package: Package, by: Actor, version: str, body: str = BODY) -> Release:
    manifest = f"name: {package.name}\nversion: {version}\nschema: v1\n{body}"
    return releases.publish(by=by, package=package, version=version, manifest=manifest)


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def test_a_bundle_is_everything_expanded_under_its_digest(api: Api, helper: Package) -> None:
    answer = api("get", "assistants/acme/helper/bundle")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["ETag"] == f'"{digest_of(answer.content)}"'
    bundle = answer.json()
    assert bundle["assistant"]["package"] == "acme/helper"
    assert [rule if isinstance(rule, str) else rule["rule"] for rule in bundle["config"]["rules"]] == [
        "Text of style 1.2.0.",
        "Be brief.",
    ]
    assert {(one["package"], one["version"]) for one in bundle["requirements"]} == {
        ("acme/brain", "1.0.0"), ("acme/style", "1.2.0"),
    }  # fmt: skip
    assert bundle["secrets"] == [{"name": "MODEL_KEY", "fqsn": "acme/helper/acme/brain/MODEL_KEY"}]
    canonical = json.dumps(bundle, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert answer.content == canonical


def test_a_lock_names_exact_versions_digests_and_the_bundle(api: Api, helper: Package) -> None:
    answer = api("get", "assistants/acme/helper/lock")
    assert answer["ETag"] == f'"{digest_of(answer.content)}"'
    lock = answer.json()
    assert f'"{lock["bundle"]}"' == api("get", "assistants/acme/helper/bundle")["ETag"]
    for one in lock["requirements"]:
        assert (
            Release.objects.get(package__name=one["package"].split("/")[1], version=one["version"]).digest
            == one["digest"]
        )


def test_a_bundle_by_digest_is_the_same_and_asked_for_each_time(api: Api, helper: Package, owner: Actor) -> None:
    named = api("get", "assistants/acme/helper/bundle")
    digest = named["ETag"].strip('"')
    answer = api("get", f"bundles/{digest}")
    assert (answer.status_code, answer.content, answer["ETag"]) == (200, named.content, named["ETag"])
    assert answer["Cache-Control"] == "public, no-cache"
    assert api("get", f"bundles/{digest}", owner)["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("rest", ["bundle", "lock"])
def test_who_has_it_is_answered_304(api: Api, helper: Package, rest: str) -> None:
    full = api("get", f"assistants/acme/helper/{rest}")
    tag = full["ETag"]
    for sent in (tag, f"W/{tag}", f'"x", W/{tag}', "*"):
        answer = api("get", f"assistants/acme/helper/{rest}", **{"If-None-Match": sent})
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag), sent
        assert answer["Cache-Control"] == full["Cache-Control"] == "public, no-cache"
        assert {"Authorization", "Cookie"} <= {word.strip() for word in answer["Vary"].split(",")}
    for sent in ('"x"', tag[:-2] + '"', ""):
        assert api("get", f"assistants/acme/helper/{rest}", **{"If-None-Match": sent}).content == full.content


def test_a_bundle_by_digest_is_answered_304_too(api: Api, helper: Package) -> None:
    tag = api("get", "assistants/acme/helper/bundle")["ETag"]
    digest = tag.strip('"')
    assert api("get", f"bundles/{digest}", **{"If-None-Match": tag}).status_code == 304
    unknown = "sha256:" + "0" * 64
    problem(api("get", f"bundles/{unknown}", **{"If-None-Match": "*"}), 404, "not_found")


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        ("latest", "1.3.0"),
        ("", "1.3.0"),
        ("1.0.0", "1.0.0"),
        ("^1.2", "1.3.0"),
        ("~1.2", "1.2.0"),
        ("<1.2", "1.0.0"),
        ("*", "1.3.0"),
    ],
)
def test_a_version_is_latest_exact_or_a_range(
    api: Api, helper: Package, owner: Actor, wanted: str, version: str
) -> None:
    for other in ("1.2.0", "1.3.0", "2.0.0-rc.1"):
        again(helper, owner, other)
    for rest in ("bundle", "lock"):
        answer = api("get", f"assistants/acme/helper/{rest}?version={quote(wanted)}")
        assert answer.json()["assistant"]["version"] == version
    assert api("get", "assistants/acme/helper/bundle").json()["assistant"]["version"] == "1.3.0"


def test_a_version_that_is_not_there_or_means_nothing(api: Api, helper: Package) -> None:
    for rest in ("bundle", "lock"):
        for wanted in ("9.9.9", "^9", "x" * 300):
            problem(api("get", f"assistants/acme/helper/{rest}?version={quote(wanted)}"), 404, "not_found")
        for wanted in ("nonsense", "v1.0.0", "1.2.3.4", "é", "\ufffd", "1.0.0 \u202e"):
            problem(api("get", f"assistants/acme/helper/{rest}?version={quote(wanted)}"), 400, "version_invalid")


def test_a_yanked_assistant_is_served_only_by_its_exact_version(api: Api, helper: Package, owner: Actor) -> None:
    release = again(helper, owner, "1.1.0")
    releases.yank(by=owner, release=release, reason="wrong")
    assert api("get", "assistants/acme/helper/bundle").json()["assistant"]["version"] == "1.0.0"
    assert api("get", "assistants/acme/helper/bundle?version=%5E1").json()["assistant"]["version"] == "1.0.0"
    assert api("get", "assistants/acme/helper/bundle?version=1.1.0").status_code == 200


def test_what_is_no_assistant_has_no_bundle(api: Api, helper: Package) -> None:
    for rest in ("bundle", "lock", "bundle?version=^1"):
        problem(api("get", f"assistants/acme/style/{rest}"), 404, "not_found")


@pytest.mark.parametrize("visibility", ["internal", "private"])
def test_a_hidden_assistant_answers_like_an_absent_one(
    api: Api, build_assistant: Build, owner: Actor, member: Actor, stranger: Actor, visibility: str
) -> None:
    build_assistant("hidden", "rules:\n  - Be brief.\n", visibility=visibility)
    named = api("get", "assistants/acme/hidden/bundle", owner)
    assert named["Cache-Control"] == "private, no-cache"
    digest = named["ETag"].strip('"')
    other = "sha256:" + "1" * 64
    seen = 200 if visibility == "internal" else 404
    for actor, status in ((owner, 200), (member, seen), (stranger, 404), (None, 404)):
        for path, absent in (
            ("assistants/acme/hidden/bundle", "assistants/acme/absent/bundle"),
            ("assistants/acme/hidden/lock?version=1.0.0", "assistants/acme/absent/lock?version=1.0.0"),
            ("assistants/acme/hidden/bundle?version=%5E1", "assistants/acme/absent/bundle?version=%5E1"),
            (f"bundles/{digest}", f"bundles/{other}"),
        ):
            answer = api("get", path, actor)
            assert answer.status_code == status, (actor, path)
            if status == 404:
                assert answer.content == api("get", absent, actor).content


def test_a_part_that_was_hidden_later_hides_the_assistant_from_strangers(
    api: Api, helper: Package, owner: Actor, stranger: Actor
) -> None:
    digest = api("get", "assistants/acme/helper/bundle", stranger)["ETag"].strip('"')
    part = Package.objects.select_related("namespace").get(name="style")
    packages.update(by=owner, package=part, visibility="private", summary="")
    for rest in ("bundle", "lock"):
        refused = problem(api("get", f"assistants/acme/helper/{rest}", stranger), 403, "not_allowed")
        assert "style" not in refused["detail"]
    problem(api("get", f"bundles/{digest}", stranger), 404)
    assert api("get", "assistants/acme/helper/bundle", owner).status_code == 200


def test_a_deleted_assistant_is_gone_and_a_deleted_part_stays_in_the_lock(
    api: Api, helper: Package, owner: Actor
) -> None:
    before = api("get", "assistants/acme/helper/bundle")
    packages.delete(by=owner, package=Package.objects.select_related("namespace").get(name="style"))
    assert api("get", "assistants/acme/helper/bundle").content == before.content
    packages.delete(by=owner, package=helper)
    problem(api("get", "assistants/acme/helper/bundle"), 404)
    problem(api("get", "bundles/" + before["ETag"].strip('"')), 404)


@pytest.mark.parametrize(
    "digest",
    [
        "sha256:abc",
        "sha256:" + "A" * 64,
        "md5:" + "0" * 64,
        "0" * 64,
        "sha256:" + "0" * 65,
        "latest",
        "%20",
        "é",
        "..%2F",
    ],
)
def test_a_digest_that_is_none_is_not_found(api: Api, db: None, digest: str) -> None:
    problem(api("get", f"bundles/{digest}"), 404)


def test_a_range_request_gets_the_whole(api: Api, helper: Package) -> None:
    full = api("get", "assistants/acme/helper/bundle")
    for header in ("bytes=0-1", "bytes=999999-", "bytes=-1,0-0", "lines=1", "x"):
        answer = api("get", "assistants/acme/helper/bundle", Range=header)
        assert (answer.status_code, answer.content) == (200, full.content)
