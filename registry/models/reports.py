"""What readers tell the moderators."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub.models import User
from registry.models.packages import Package
from registry.models.releases import Release

REASON_MAX_LENGTH = 1000


class ReportState(models.TextChoices):
    """What became of a report."""

    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"
    DISMISSED = "dismissed", "Dismissed"


class Report(models.Model):
    """Somebody who can read a package tells the moderators what is wrong with it. Waits until one of them decides."""

    package = models.ForeignKey(Package, models.CASCADE, related_name="reports")
    release = models.ForeignKey(Release, models.CASCADE, null=True, blank=True, related_name="reports")
    reporter = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=REASON_MAX_LENGTH)
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=ReportState, default=ReportState.OPEN)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["package", "release", "reporter"],
                condition=Q(state=ReportState.OPEN),
                nulls_distinct=False,
                name="report_open_once_per_reporter",
            ),
            models.CheckConstraint(condition=Q(state__in=ReportState.values), name="report_state_known"),
            models.CheckConstraint(
                condition=Q(state=ReportState.OPEN, decided_at=None)
                | ~Q(state=ReportState.OPEN) & Q(decided_at__isnull=False),
                name="report_decided_when_closed",
            ),
        ]
        indexes = [models.Index(fields=["state", "created_at", "id"], name="report_queue")]
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return str(self.release or self.package)
