"""What checks found in releases."""

from __future__ import annotations

from django.db import models

from hub.models import KeptForever
from registry.models.releases import Release


class ReleaseScan(KeptForever):
    """What one set of checks found in one release. The first comes with the publication, a further one with newer checks.

    A release never changes, so neither does what the same checks find in it: one row for each set.
    """

    refusal = "A scan says what was found then. Scan again with newer checks."

    release = models.ForeignKey(Release, models.PROTECT, related_name="scans")
    fingerprint = models.CharField(max_length=16, help_text="Names the set of checks with their versions.")
    checks = models.JSONField(help_text="For each check its version and how much it found, by severity.")
    findings = models.JSONField(default=list)
    error_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    scanned_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "fingerprint"], name="scan_once_by_the_same_checks")]
        indexes = [models.Index(fields=["release", "-id"], name="scan_newest_first")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"scan {self.fingerprint} of {self.release_id}"
