"""Who is told of proposals, how, and who no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from hub.actors import Actor
from hub.models import Notification, Organization, User
from hub.services import notifications
from registry.models import Package, Proposal, ProposalEvent
from registry.services import grants, proposal_comments, proposal_events, proposals
from registry.services.proposals import Content
from registry.tasks import tell_of_proposals
from tests.conftest import PASSWORD, RULE
from tests.hub.together import together

pytestmark = pytest.mark.django_db
BETTER = Content("1.1.0", RULE.format(title="style", version="1.1.0", text="Better."), changelog="x")


@pytest.fixture
def asked(build_package: Any, stranger: Actor, settings: Any) -> Proposal:
    """A stranger's proposal for the public `acme/style`, in a hub with a mail server."""
    settings.MAIL_HOST = "mail.example"
    made = proposals.create(by=stranger, package=build_package("style", "1.0.0"), title="Better words", content=BETTER)
    return Proposal.objects.select_related("package__namespace", "current__base").get(id=made.id)


def tell() -> None:
    for event in ProposalEvent.objects.filter(told_at=None).order_by("id"):
        proposal_events.tell(event_id=event.pk)


def told(kind: str = "") -> set[str]:
    rows = Notification.objects.filter(kind=kind) if kind else Notification.objects.all()
    return set(rows.values_list("user__username", flat=True))


def test_who_manages_the_package_is_told_and_mailed_once(asked: Proposal) -> None:
    tell()
    tell()
    assert told("proposal-opened") == {"olga", "adam"}
    assert Notification.objects.count() == 2
    assert notifications.send_due() == 2
    assert notifications.send_due() == 0
    assert {message.to[0] for message in mail.outbox} == {"olga@example.com", "adam@example.com"}
    (first, _) = mail.outbox
    assert "stranger proposes acme/style#1: Better words" in first.subject
    assert "http://testserver/acme/style/proposals/1" in first.body
    assert "/settings/notifications" in first.body


def test_who_took_part_hears_of_the_rest_but_not_of_themselves(asked: Proposal, member: Actor, stranger: Actor) -> None:
    proposal_comments.add(by=member, proposal=asked, text="I like it.")
    tell()
    assert told("proposal-discussed") == {"olga", "adam", "stranger"}
    assert Notification.objects.get(user=stranger.user).body == "I like it."
    proposals.close(by=stranger, proposal=asked)
    tell()
    assert told("proposal-decided") == {"olga", "adam", "mia"}


def test_muting_and_preferences_are_heeded(asked: Proposal, owner: Actor, admin: Actor, settings: Any) -> None:
    proposal_events.mute(by=owner, proposal=asked)
    notifications.prefer(by=admin, ways={"proposal-opened": "email", "proposal-discussed": "none"})
    proposal_comments.add(by=asked_author(asked), proposal=asked, text="Hello?")
    tell()
    assert told() == {"adam"}
    row = Notification.objects.get()
    assert (row.kind, row.in_site, row.mail_due) == ("proposal-opened", False, True)
    assert notifications.unread_count(user=row.user) == 0


def asked_author(asked: Proposal) -> Actor:
    return Actor(User.objects.get(id=asked.author_id))


def test_who_may_not_read_the_package_any_more_hears_sees_and_is_mailed_nothing(
    asked: Proposal, stranger: Actor, owner: Actor, client: Client
) -> None:
    proposal_comments.add(by=owner, proposal=asked, text="A secret plan.")
    tell()
    assert "stranger" in told("proposal-discussed")
    Package.objects.filter(id=asked.package_id).update(visibility="private")
    notifications.send_due()
    assert "stranger@example.com" not in {message.to[0] for message in mail.outbox}
    client.login(username="stranger", password=PASSWORD)
    page = client.get("/notifications").content.decode()
    assert "About something that you may no longer read." in page
    assert "secret plan" not in page
    assert "Better words" not in page
    proposal_comments.add(by=owner, proposal=asked, text="More.")
    tell()
    assert Notification.objects.filter(user=stranger.user).count() == 1


