"""What happened, and the seals over it."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from hub.models.guards import KeptForever
from hub.models.namespaces import Namespace
from hub.models.tokens import ApiToken
from hub.models.users import User


class AuditEvent(KeptForever):
    """One thing that somebody did. Written by `hub.services.audit.record` in the transaction of the deed.

    Labels repeat what a foreign key says, so that the event still reads after the thing is gone or renamed. The database
    has triggers that refuse to change or delete a row (migration 0003); `actor` and `token` are therefore no constraints:
    nobody's deletion reaches into what happened. `mark` proves that the hub wrote the row (hub/domain/audit_keys.py).
    """

    refusal = "An audit event is neither changed nor deleted."

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    action = models.CharField(max_length=60)
    actor = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    actor_label = models.CharField(max_length=150)
    token = models.ForeignKey(
        ApiToken, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    token_label = models.CharField(max_length=120, blank=True)
    on_behalf_of = models.CharField(max_length=150, blank=True)
    source = models.CharField(max_length=20, blank=True)
    namespace = models.ForeignKey(Namespace, models.PROTECT, null=True, related_name="audit_events")
    namespace_label = models.CharField(max_length=39, blank=True)
    target_type = models.CharField(max_length=40)
    target_id = models.BigIntegerField(null=True)
    target_label = models.CharField(max_length=220)
    request_id = models.CharField(max_length=40, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    data = models.JSONField(default=dict)
    mark = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["namespace", "-id"], name="audit_by_namespace"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_label} {self.action} {self.target_label}"


class AuditSeal(KeptForever):
    """A signed statement about a run of events, chained to the seal before: who changes one event breaks its seal.

    Made by `hub.services.audit_seals`. It stays when its events are pruned, so that the chain remains whole.
    `digests` holds 32 bytes for each of `ids`.
    """

    refusal = "A seal is neither changed nor deleted."

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    newest_at = models.DateTimeField(help_text="When the newest of the events happened.")
    first_position = models.BigIntegerField()
    ids = ArrayField(models.BigIntegerField())
    digests = models.BinaryField()
    previous = models.CharField(max_length=64)
    key = models.CharField(max_length=16, help_text="The fingerprint of the key that signed.")
    signature = models.BinaryField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(number__gte=1), name="audit_seal_number_positive")]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"seal {self.number}"


class AuditUnsealed(models.Model):
    """An event that waits for its seal. A trigger adds the row in the event's transaction; sealing takes it away.

    It is no foreign key: if an event is deleted before it was sealed, this row stays and says so.
    """

    event_id = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return f"event {self.event_id}"
