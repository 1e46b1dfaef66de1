"""Reports: any reader tells the moderators, who alone see and decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub.actors import Actor
from hub.models import AuditEvent, User
from registry.models import Package, Report
from registry.services import packages, quarantines, reports
from tests.hub.together import together

type Build = Callable[..., Package]
type Api = Callable[..., Any]

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def moderator(build_user: Callable[..., User]) -> Actor:
    """Somebody who moderates the hub and belongs to nothing."""
    user = build_user("mona")
    User.objects.filter(id=user.id).update(is_moderator=True)
    user.refresh_from_db()
    return Actor(user)


@pytest.fixture
def style(build_package: Build) -> Package:
    """What is reported."""
    return build_package("style", "1.0.0")


def test_a_reader_reports_and_a_moderator_resolves(
    client: Client, style: Package, stranger: Actor, moderator: Actor, owner: Actor
) -> None:
    client.force_login(stranger.user, backend=BACKEND)
    assert "/acme/style/releases/1.0.0/report" in client.get("/acme/style").content.decode()
    assert client.post("/acme/style/releases/1.0.0/report", {"reason": " "}).status_code == 422
    assert client.post("/acme/style/releases/1.0.0/report", {"reason": "It <b>leaks</b>."}).status_code == 302
    again = client.post("/acme/style/releases/1.0.0/report", {"reason": "Still."})
    assert again.status_code == 422
    assert "reported this already" in again.content.decode()
    report = Report.objects.get()
    for who in (stranger, owner):
        client.force_login(who.user, backend=BACKEND)
        for address in ("/moderation", "/moderation/packages", "/moderation/releases"):
            assert client.get(address).status_code == 404
        assert client.post(f"/moderation/reports/{report.id}/resolve").status_code == 404
        assert "moderation" not in client.get("/acme/style").content.decode()

    client.force_login(moderator.user, backend=BACKEND)
    page = client.get("/moderation").content.decode()
    assert "acme/style@1.0.0" in page
    assert "It &lt;b&gt;leaks&lt;/b&gt;." in page
    assert client.get(f"/moderation/reports/{report.id}/resolve").status_code == 200
    assert client.post(f"/moderation/reports/{report.id}/resolve").status_code == 302
    assert client.post(f"/moderation/reports/{report.id}/dismiss").status_code == 404
    report.refresh_from_db()
    assert (report.state, report.decided_by) == ("resolved", moderator.user)
    assert "No report waits" in client.get("/moderation").content.decode()
    assert reports.file(by=stranger, package=style, reason="Again.").state == "open"


def test_the_namespace_does_not_learn_who_reported_it(style: Package, stranger: Actor) -> None:
    reports.file(by=stranger, package=style, reason="It leaks.")
    event = AuditEvent.objects.get(action="registry.report.create")
    assert reports.file(by=stranger, package=style, release=style.releases.get(), reason="x" * 1000)
    with pytest.raises(reports.InvalidWords):
        reports.file(by=stranger, package=style, reason="x" * 1001)
    assert (event.namespace, event.actor, event.target_label) == (None, stranger.user, "acme/style")


def test_what_somebody_may_not_read_is_not_there_to_be_reported(
    api: Api, build_package: Build, stranger: Actor, owner: Actor
) -> None:
    secret = build_package("secret", "1.0.0", visibility="private")
    body = {"reason": "x"}
    assert api("post", "packages/acme/secret/reports", stranger, body).status_code == 404
    with pytest.raises(reports.PackageGone):
        reports.file(by=stranger, package=secret, reason="x")
    assert api("post", "packages/acme/secret/reports", None, body).status_code == 401
    assert api("post", "packages/acme/secret/reports", owner, body | {"version": "9.9.9"}).status_code == 404
    made = api("post", "packages/acme/secret/reports", owner, body | {"version": "1.0.0"})
    assert (made.status_code, made.json()["package"], made.json()["version"]) == (201, "acme/secret", "1.0.0")


def test_a_report_opens_a_private_package_by_name_alone_and_lets_it_be_quarantined(
    api: Api, client: Client, build_package: Build, owner: Actor, moderator: Actor
) -> None:
    build_package("secret", "1.0.0", visibility="private")
    assert api("post", "packages/acme/secret/quarantine", moderator, {"reason": "x"}).status_code == 404
    secret = Package.objects.select_related("namespace").get(name="secret")
    report = reports.file(by=owner, package=secret, reason="It leaks.")
    client.force_login(moderator.user, backend=BACKEND)
    page = client.get("/moderation").content.decode()
    assert "acme/secret" in page
    assert 'href="/acme/secret"' not in page
    assert client.get("/acme/secret").status_code == 404
    answer = client.post("/acme/secret/quarantine", {"reason": "It leaks."})
    assert (answer.status_code, answer["Location"]) == (302, "/moderation")
    reports.resolve(by=moderator, report=report)
    assert "acme/secret" in client.get("/moderation/packages").content.decode()
    assert client.get("/acme/secret").status_code == 404
    assert client.post("/acme/secret/unquarantine").status_code == 302
    assert api("post", "packages/acme/secret/quarantine", moderator, {"reason": "x"}).status_code == 404


def test_a_person_reports_only_so_much_a_day(
    api: Api, style: Package, build_package: Build, stranger: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_A_DAY", 2)
    for name in ("one", "two"):
        reports.file(by=stranger, package=build_package(name, "1.0.0"), reason="x")
    refused = api("post", "packages/acme/style/reports", stranger, {"reason": "x"})
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:assistant-hub:problem:too_many_reports")
    assert Report.objects.count() == 2


def test_reports_on_what_was_deleted_leave_the_queue(
    style: Package, stranger: Actor, owner: Actor, moderator: Actor
) -> None:
    reports.file(by=stranger, package=style, reason="x")
    assert reports.queue(moderator).count() == 1
    assert reports.queue(stranger).count() == 0
    packages.delete(by=owner, package=style)
    assert reports.queue(moderator).count() == 0


def test_the_lists_of_moderators_take_as_many_queries_for_many_rows(
    client: Client, build_package: Build, stranger: Actor, moderator: Actor
) -> None:
    client.force_login(moderator.user, backend=BACKEND)
    found: dict[str, int] = {}
    for number in range(4):
        package = build_package(f"p{number}", "1.0.0")
        release = package.releases.select_related("package__namespace").get()
        reports.file(by=stranger, package=package, release=release, reason="x")
        quarantines.impose(by=moderator, package=package, release=release, reason="x")
        quarantines.impose(by=moderator, package=package, reason="x")
        for address in ("/moderation", "/moderation/packages", "/moderation/releases"):
            assert f"p{number}" in client.get(address).content.decode()
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            assert len(queries) == found.setdefault(address, len(queries)), address


@pytest.mark.django_db(transaction=True)
def test_two_reports_at_once_are_one_and_two_decisions_too(style: Package, stranger: Actor, moderator: Actor) -> None:
    results = together(*[lambda: reports.file(by=stranger, package=style, reason="x")] * 2)
    assert sorted(type(one).__name__ for one in results) == ["AlreadyReported", "Report"]
    report = Report.objects.get()
    results = together(
        lambda: reports.resolve(by=moderator, report=report), lambda: reports.dismiss(by=moderator, report=report)
    )
    assert sorted(type(one).__name__ for one in results) == ["Decided", "NoneType"]
    assert AuditEvent.objects.filter(action__in=["registry.report.resolve", "registry.report.dismiss"]).count() == 1
