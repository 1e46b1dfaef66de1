"""Webhooks for tests: made, told of something, and sent when the test says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from hub.actors import Actor
from hub.models import Namespace, Webhook, WebhookDelivery
from hub.services import webhook_deliveries, webhooks
from tests.support.receiver import Receiver


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def made(by: Actor, namespace: Namespace, receiver: Receiver, path: str = "/hook", **more: Any) -> webhooks.NewSecret:
    """A webhook of `namespace` for that receiver, which hears what happens to packages."""
    events = more.pop("events", ["registry.*"])
    return webhooks.create(by=by, namespace=namespace, url=receiver.url(path), events=events, **more)


def only(webhook: Webhook) -> WebhookDelivery:
    """The one delivery of the webhook."""
    return WebhookDelivery.objects.select_related("webhook__namespace__organization").get(webhook=webhook)


def tried(webhook: Webhook, clock: Clock) -> WebhookDelivery:
    """The one delivery after one more try, made at the moment it is due."""
    delivery = only(webhook)
    clock.now = max(clock.now, delivery.due_at)
    assert webhook_deliveries.attempt(delivery.id, clock=clock, luck=lambda: 0.5) is not None
    return only(webhook)
