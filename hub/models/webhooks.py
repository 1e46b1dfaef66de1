"""Addresses outside that hear what happens in a namespace, and what was sent to them."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from hub.models.audit import AuditEvent
from hub.models.namespaces import Namespace
from hub.models.users import User


class DeliveryState(models.TextChoices):
    """Where a delivery stands. `sending` is over when its lease is, whatever became of the worker."""

    WAITING = "waiting", "waiting"
    SENDING = "sending", "sending"
    DELIVERED = "delivered", "delivered"
    FAILED = "failed", "failed"


OPEN = (DeliveryState.WAITING, DeliveryState.SENDING)


class Webhook(models.Model):
    """An address that is told of the events of one namespace that `events` chooses, signed by Standard Webhooks.

    The signing secret is sealed by the vault. While a rotation's overlap lasts, the former one signs as well.
    `failing_since` is the first failure after the last success; a receiver that fails for days is switched off.
    """

    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=1000)
    description = models.CharField(max_length=200, blank=True)
    events = ArrayField(models.CharField(max_length=60))
    sealed_secret = models.TextField()
    sealed_previous = models.TextField(blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    is_enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(events__len__gte=1), name="webhook_has_events"),
            models.CheckConstraint(
                condition=Q(sealed_previous="", previous_until=None)
                | (~Q(sealed_previous="") & Q(previous_until__isnull=False)),
                name="webhook_overlap_has_an_end",
            ),
        ]
        indexes = [models.Index(fields=["namespace"], condition=Q(is_enabled=True), name="webhook_listening")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"webhook {self.pk}"


class WebhookDelivery(models.Model):
    """One message for one webhook. A trigger writes the row in the transaction of the deed (migration 0013).

    `uid` is the message's id on the wire, the same at every try, so that a receiver can tell a repetition. Whoever
    sends claims the row: `state` becomes `sending` with a `lease` of its own until `due_at`. What a killed worker has
    claimed is claimed again after that. `body` is written once, at the first claim, out of the audit event.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(
        AuditEvent, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    event_type = models.CharField(max_length=60)
    body = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    lease = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
            models.CheckConstraint(
                condition=~Q(state=DeliveryState.SENDING) | Q(lease__isnull=False), name="delivery_sending_has_lease"
            ),
            models.UniqueConstraint(
                fields=["webhook", "event"], condition=Q(event__isnull=False), name="delivery_once_per_event"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state__in=OPEN), name="delivery_due"),
            models.Index(fields=["webhook", "-id"], name="delivery_by_webhook"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.event_type} {self.message_id}"

    @property
    def message_id(self) -> str:
        """The id on the wire, by which a receiver knows a repetition."""
        return f"msg_{self.uid.hex}"

    def is_over(self) -> bool:
        """Whether nothing more is tried by itself."""
        return self.state in (DeliveryState.DELIVERED, DeliveryState.FAILED)

    def retries_at(self) -> datetime | None:
        """When it is tried again, for one that has failed and waits."""
        return self.due_at if self.state == DeliveryState.WAITING and self.tries else None


class WebhookTry(models.Model):
    """What came of one request: kept for the people who look why nothing arrives, without anything secret."""

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="log")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["delivery", "id"], name="try_by_delivery")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"try {self.number}"
