"""Webhooks: who makes them, what is written with the deed, and what a subscriber hears."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import standardwebhooks
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from hub.actors import Actor
from hub.domain.actions import HubAction
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Namespace, Webhook, WebhookDelivery
from hub.services import audit, organization_life, organizations, webhook_deliveries, webhooks
from registry.domain.actions import RegistryAction
from registry.models import Package
from tests.hub.webhooks import Clock, made, only, tried
from tests.support.receiver import Receiver, receiving

PUBLISH = RegistryAction.RELEASE_PUBLISH


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A receiver that the operator has allowed."""
    with receiving() as running:
        settings.WEBHOOK_ALLOWED_HOSTS = [running.host]
        yield running


def test_a_release_is_told_signed_and_without_what_is_nobodys_business(
    owner: Actor, acme: Namespace, receiver: Receiver, build_package: Callable[..., Package]
) -> None:
    build_package("style")
    new = made(owner, acme, receiver, events=["registry.release.publish"])
    build_package("other", "1.0.0", by=Actor(owner.user, ip_address="203.0.113.9", request_id="r-1"))
    tried(new.webhook, Clock())
    message = receiver.verified(new.secret)
    data: Any = message["data"]
    assert message["type"] == "registry.release.publish"
    assert data["namespace"] == "acme"
    assert data["actor"] == owner.label
    assert data["target"].startswith("acme/other")
    event = AuditEvent.objects.get(uid=data["id"])
    assert event.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") == message["timestamp"]
    assert data["details"] == event.data
    text = json.dumps(message)
    assert "203.0.113.9" not in text
    assert "r-1" not in text


def test_the_delivery_stands_or_falls_with_the_deed(owner: Actor, acme: Namespace, receiver: Receiver) -> None:
    hook = made(owner, acme, receiver).webhook
    event = AuditEvent.objects.first()
    with transaction.atomic():
        audit.record(owner, PUBLISH, acme, namespace=acme)
        assert WebhookDelivery.objects.filter(webhook=hook).count() == 1
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.filter(webhook=hook).exists()
    assert AuditEvent.objects.first() == event


def test_only_the_chosen_events_of_the_own_namespace_are_told(
    owner: Actor, acme: Namespace, receiver: Receiver
) -> None:
    other = organizations.create(by=owner, slug="other", name="Other")
    hooks = {
        "exact": made(owner, acme, receiver, events=["registry.release.publish"]),
        "family": made(owner, acme, receiver, events=["registry.release.*"]),
        "all": made(owner, acme, receiver, events=["*"]),
        "none": made(owner, acme, receiver, events=["registry.grant.*"]),
        "elsewhere": made(owner, other.namespace, receiver, events=["*"]),
        "off": made(owner, acme, receiver),
    }
    off = hooks["off"].webhook
    webhooks.update(by=owner, webhook=off, url=off.url, events=off.events, description="", is_enabled=False)
    WebhookDelivery.objects.all().delete()
    with transaction.atomic():
        audit.record_all(
            owner, [audit.Entry(PUBLISH, acme, {}), audit.Entry(RegistryAction.RELEASE_YANK, acme, {})], namespace=acme
        )
        audit.record(owner, HubAction.SESSION_END, acme)
    told = {
        name: sorted(WebhookDelivery.objects.filter(webhook=one.webhook).values_list("event_type", flat=True))
        for name, one in hooks.items()
    }
    both = ["registry.release.publish", "registry.release.yank"]
    assert told == {"exact": both[:1], "family": both, "all": both, "none": [], "elsewhere": [], "off": []}


