"""What happened."""

from __future__ import annotations

from django.db import models

from hub.models.guards import KeptForever
from hub.models.namespaces import Namespace
from hub.models.tokens import ApiToken
from hub.models.users import User


class AuditEvent(KeptForever):
    """One thing that somebody did. Written by `hub.services.audit.record` in the transaction of the deed.

    Labels repeat what a foreign key says, so that the event still reads after the thing is gone or renamed.
    """

    refusal = "An audit event is neither changed nor deleted."

    at = models.DateTimeField(auto_now_add=True)
    action = models.CharField(max_length=60)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    actor_label = models.CharField(max_length=150)
    token = models.ForeignKey(ApiToken, models.SET_NULL, null=True, related_name="+")
    namespace = models.ForeignKey(Namespace, models.PROTECT, null=True, related_name="audit_events")
    target_type = models.CharField(max_length=40)
    target_id = models.BigIntegerField(null=True)
    target_label = models.CharField(max_length=220)
    request_id = models.CharField(max_length=40, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["namespace", "-id"], name="audit_by_namespace"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_label} {self.action} {self.target_label}"
