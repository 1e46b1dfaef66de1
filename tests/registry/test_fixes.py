"""Releases that are marked as fixes: by whom, when, and where it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent
from registry.models import Package, Release, UpstreamNews
from registry.services import quarantines, releases
from registry.services.releases import Fix
from tests.conftest import PASSWORD, RULE
from tests.hub.together import together

pytestmark = pytest.mark.django_db
type Build = Callable[..., Package]
MANIFEST = RULE.format(title="style", version="1.1.0", text="Better.")


@pytest.fixture
def release(build_package: Build) -> Release:
    """`acme/style@1.0.0`."""
    return build_package("style", "1.0.0").releases.select_related("package__namespace").get()


def marks(release: Release) -> tuple[str, bool]:
    return Release.objects.values_list("fix_note", "is_security_fix").get(id=release.pk)


def test_a_release_is_published_as_a_fix(release: Release, owner: Actor) -> None:
    made = releases.publish(
        by=owner,
        package=release.package,
        version="1.1.0",
        manifest=MANIFEST,
        fix=Fix("  A name\nleaked. ", is_security=True),
    )
    assert marks(made) == ("A name leaked.", True)
    event = AuditEvent.objects.filter(action="registry.release.publish").latest("id")
    assert event.data["fix"] == {"note": "A name leaked.", "security": True}
    assert UpstreamNews.objects.get().release == made


def test_it_is_marked_later_in_other_words_and_taken_back(release: Release, owner: Actor) -> None:
    assert releases.mark_fix(by=owner, release=release, fix=Fix("It was slow."))
    assert not releases.mark_fix(by=owner, release=release, fix=Fix("It was slow."))
    assert releases.mark_fix(by=owner, release=release, fix=Fix("It leaked.", is_security=True))
    assert marks(release) == ("It leaked.", True)
    release.refresh_from_db()
    assert releases.unmark_fix(by=owner, release=release)
    assert not releases.unmark_fix(by=owner, release=release)
    assert marks(release) == ("", False)
    actions = AuditEvent.objects.filter(action__contains="fix").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["registry.release.mark-fix"] * 2 + ["registry.release.unmark-fix"]


def test_who_publishes_says_why_and_nobody_else_says_anything(
    release: Release, owner: Actor, member: Actor, stranger: Actor
) -> None:
    for actor in (member, stranger, Actor()):
        with pytest.raises(PermissionRefused):
            releases.mark_fix(by=actor, release=release, fix=Fix("x"))
        with pytest.raises(PermissionRefused):
            releases.unmark_fix(by=actor, release=release)
    for words in ("", "  ", "x" * 501, "\u202eevil"):
        with pytest.raises(releases.InvalidWords):
            releases.mark_fix(by=owner, release=release, fix=Fix(words))
        with pytest.raises(releases.InvalidWords):
            releases.publish(by=owner, package=release.package, version="1.1.0", manifest=MANIFEST, fix=Fix(words))
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.filter(id=release.pk).update(is_security_fix=True)


@pytest.mark.django_db(transaction=True)
def test_two_who_mark_at_once_do_it_once(release: Release, owner: Actor) -> None:
    done = together(*[lambda: releases.mark_fix(by=owner, release=release, fix=Fix("It leaked."))] * 3)
    assert sorted(done) == [False, False, True]
    assert UpstreamNews.objects.count() == 1


def test_the_mark_is_shown_wherever_the_release_is(release: Release, owner: Actor, client: Client, api: Any) -> None:
    releases.mark_fix(by=owner, release=release, fix=Fix("A name <leaked>.", is_security=True))
    for address in ("/acme/style/releases", "/acme/style/releases/1.0.0"):
        page = client.get(address).content.decode()
        assert "Security fix" in page, address
        assert "A name &lt;leaked&gt;." in page, address
    (item,) = api("get", "packages/acme/style/releases").json()["items"]
    assert (item["fix_note"], item["is_security_fix"]) == ("A name <leaked>.", True)
    feed = client.get("/acme/style/feed").content.decode()
    assert "1.0.0 (security fix)" in feed
    assert "A name &amp;lt;leaked" in feed
    quarantines.impose(by=owner, package=release.package, release=release, reason="It leaks.")
    (item,) = api("get", "packages/acme/style/releases").json()["items"]
    assert item["fix_note"] == "", "of what is quarantined, only that is said"


def test_over_rest(release: Release, owner: Actor, member: Actor, api: Any) -> None:
    body = {"version": "1.1.0", "manifest": MANIFEST, "fixes": "It leaked.", "security": True}
    made = api("post", "packages/acme/style/releases", owner, body)
    assert (made.status_code, made.json()["fix_note"], made.json()["is_security_fix"]) == (201, "It leaked.", True)
    address = "packages/acme/style/releases/1.0.0/fix"
    assert api("post", address, member, {"note": "x"}).status_code == 403
    assert api("post", address, owner, {"note": " "}).status_code == 400
    assert api("post", address, owner, {"note": "It was slow."}).json()["fix_note"] == "It was slow."
    assert api("delete", address, owner).json()["fix_note"] == ""


def test_on_the_pages(release: Release, owner: Actor, client: Client) -> None:
    client.login(username="olga", password=PASSWORD)
    form = {"version": "1.1.0", "manifest": MANIFEST, "fixes": "It leaked.", "security": "on"}
    assert client.post("/acme/style/new-release", form).status_code == 302
    assert marks(Release.objects.get(version="1.1.0")) == ("It leaked.", True)
    address = "/acme/style/releases/1.0.0"
    assert client.post(f"{address}/fix", {"fixes": ""}).status_code == 422
    assert client.post(f"{address}/fix", {"fixes": "\u202eevil"}).status_code == 422
    assert client.post(f"{address}/fix", {"fixes": "It was slow."})["Location"] == address
    assert marks(release) == ("It was slow.", False)
    assert "Take the mark as a fix back" in client.get(address).content.decode()
    assert client.post(f"{address}/unfix")["Location"] == address
    assert marks(release) == ("", False)
