"""Deprecation warns and leaves everything working; archiving stops new releases; both are taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent
from registry.models import Package, Release
from registry.services import lifecycle, packages, releases
from tests.conftest import RULE
from tests.hub.together import together

type Build = Callable[..., Package]
type Api = Callable[..., Any]

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def style(build_package: Build) -> Package:
    """`acme/style`, to be taken back."""
    return build_package("style", "1.0.0", "1.1.0")


@pytest.fixture
def taste(build_package: Build) -> Package:
    """`acme/taste`, to be used instead."""
    return build_package("taste", "1.0.0")


def told(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_a_deprecated_package_works_and_says_so_everywhere(
    api: Api, client: Client, style: Package, taste: Package, owner: Actor, stranger: Actor
) -> None:
    body = {"message": "Taste does it better.", "successor": "Acme/taste"}
    answer = api("post", "packages/acme/style/deprecate", owner, body)
    assert answer.status_code == 200, answer.content

    shown = api("get", "packages/acme/style").json()
    assert shown["is_deprecated"] is True
    assert shown["deprecation"] == {
        "message": "Taste does it better.",
        "successor": "acme/taste",
        "since": answer.json()["deprecation"]["since"],
    }
    page = told(client, "/acme/style")
    assert "Taste does it better." in page
    assert 'href="/acme/taste"' in page
    assert "Deprecated" in told(client, "/search?q=style")
    wanted = {"manifest": "name: x\nversion: 1.0.0\nschema: v1\nrules:\n  - uses: acme/style\n"}
    resolved = api("post", "resolve", stranger, wanted)
    assert resolved.json()["explanation"][0]["deprecated"] == "Taste does it better."
    assert api("get", "packages/acme/style/releases/latest/manifest").status_code == 200

    assert api("post", "packages/acme/style/undeprecate", owner).json()["deprecation"] is None
    assert "Taste does it better." not in told(client, "/acme/style")
    events = AuditEvent.objects.filter(action__contains="deprecate").order_by("id").values_list("action", "data")
    assert list(events) == [
        ("registry.package.deprecate", {"message": "Taste does it better.", "successor": "acme/taste"}),
        ("registry.package.undeprecate", {"message": "Taste does it better."}),
    ]


def test_a_successor_is_shown_to_those_who_may_see_it(
    api: Api, client: Client, style: Package, build_package: Build, owner: Actor, stranger: Actor
) -> None:
    secret = build_package("secret", "1.0.0", visibility="private")
    lifecycle.deprecate(by=owner, package=style, message="Gone by.", successor=secret)
    release = Release.objects.select_related("package__namespace").get(package=style, version="1.1.0")
    lifecycle.deprecate_release(by=owner, release=release, message="Gone by.", successor=secret)
    for path in ("packages/acme/style", "packages/acme/style/releases/1.1.0"):
        assert api("get", path, owner).json()["deprecation"]["successor"] == "acme/secret"
        for actor in (stranger, None):
            shown = api("get", path, actor)
            assert shown.json()["deprecation"]["successor"] is None
            assert "secret" not in shown.content.decode().replace('"secrets"', "")
    for address in ("/acme/style", "/acme/style/releases/1.1.0", "/acme/style/releases"):
        assert "acme/secret" not in told(client, address)
    packages.delete(by=owner, package=secret)
    assert api("get", "packages/acme/style", owner).json()["deprecation"]["successor"] is None


def test_a_successor_is_a_package_that_one_may_use(
    api: Api, style: Package, build_package: Build, owner: Actor, admin: Actor, stranger: Actor
) -> None:
    assert stranger.user is not None
    foreign = build_package("foreign", "1.0.0", by=stranger, namespace=stranger.user.namespace, visibility="private")
    for successor in ("acme/nothing", "stranger/foreign", "acme", "acme/style", "/", "x" * 140):
        refused = api("post", "packages/acme/style/deprecate", owner, {"message": "Old.", "successor": successor})
        assert refused.status_code == 400, successor
        assert refused.json()["type"].endswith(":successor_invalid")
    with pytest.raises(lifecycle.InvalidSuccessor):
        lifecycle.deprecate(by=owner, package=style, message="Old.", successor=foreign)
    for message in ("", "  ", "x" * 501):
        assert api("post", "packages/acme/style/deprecate", owner, {"message": message}).status_code == 400


def test_saying_the_same_again_changes_nothing_and_saying_more_does(
    style: Package, taste: Package, owner: Actor
) -> None:
    assert lifecycle.deprecate(by=owner, package=style, message="Old.")
    style.refresh_from_db()
    since = style.deprecated_at
    assert not lifecycle.deprecate(by=owner, package=style, message=" Old. ")
    assert lifecycle.deprecate(by=owner, package=style, message="Old.", successor=taste)
    style.refresh_from_db()
    assert (style.deprecated_at, style.successor) == (since, taste)
    assert lifecycle.undeprecate(by=owner, package=style)
    assert not lifecycle.undeprecate(by=owner, package=style)


def test_a_deprecated_release_can_still_be_chosen_with_a_warning(
    api: Api, client: Client, style: Package, owner: Actor, stranger: Actor
) -> None:
    assert api("post", "packages/acme/style/releases/1.1.0/deprecate", owner, {"message": "Slow."}).status_code == 200
    listed = api("get", "packages/acme/style/releases").json()["items"]
    assert [(one["version"], one["is_deprecated"]) for one in listed] == [("1.1.0", True), ("1.0.0", False)]
    wanted = "name: x\nversion: 1.0.0\nschema: v1\nrules:\n  - uses: acme/style@{}\n"
    new = api("post", "resolve", stranger, {"manifest": wanted.format("latest")}).json()["explanation"][0]
    old = api("post", "resolve", stranger, {"manifest": wanted.format("1.0.0")}).json()["explanation"][0]
    assert (new["chosen"], new["deprecated"]) == ("1.1.0", "Slow.")
    assert "deprecated" not in old
    assert "Slow." in told(client, "/acme/style/releases/1.1.0")
    assert "Slow." not in told(client, "/acme/style/releases/1.0.0")
    done = api("post", "packages/acme/style/releases/1.1.0/undeprecate", owner)
    assert done.json()["deprecation"] is None
    assert api("post", "packages/acme/style/releases/^1/deprecate", owner, {"message": "x"}).status_code == 404


def test_an_archived_package_is_served_and_takes_no_releases(
    api: Api, client: Client, style: Package, owner: Actor, stranger: Actor
) -> None:
    assert api("post", "packages/acme/style/archive", owner).json()["is_archived"] is True
    body = {"version": "2.0.0", "manifest": RULE.format(title="style", version="2.0.0", text="x")}
    refused = api("post", "packages/acme/style/releases", owner, body)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:assistant-hub:problem:archived")
    client.force_login(owner.user, backend=BACKEND)
    page = client.post("/acme/style/new-release", body)
    assert page.status_code == 422
    assert "takes no more releases" in page.content.decode()
    client.logout()
    assert "takes no more releases" in told(client, "/acme/style")
    wanted = {"manifest": "name: x\nversion: 1.0.0\nschema: v1\nrules:\n  - uses: acme/style\n"}
    assert api("post", "resolve", stranger, wanted).status_code == 200
    assert api("post", "packages/acme/style/unarchive", owner).json()["is_archived"] is False
    assert api("post", "packages/acme/style/releases", owner, body).status_code == 201


def test_only_who_manages_it_deprecates_and_archives(style: Package, member: Actor, stranger: Actor) -> None:
    release = Release.objects.select_related("package__namespace").get(package=style, version="1.0.0")
    for actor in (member, stranger, Actor()):
        for deed in (
            lambda by: lifecycle.deprecate(by=by, package=style, message="Old."),
            lambda by: lifecycle.undeprecate(by=by, package=style),
            lambda by: lifecycle.archive(by=by, package=style),
            lambda by: lifecycle.unarchive(by=by, package=style),
            lambda by: lifecycle.deprecate_release(by=by, release=release, message="Old."),
            lambda by: lifecycle.undeprecate_release(by=by, release=release),
        ):
            with pytest.raises(PermissionRefused):
                deed(actor)
    assert not AuditEvent.objects.filter(action__contains="deprecate").exists()


def test_pages_ask_and_do_it_and_say_what_is_wrong(
    client: Client, style: Package, taste: Package, owner: Actor
) -> None:
    client.force_login(owner.user, backend=BACKEND)
    form = {"message": "Taste does it better.", "successor": "acme/nothing"}
    refused = client.post("/acme/style/deprecate", form)
    assert refused.status_code == 422
    assert "There is no package “acme/nothing”" in refused.content.decode()
    assert client.post("/acme/style/deprecate", form | {"successor": "acme/style"}).status_code == 422
    assert client.post("/acme/style/deprecate", form | {"successor": "acme/taste"}).status_code == 302
    again = client.get("/acme/style/deprecate").content.decode()
    assert 'value="acme/taste"' in again
    assert client.post("/acme/style/archive").status_code == 302
    settings = client.get("/acme/style/settings").content.decode()
    assert "Take the deprecation back" in settings
    assert "Take it out of the archive" in settings
    assert client.post("/acme/style/unarchive").status_code == 302
    assert client.post("/acme/style/undeprecate").status_code == 302
    style.refresh_from_db()
    assert (style.deprecated_at, style.archived_at, style.successor_id) == (None, None, None)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_archives_and_both_words_do_not_mix(style: Package, owner: Actor, admin: Actor) -> None:
    def found() -> Package:
        return Package.objects.select_related("namespace").get(id=style.id)

    results = together(
        lambda: lifecycle.archive(by=owner, package=found()), lambda: lifecycle.archive(by=admin, package=found())
    )
    assert sorted(map(bool, results)) == [False, True], results
    results = together(
        lambda: lifecycle.deprecate(by=owner, package=found(), message="One."),
        lambda: lifecycle.deprecate(by=admin, package=found(), message="Two."),
    )
    assert results == [True, True]
    row = found()
    last = AuditEvent.objects.filter(action="registry.package.deprecate").order_by("id").last()
    assert last is not None
    assert (row.deprecation_message, row.deprecated_by_id) == (last.data["message"], last.actor_id)


@pytest.mark.django_db(transaction=True)
def test_a_release_comes_before_the_archiving_or_not_at_all(style: Package, owner: Actor) -> None:
    manifest = RULE.format(title="style", version="2.0.0", text="x")
    found = Package.objects.select_related("namespace").get(id=style.id)
    published, archived = together(
        lambda: releases.publish(by=owner, package=found, version="2.0.0", manifest=manifest),
        lambda: lifecycle.archive(by=owner, package=style),
    )
    assert archived is True
    assert isinstance(published, Release | packages.TakesNoReleases)
    assert Release.objects.filter(version="2.0.0").exists() == isinstance(published, Release)
