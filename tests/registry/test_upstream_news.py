"""Who is told of fixes and quarantines upstream, once, and who is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from hub.actors import Actor
from hub.models import Notification
from hub.services import notifications
from registry.models import Package, Release, UpstreamNews, Visibility
from registry.services import forks, grants, packages, proposals, quarantines, releases, upstream_merges, upstream_news
from registry.services.releases import Fix
from registry.tasks import tell_forks, tell_forks_untold
from tests.conftest import PASSWORD, RULE
from tests.hub.together import together

pytestmark = pytest.mark.django_db
type Build = Callable[..., Package]


@pytest.fixture
def style(build_package: Build, settings: Any) -> Package:
    """`acme/style@1.0.0`, public, in a hub with a mail server."""
    settings.MAIL_HOST = "mail.example"
    package = build_package("style", "1.0.0")
    return Package.objects.select_related("namespace", "latest_release").get(id=package.pk)


def fork(by: Actor, upstream: Package, name: str = "mine", **more: Any) -> Package:
    assert by.user is not None
    upstream = Package.objects.select_related("namespace", "latest_release").get(id=upstream.pk)
    made = forks.fork(by=by, upstream=upstream, namespace=by.user.namespace, name=name, **more)
    return Package.objects.select_related("namespace", "latest_release").get(id=made.pk)


def publish(by: Actor, package: Package, version: str, fix: Fix | None = None) -> Release:
    manifest = RULE.format(title="style", version=version, text=f"Words of {version}.")
    return releases.publish(by=by, package=package, version=version, manifest=manifest, fix=fix)


def tell() -> None:
    for news in UpstreamNews.objects.filter(told_at=None).order_by("id"):
        tell_forks(news_id=news.pk)


def told(kind: str = "") -> list[str]:
    rows = Notification.objects.filter(kind__startswith=kind or "upstream").order_by("user__username", "id")
    return list(rows.values_list("user__username", flat=True))


def test_those_who_publish_in_a_fork_are_told_of_a_fix_that_it_lacks(
    style: Package, owner: Actor, stranger: Actor
) -> None:
    fork(stranger, style)
    release = publish(owner, style, "1.1.0", Fix("A name leaked.", is_security=True))
    tell()
    row = Notification.objects.get(kind="upstream-fix")
    assert row.user == stranger.user
    assert row.title == "acme/style marks 1.1.0 as a security fix, which stranger/mine does not have yet"
    assert (row.body, row.url) == ("A name leaked.", "/stranger/mine/upstream")
    notifications.send_due()
    assert [message.to for message in mail.outbox] == [["stranger@example.com"]]
    releases.unmark_fix(by=owner, release=release)
    releases.mark_fix(by=owner, release=release, fix=Fix("A name leaked, really."))
    tell()
    assert told() == ["stranger"], "of one release everybody is told once"


def test_a_fork_that_has_the_fix_is_told_nothing(style: Package, owner: Actor, stranger: Actor, member: Actor) -> None:
    mine = fork(stranger, style)
    fork(member, style)
    release = publish(owner, style, "1.1.0")
    carried = upstream_merges.merge(by=stranger, package=mine)
    assert carried.proposal is not None
    proposals.merge(by=stranger, proposal=carried.proposal, revision=1)
    releases.mark_fix(by=owner, release=release, fix=Fix("It leaked."))
    tell()
    assert told("upstream-fix") == ["mia"]


def test_a_quarantine_of_the_package_is_told_to_every_fork(
    style: Package, owner: Actor, stranger: Actor, client: Client
) -> None:
    fork(stranger, style)
    quarantines.impose(by=owner, package=style, reason="It steals.")
    tell()
    row = Notification.objects.get(kind="upstream-quarantine")
    assert row.title == "acme/style, which stranger/mine was made from, is quarantined"
    assert row.body == "It steals."
    notifications.send_due()
    assert len(mail.outbox) == 1, "also of what is in no list any more"
    client.login(username="stranger", password=PASSWORD)
    assert "It steals." in client.get("/notifications").content.decode()
    assert client.get(row.url).status_code == 200


def test_a_quarantine_of_a_release_is_told_to_the_forks_that_took_it_in(
    style: Package, owner: Actor, stranger: Actor, member: Actor
) -> None:
    fork(stranger, style)
    second = publish(owner, style, "1.1.0")
    fork(member, style)
    first = Release.objects.select_related("package__namespace").get(package=style, version="1.0.0")
    quarantines.impose(by=owner, package=style, release=first, reason="It steals.")
    tell()
    assert told("upstream-quarantine") == ["stranger"]
    quarantines.impose(by=owner, package=style, release=second, reason="It steals too.")
    tell()
    assert told("upstream-quarantine") == ["mia", "stranger"]


def test_nobody_learns_of_an_upstream_that_they_may_not_see(
    style: Package, owner: Actor, stranger: Actor, client: Client
) -> None:
    fork(stranger, style)
    publish(owner, style, "1.1.0", Fix("A name leaked."))
    packages.update(by=owner, package=style, visibility="private", summary="")
    tell()
    quarantines.impose(by=owner, package=style, reason="It steals.")
    tell()
    assert told() == []


def test_what_was_told_is_neither_mailed_nor_shown_once_it_is_hidden(
    style: Package, owner: Actor, stranger: Actor, client: Client
) -> None:
    fork(stranger, style)
    publish(owner, style, "1.1.0", Fix("A name leaked."))
    tell()
    packages.update(by=owner, package=style, visibility="private", summary="")
    notifications.send_due()
    assert mail.outbox == []
    client.login(username="stranger", password=PASSWORD)
    page = client.get("/notifications").content.decode()
    assert "About something that you may no longer read." in page
    assert "A name leaked." not in page


def test_who_publishes_by_grant_is_told_and_who_only_reads_is_not(
    style: Package, owner: Actor, stranger: Actor, member: Actor, admin: Actor
) -> None:
    mine = fork(stranger, style, visibility=Visibility.PRIVATE)
    grants.give(by=stranger, package=mine, permission="publish", user=member.user)
    grants.give(by=stranger, package=mine, permission="read", user=admin.user)
    publish(owner, style, "1.1.0", Fix("It leaked."))
    tell()
    assert told() == ["mia", "stranger"]


def test_what_is_not_so_any_more_is_not_told(style: Package, owner: Actor, stranger: Actor) -> None:
    fork(stranger, style)
    first = publish(owner, style, "1.1.0", Fix("It leaked."))
    releases.unmark_fix(by=owner, release=first)
    second = publish(owner, style, "1.2.0", Fix("It leaked."))
    releases.yank(by=owner, release=second, reason="Wrong.")
    quarantines.impose(by=owner, package=style, reason="It steals.")
    quarantines.lift(by=owner, package=Package.objects.select_related("namespace").get(id=style.pk))
    tell()
    assert told() == []
    assert not UpstreamNews.objects.filter(told_at=None).exists()


def test_many_forks_are_told_in_steps_and_a_lost_step_is_taken_up_on_the_schedule(
    style: Package, owner: Actor, stranger: Actor, monkeypatch: Any
) -> None:
    monkeypatch.setattr(upstream_news, "FORKS_AT_ONCE", 2)
    for number in range(5):
        fork(stranger, style, f"mine-{number}")
    publish(owner, style, "1.1.0", Fix("It leaked."))
    news = UpstreamNews.objects.get()
    assert upstream_news.tell(news_id=news.pk)
    assert len(told()) == 2
    tell_forks_untold()
    assert len(told()) == 2, "a worker may have it still"
    UpstreamNews.objects.update(at=timezone.now() - timedelta(minutes=2))
    tell_forks_untold()
    assert len(told()) == 5
    assert not upstream_news.tell(news_id=news.pk)


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_once(style: Package, owner: Actor, stranger: Actor) -> None:
    fork(stranger, style)
    publish(owner, style, "1.1.0", Fix("It leaked."))
    news = UpstreamNews.objects.get()
    together(*[lambda: upstream_news.tell(news_id=news.pk)] * 3)
    assert told() == ["stranger"]