def test_a_namespace_with_webhooks_costs_a_deed_no_query_more(
    owner: Actor, acme: Namespace, receiver: Receiver
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured, transaction.atomic():
            audit.record(owner, PUBLISH, acme, namespace=acme)
        return len(captured)

    before = cost()
    made(owner, acme, receiver)
    assert cost() == before
    assert WebhookDelivery.objects.count() == 1


def test_two_secrets_sign_while_a_rotation_overlaps(
    owner: Actor, acme: Namespace, receiver: Receiver, build_package: Callable[..., Package]
) -> None:
    old = made(owner, acme, receiver, events=["registry.release.publish"])
    new = webhooks.rotate(by=owner, webhook=old.webhook, overlap=timedelta(hours=1))
    build_package("style", "1.0.0")
    clock = Clock()
    tried(old.webhook, clock)
    assert receiver.verified(new.secret) == receiver.verified(old.secret)
    assert len(receiver.messages[-1][1]["webhook-signature"].split()) == 2
    delivery = only(old.webhook)
    clock.forward(hours=2)
    late = webhook_deliveries.headers_of(delivery, clock())
    assert len(late["webhook-signature"].split()) == 1
    webhooks.rotate(by=owner, webhook=old.webhook, overlap=timedelta())
    webhooks.replay(by=owner, delivery=delivery)
    tried(old.webhook, Clock())
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        receiver.verified(new.secret)
    with pytest.raises(webhooks.InvalidOverlap):
        webhooks.rotate(by=owner, webhook=old.webhook, overlap=timedelta(days=8))


def test_the_secret_is_nowhere_in_the_database(owner: Actor, acme: Namespace, receiver: Receiver) -> None:
    new = made(owner, acme, receiver)
    webhooks.rotate(by=owner, webhook=new.webhook)
    stored = repr(list(Webhook.objects.values())) + repr(list(AuditEvent.objects.values()))
    assert new.secret.startswith("whsec_")
    assert new.secret not in stored
    assert new.secret not in repr(new)
    assert "/hook" not in repr(list(AuditEvent.objects.values("data")))


def test_who_runs_an_organization_hears_of_packages_and_who_reads_its_log_also_of_people(
    owner: Actor, admin: Actor, member: Actor, stranger: Actor, acme: Namespace, receiver: Receiver
) -> None:
    for nobody in (member, stranger, Actor()):
        with pytest.raises(PermissionRefused):
            made(nobody, acme, receiver)
    mine = made(admin, acme, receiver).webhook
    for events in (["hub.membership.*"], ["*"]):
        with pytest.raises(PermissionRefused, match="audit log"):
            made(admin, acme, receiver, events=events)
        with pytest.raises(PermissionRefused, match="audit log"):
            webhooks.update(by=admin, webhook=mine, url=mine.url, events=events, description="", is_enabled=True)
    owners = made(owner, acme, receiver, events=["hub.*"]).webhook
    # Else an admin would lead the log of people to an address of their own.
    for deed in (
        lambda: webhooks.update(
            by=admin, webhook=owners, url=mine.url, events=mine.events, description="", is_enabled=True
        ),
        lambda: webhooks.rotate(by=admin, webhook=owners),
        lambda: webhooks.delete(by=admin, webhook=owners),
    ):
        with pytest.raises(PermissionRefused):
            deed()


def test_a_person_has_webhooks_of_the_own_namespace(owner: Actor, stranger: Actor, receiver: Receiver) -> None:
    assert stranger.user is not None
    namespace = stranger.user.namespace
    assert made(stranger, namespace, receiver, events=["hub.token.*"]).webhook.is_enabled
    with pytest.raises(PermissionRefused):
        made(owner, namespace, receiver)


@pytest.mark.parametrize("url", ["http://example.com/", "https://10.0.0.1/", "https://a:b@example.com/", "nonsense"])
def test_an_address_that_may_not_be_sent_to_is_refused_at_once(owner: Actor, acme: Namespace, url: str) -> None:
    with pytest.raises(webhooks.InvalidUrl):
        webhooks.create(by=owner, namespace=acme, url=url, events=["registry.*"])


def test_there_is_an_end_to_how_many(owner: Actor, acme: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MAX_WEBHOOKS", 1)
    webhooks.create(by=owner, namespace=acme, url="https://example.com/", events=["registry.*"])
    with pytest.raises(webhooks.TooMany):
        webhooks.create(by=owner, namespace=acme, url="https://example.com/", events=["registry.*"])


def test_a_test_message_is_sent_and_a_delivery_that_is_over_is_replayed_with_its_id(
    owner: Actor, acme: Namespace, receiver: Receiver
) -> None:
    new = made(owner, acme, receiver)
    sent = webhooks.test(by=owner, webhook=new.webhook)
    with pytest.raises(webhooks.StillOpen):
        webhooks.replay(by=owner, delivery=only(new.webhook))
    tried(new.webhook, Clock())
    assert receiver.verified(new.secret)["type"] == "webhook.test"
    webhooks.replay(by=owner, delivery=only(new.webhook))
    delivery = tried(new.webhook, Clock())
    assert receiver.ids == [sent.message_id] * 2
    assert receiver.messages[0][2] == receiver.messages[1][2]
    assert delivery.state == "delivered"
    assert delivery.log.count() == 2


def test_what_is_off_or_gone_is_sent_nothing(owner: Actor, acme: Namespace, receiver: Receiver) -> None:
    hook = made(owner, acme, receiver).webhook
    waiting = webhooks.test(by=owner, webhook=hook)
    off = webhooks.update(by=owner, webhook=hook, url=hook.url, events=hook.events, description="", is_enabled=False)
    with pytest.raises(webhooks.Disabled):
        webhooks.test(by=owner, webhook=off)
    assert webhook_deliveries.attempt(waiting.id) is None
    webhooks.update(by=owner, webhook=hook, url=hook.url, events=hook.events, description="", is_enabled=True)
    organization_life.delete(by=owner, organization=acme.organization)  # type: ignore[arg-type]  # acme is one
    assert webhook_deliveries.attempt(waiting.id) is None
    organization_life.restore(by=owner, organization=acme.organization)  # type: ignore[arg-type]  # as above
    assert webhook_deliveries.attempt(waiting.id) is not None
    webhooks.delete(by=owner, webhook=hook)
    assert not WebhookDelivery.objects.exists()
    with pytest.raises(webhooks.Gone):
        webhooks.rotate(by=owner, webhook=hook)
