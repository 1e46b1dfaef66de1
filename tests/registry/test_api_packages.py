"""Packages over REST: made, read, deleted, and who is told what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.actors import Actor
from hub.models import AuditEvent
from registry.models import Package, ReleaseCoordinate
from tests.support.problems import problem

type Api = Callable[..., Any]
type Build = Callable[..., Package]

NEW = {"namespace": "acme", "name": "style", "kind": "rule", "visibility": "public", "summary": "How we write."}


def test_a_package_is_made_and_found_at_its_location(api: Api, owner: Actor) -> None:
    made = api("post", "packages", owner, NEW)
    assert made.status_code == 201, made.content
    body = made.json()
    assert made["Location"] == "/api/v1/packages/acme/style"
    assert body | {"created_at": "", "updated_at": ""} == {
        "namespace": "acme", "name": "style", "full_name": "acme/style", "kind": "rule", "visibility": "public",
        "summary": "How we write.", "tags": [], "license": "", "latest_version": None, "is_fork": False, "upstream": None,
        "url": "http://testserver/acme/style", "created_at": "", "updated_at": "", "deleted_at": None,
        "download_count": 0, "is_archived": False, "is_deprecated": False, "namespace_verified": False,
        "deprecation": None, "quarantine": None,
    }  # fmt: skip
    found = api("get", made["Location"])
    assert found.status_code == 200
    assert found.json() == body
    assert found["Cache-Control"] == "private, no-cache"
    assert AuditEvent.objects.filter(action="registry.package.create", target_label="acme/style").count() == 1


def test_a_package_is_private_unless_it_says_otherwise(api: Api, owner: Actor, acme: Any) -> None:
    made = api("post", "packages", owner, {"namespace": "acme", "name": "quiet", "kind": "prompt"})
    assert made.status_code == 201
    assert made.json()["visibility"] == "private"


def test_people_publish_in_their_own_namespace(api: Api, stranger: Actor) -> None:
    made = api("post", "packages", stranger, NEW | {"namespace": "stranger"})
    assert made.status_code == 201
    assert made.json()["full_name"] == "stranger/style"


@pytest.mark.parametrize("name", ["style", "STYLE", "Style", " style "])
def test_a_name_is_taken_in_any_letter_case(api: Api, owner: Actor, build_package: Build, name: str) -> None:
    build_package("style")
    refused = problem(api("post", "packages", owner, NEW | {"name": name, "namespace": "ACME"}), 409, "package_exists")
    assert "acme/style" in refused["detail"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "poem"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"kind": None}, "kind"),
        ({"visibility": "secret"}, "visibility"),
        ({"visibility": ["public"]}, "visibility"),
        ({"name": ""}, "name"),
        ({"name": {"a": 1}}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"namespace": ""}, "namespace"),
        ({"namespace": "x" * 40}, "namespace"),
        ({"summary": "x" * 301}, "summary"),
        ({"summary": []}, "summary"),
    ],
)
def test_a_field_at_fault_is_named(api: Api, owner: Actor, acme: Any, change: dict[str, Any], field: str) -> None:
    refused = problem(api("post", "packages", owner, NEW | change), 400, "invalid")
    assert [fault["field"] for fault in refused["errors"]] == [field]
    assert not Package.objects.exists()


@pytest.mark.parametrize(
    "name", ["a", "with space", "sl/ash", "at@1", "-dash", "dot.", "a.yaml", "x.json.y", "ümlaut", "..", "a:b"]
)
def test_a_name_that_clients_could_not_carry_is_refused(api: Api, owner: Actor, acme: Any, name: str) -> None:
    problem(api("post", "packages", owner, NEW | {"name": name}), 400, "name_invalid")


def test_every_missing_field_is_named_at_once(api: Api, owner: Actor) -> None:
    refused = problem(api("post", "packages", owner, {}), 400, "invalid")
    assert {fault["field"] for fault in refused["errors"]} == {"namespace", "name", "kind"}


def test_making_a_package_takes_a_person_who_manages_the_namespace(
    api: Api, member: Actor, stranger: Actor, admin: Actor
) -> None:
    assert api("post", "packages", None, NEW)["WWW-Authenticate"].startswith("Bearer")
    problem(api("post", "packages", None, NEW), 401)
    assert (
        "Only owners, admins and maintainers"
        in problem(api("post", "packages", member, NEW), 403, "not_allowed")["detail"]
    )
    hidden = api("post", "packages", stranger, NEW)
    absent = api("post", "packages", stranger, NEW | {"namespace": "nobody"})
    problem(hidden, 404, "not_found")
    assert hidden.content == absent.content
    assert api("post", "packages", admin, NEW).status_code == 201


READERS = {
    "public": {"owner": 200, "admin": 200, "member": 200, "stranger": 200, "anonymous": 200},
    "internal": {"owner": 200, "admin": 200, "member": 200, "stranger": 404, "anonymous": 404},
    "private": {"owner": 200, "admin": 200, "member": 404, "stranger": 404, "anonymous": 404},
}


@pytest.mark.parametrize("visibility", READERS)
def test_each_address_of_a_package_answers_by_role_and_a_hidden_one_like_an_absent_one(
    api: Api, build_package: Build, visibility: str, owner: Actor, admin: Actor, member: Actor, stranger: Actor
) -> None:
    build_package("thing", "1.0.0", visibility=visibility)
    actors = {"owner": owner, "admin": admin, "member": member, "stranger": stranger, "anonymous": None}
    for who, status in READERS[visibility].items():
        for rest in (
            "",
            "/releases",
            "/releases/1.0.0",
            "/releases/latest",
            "/releases/%5E1",
            "/releases/1.0.0/manifest",
        ):
            answer = api("get", f"packages/acme/thing{rest}", actors[who])
            assert answer.status_code == status, (who, rest)
            if status == 404:
                assert answer.content == api("get", f"packages/acme/absent{rest}", actors[who]).content
                assert answer.content == api("get", f"packages/nobody/thing{rest}", actors[who]).content
        listed = [item["full_name"] for item in api("get", "packages?q=thing", actors[who]).json()["items"]]
        assert listed == (["acme/thing"] if status == 200 else [])


def test_writes_answer_404_to_those_who_may_not_even_see_the_package(
    api: Api, build_package: Build, member: Actor, stranger: Actor, acme: Any
) -> None:
    build_package("hidden", "1.0.0", visibility="private")
    build_package("seen", "1.0.0", visibility="internal")
    calls = (
        ("post", "/releases", {"version": "2.0.0", "manifest": "- x"}),
        ("post", "/releases/1.0.0/yank", {"reason": "r"}),
        ("post", "/releases/1.0.0/unyank", None),
        ("delete", "", None),
    )
    for method, rest, body in calls:
        problem(api(method, f"packages/acme/seen{rest}", member, body), 403, "not_allowed")
        for name, actor in (("hidden", member), ("hidden", stranger), ("seen", stranger)):
            refused = api(method, f"packages/acme/{name}{rest}", actor, body)
            problem(refused, 404, "not_found")
            assert refused.content == api(method, f"packages/acme/absent{rest}", actor, body).content
        problem(api(method, f"packages/acme/seen{rest}", None, body), 401)


def test_names_are_found_in_any_letter_case(api: Api, build_package: Build) -> None:
    build_package("style", "1.0.0")
    for path in (
        "packages/ACME/Style",
        "packages/Acme/STYLE/releases/1.0.0",
        "packages/acmE/stylE/releases/latest/manifest",
    ):
        assert api("get", path).status_code == 200, path


def test_a_deleted_package_is_gone_and_its_versions_are_never_used_again(
    api: Api, build_package: Build, owner: Actor
) -> None:
    build_package("style", "1.0.0")
    gone = api("delete", "packages/acme/style", owner)
    assert (gone.status_code, gone.content) == (204, b"")
    for rest in ("", "/releases", "/releases/1.0.0", "/releases/1.0.0/manifest"):
        problem(api("get", f"packages/acme/style{rest}", owner), 404, "not_found")
    problem(api("delete", "packages/acme/style", owner), 404)
    assert api("get", "packages?q=style", owner).json()["items"] == []

    assert api("post", "packages", owner, NEW | {"name": "Style"}).status_code == 201
    manifest = "name: style\nversion: 1.0.0\nrules:\n  - Be brief.\n"
    for version in ("1.0.0", "1.0.0"):
        refused = problem(
            api("post", "packages/acme/style/releases", owner, {"version": version, "manifest": manifest}),
            409,
            "version_exists",
        )
        assert "never reused" in refused["detail"]
    assert ReleaseCoordinate.objects.count() == 1
    assert (
        api("post", "packages/acme/style/releases", owner, {"version": "1.0.1", "manifest": manifest}).status_code
        == 201
    )


def test_me_says_who_calls_and_with_what(api: Api, owner: Actor, client: Any) -> None:
    body = api("get", "me", owner).json()
    assert body == {
        "username": "olga", "email": "olga@example.com",
        "organizations": [{"slug": "acme", "name": "Acme", "role": "owner"}],
        "token": {"name": "test", "scopes": ["manage", "publish", "read"], "expires_at": None},
    }  # fmt: skip
    problem(api("get", "me"), 401, "not_authenticated")
    client.force_login(owner.user)
    assert api("get", "me").json() == body | {"token": None}


def test_an_address_that_is_not_there_answers_with_a_problem(api: Api) -> None:
    for path in ("nothing", "packages/", "packages/a", "packages/a/b/c", ""):
        problem(api("get", path), 404)
