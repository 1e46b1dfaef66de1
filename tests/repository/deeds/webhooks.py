"""Deeds on webhooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from hub.models import DeliveryState, WebhookDelivery
from hub.services import webhooks

# What is sent is no deed: the row that the trigger wrote is. Switching a failing receiver off is recorded, which
# tests/hub/test_webhook_deliveries.py sees to.
READING = {
    "webhook_deliveries": {
        "attempt",
        "claim",
        "deliver_due",
        "due",
        "headers_of",
        "prune",
        "send",
        "settle",
    }
}
NEW = {"url": "https://example.com/hook", "events": ["registry.grant.*"]}
DEEDS: dict[str, Callable[[Any], object]] = {
    "webhooks.create": lambda w: webhooks.create(by=w.by, namespace=w.acme, **NEW),
    "webhooks.update": lambda w: webhooks.update(
        by=w.by, webhook=w.more["webhook"], description="Changed.", is_enabled=True, **NEW
    ),
    "webhooks.delete": lambda w: webhooks.delete(by=w.by, webhook=w.more["webhook"]),
    "webhooks.rotate": lambda w: webhooks.rotate(by=w.by, webhook=w.more["webhook"]),
    "webhooks.test": lambda w: webhooks.test(by=w.by, webhook=w.more["webhook"]),
    "webhooks.replay": lambda w: webhooks.replay(by=w.by, delivery=w.more["delivery"]),
}


def furnish(world: Any) -> None:
    """A webhook, and a message that has arrived there."""
    made, now = webhooks.create(by=world.by, namespace=world.acme, **NEW), timezone.now()
    world.more["webhook"] = made.webhook
    world.more["delivery"] = WebhookDelivery.objects.create(
        webhook=made.webhook, event_type="x", body="{}", state=DeliveryState.DELIVERED, due_at=now, created_at=now
    )
