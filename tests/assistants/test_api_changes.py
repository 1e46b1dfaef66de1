"""Forking, resolving without publishing, and publishing an assistant, over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assistants.models import Lock
from hub.actors import Actor
from hub.models import AuditEvent
from registry.models import Package, Release
from tests.support.problems import problem

type Api = Callable[..., Any]
type Build = Callable[..., Package]

MANIFEST = "name: plan\nversion: 1.0.0\nschema: v1\nrules:\n  - uses: acme/style@^1\n"


def test_resolving_shows_what_publishing_would_give_and_stores_nothing(
    api: Api, build_package: Build, owner: Actor, acme: Any
) -> None:
    build_package("style", "1.0.0", "1.1.0")
    api("get", "me", owner)  # makes the token
    before = (Release.objects.count(), AuditEvent.objects.count())
    asked = {"manifest": MANIFEST, "namespace": "acme", "name": "plan", "version": "1.0.0", "visibility": "public"}
    shown = api("post", "resolve", owner, asked)
    assert shown.status_code == 200, shown.content
    body = shown.json()
    assert (Release.objects.count(), AuditEvent.objects.count()) == before
    assert not Lock.objects.exists()
    assert body["lock"]["requirements"][0]["version"] == "1.1.0"
    assert "1.1.0" in str(body["explanation"])

    new = {"namespace": "acme", "name": "plan", "kind": "assistant", "visibility": "public"}
    assert api("post", "packages", owner, new).status_code == 201
    made = api("post", "packages/acme/plan/releases", owner, {"version": "1.0.0", "manifest": MANIFEST})
    assert made.status_code == 201, made.content
    published = api("get", "assistants/acme/plan/bundle")
    assert published["ETag"] == f'"{body["bundle_digest"]}"'
    assert published.json() == body["bundle"]
    assert api("get", "assistants/acme/plan/lock").json() == body["lock"]


def test_resolving_takes_only_the_manifest(api: Api, build_package: Build, owner: Actor, stranger: Actor) -> None:
    build_package("style", "1.0.0")
    body = api("post", "resolve", stranger, {"manifest": MANIFEST}).json()
    assert body["bundle"]["assistant"]["package"] == "stranger/preview"


def test_resolving_needs_a_person_and_a_namespace_of_theirs(
    api: Api, acme: Any, stranger: Actor, member: Actor
) -> None:
    problem(api("post", "resolve", None, {"manifest": MANIFEST}), 401)
    hidden = api("post", "resolve", stranger, {"manifest": MANIFEST, "namespace": "acme"})
    problem(hidden, 404)
    assert hidden.content == api("post", "resolve", stranger, {"manifest": MANIFEST, "namespace": "none"}).content
    problem(api("post", "resolve", member, {"manifest": "name: [", "namespace": "acme"}), 422, "manifest_invalid")


def test_what_cannot_be_resolved_is_refused_with_its_place(
    api: Api, build_package: Build, build_assistant: Build, owner: Actor, stranger: Actor
) -> None:
    build_package("style", "1.0.0")
    build_package("own", "1.0.0", visibility="private")
    build_package("needy")
    build_assistant("nested", "rules:\n  - Be brief.\n")
    head = "name: plan\nversion: 1.0.0\n"
    cases = (
        ("rules:\n  - uses: acme/none\n", owner),
        ("rules:\n  - uses: acme/style@^2\n", owner),
        ("rules:\n  - uses: acme/style@nonsense\n", owner),
        ("models:\n  - uses: acme/style\n", owner),
        ("rules:\n  - uses: acme/own\n", stranger),
        ("rules:\n  - uses: acme/needy\n", owner),
        ("rules:\n  - uses: ./file\n", owner),
        ("rules:\n  - uses: acme/nested\n", owner),
        ("rules:\n  - {uses: acme/style, override: {rule: x}}\n", owner),
        ("rules:\n  - 5\n", owner),
        ("rules: x\n", owner),
    )
    for manifest, actor in cases:
        refused = problem(api("post", "resolve", actor, {"manifest": head + manifest}), 422, "manifest_invalid")
        assert all(fault["line"] >= 3 for fault in refused["errors"]), (manifest, refused)
    hidden = api("post", "resolve", stranger, {"manifest": head + "rules:\n  - uses: acme/own\n"}).json()
    absent = api("post", "resolve", stranger, {"manifest": head + "rules:\n  - uses: acme/nope\n"}).json()
    assert str(hidden).replace("acme/own", "X") == str(absent).replace("acme/nope", "X")


def test_a_refused_assistant_leaves_nothing_behind(api: Api, owner: Actor, acme: Any) -> None:
    api("post", "packages", owner, {"namespace": "acme", "name": "plan", "kind": "assistant"})
    refused = api("post", "packages/acme/plan/releases", owner, {"version": "1.0.0", "manifest": MANIFEST})
    problem(refused, 422, "manifest_invalid")
    assert not Release.objects.exists()
    assert api("get", "packages/acme/plan", owner).json()["latest_version"] is None


def test_fields_of_resolve_are_checked(api: Api, owner: Actor) -> None:
    problem(api("post", "resolve", owner, {}), 400, "invalid")
    problem(api("post", "resolve", owner, {"manifest": MANIFEST, "version": "1"}), 400, "version_invalid")
    problem(api("post", "resolve", owner, {"manifest": MANIFEST, "name": "no/name"}), 400, "name_invalid")
    problem(api("post", "resolve", owner, {"manifest": MANIFEST, "visibility": "x"}), 400, "invalid")
    problem(api("post", "resolve", owner, {"manifest": ["x"]}), 400, "invalid")


def test_a_fork_remembers_where_it_comes_from(
    api: Api, build_package: Build, build_assistant: Build, stranger: Actor, owner: Actor
) -> None:
    build_package("style", "1.0.0")
    build_assistant("plan", "rules:\n  - uses: acme/style\n")
    made = api("post", "assistants/acme/plan/fork", stranger, {"namespace": "stranger", "name": "Mine"})
    assert made.status_code == 201, made.content
    body = made.json()
    assert (made["Location"], body["visibility"]) == ("/api/v1/packages/stranger/mine", "private")
    assert (body["upstream"]["package"], body["upstream"]["version"]) == ("acme/plan", "1.0.0")
    assert body["latest_version"] == "1.0.0"
    bundle = api("get", "assistants/stranger/mine/bundle", stranger).json()
    assert bundle["config"]["rules"] == api("get", "assistants/acme/plan/bundle").json()["config"]["rules"]
    assert AuditEvent.objects.get(action="registry.package.fork").target_label == "stranger/mine"
    api("delete", "packages/acme/plan", owner)
    assert api("get", "packages/stranger/mine", stranger).json()["upstream"] is None, "gone, so not shown"


def test_a_fork_is_refused_for_the_right_reason(
    api: Api, build_package: Build, build_assistant: Build, owner: Actor, member: Actor, stranger: Actor
) -> None:
    build_package("style", "1.0.0")
    build_assistant("plan", "rules:\n  - Be brief.\n", visibility="internal")
    api("post", "packages", owner, {"namespace": "acme", "name": "empty", "kind": "assistant", "visibility": "public"})
    into = {"namespace": "stranger", "name": "mine"}
    problem(api("post", "assistants/acme/plan/fork", None, into), 401)
    problem(api("post", "assistants/acme/plan/fork", stranger, into), 404)
    problem(api("post", "assistants/acme/style/fork", stranger, into), 404)
    problem(api("post", "assistants/acme/empty/fork", stranger, into), 409, "nothing_to_fork")
    problem(api("post", "assistants/acme/plan/fork", member, {"namespace": "acme", "name": "mine"}), 403)
    problem(
        api("post", "assistants/acme/plan/fork", owner, {"namespace": "acme", "name": "plan"}), 409, "package_exists"
    )
    problem(api("post", "assistants/acme/plan/fork", owner, {"namespace": "stranger", "name": "mine"}), 404)
    problem(api("post", "assistants/acme/plan/fork", owner, {"namespace": "acme"}), 400, "invalid")
    problem(api("post", "assistants/acme/plan/fork", owner, {"namespace": "acme", "name": "a b"}), 400, "name_invalid")
    assert Package.objects.filter(name="mine").count() == 0