def test_a_member_of_an_organization_that_asks_for_single_sign_on_is_told(
    asked: Proposal, organization: Organization
) -> None:
    Package.objects.filter(id=asked.package_id).update(visibility="private")
    Organization.objects.filter(id=organization.id).update(second_factor_required=True, sso_required=True)
    tell()
    assert told() == {"olga", "adam"}


def test_who_manages_by_grant_is_told_too(asked: Proposal, owner: Actor, member: Actor) -> None:
    grants.give(by=owner, package=asked.package, permission="manage", user=member.user)
    tell()
    assert "mia" in told()


def test_a_draft_tells_nobody(asked: Proposal, stranger: Actor) -> None:
    ProposalEvent.objects.all().delete()
    proposals.create(by=stranger, package=asked.package, title="Draft", content=BETTER, state="draft")
    assert not ProposalEvent.objects.exists()


def test_what_a_worker_left_untold_is_told_on_the_schedule(asked: Proposal) -> None:
    tell_of_proposals()
    assert told() == set(), "a worker may have it still"
    ProposalEvent.objects.update(at=timezone.now() - timedelta(minutes=2))
    tell_of_proposals()
    assert told() == {"olga", "adam"}


def test_a_mail_that_no_server_takes_is_tried_again_and_then_given_up(asked: Proposal, monkeypatch: Any) -> None:
    monkeypatch.setattr("hub.mail.send", lambda *_: False)
    tell()
    for _ in range(2 * notifications.MAX_ATTEMPTS):
        notifications.send_due()
    assert set(Notification.objects.values_list("mail_due", "mail_attempts")) == {(False, notifications.MAX_ATTEMPTS)}


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_and_mail_once(asked: Proposal) -> None:
    event = ProposalEvent.objects.get()
    together(*[lambda: proposal_events.tell(event_id=event.pk)] * 3)
    assert Notification.objects.count() == 2
    together(*[notifications.send_due] * 3)
    assert len(mail.outbox) == 2


def test_the_list_is_read_one_by_one_and_all_at_once(asked: Proposal, client: Client, owner: Actor) -> None:
    proposal_comments.add(by=asked_author(asked), proposal=asked, text="Hello?")
    tell()
    client.login(username="olga", password=PASSWORD)
    assert "2 unread" in client.get("/notifications/bell").content.decode()
    row = Notification.objects.filter(user=owner.user).order_by("id").first()
    assert row is not None
    opened = client.post(f"/notifications/{row.id}/read", {"open": "1"})
    assert opened["Location"] == "/acme/style/proposals/1"
    page = client.get("/notifications?show=unread").content.decode()
    assert "commented on" in page
    assert "proposes" not in page
    client.post("/notifications/read")
    assert "none unread" in client.get("/notifications/bell").content.decode()
    other = Notification.objects.exclude(user=owner.user).first()
    assert other is not None
    assert client.post(f"/notifications/{other.id}/read").status_code == 404
    ways = dict.fromkeys(notifications.KINDS, "site")
    assert client.post("/settings/notifications", ways).status_code == 302
    assert client.post("/settings/notifications", ways | {"proposal-opened": "owl"}).status_code == 422


def test_notifications_over_rest(asked: Proposal, api: Any, owner: Actor) -> None:
    tell()
    (item,) = api("get", "me/notifications?unread=true", owner).json()["items"]
    assert item["url"] == "/acme/style/proposals/1"
    assert api("post", "me/notifications", owner, {"ids": [item["id"]]}).json() == {"marked": 1, "unread": 0}
    changed = api("patch", "me/notification-preferences", owner, {"ways": {"proposal-opened": "none"}})
    assert changed.json()["ways"]["proposal-opened"] == "none"
    assert api("patch", "me/notification-preferences", owner, {"ways": {"odd": "none"}}).status_code == 400
