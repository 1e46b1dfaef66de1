"""Downloads, by day: how often clients fetched what was published. Nothing is kept of who did."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from registry.models.packages import Package
from registry.models.releases import Release


class DownloadCount(models.Model):
    """How often one release was downloaded on one day (UTC).

    `rolled_up` is the part of `count` that the totals of release and package hold already, so that adding the rest to
    them can be broken off and repeated without counting anything twice.
    """

    release = models.ForeignKey(Release, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    count = models.PositiveBigIntegerField()
    rolled_up = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "day"], name="download_count_once_a_day"),
            models.CheckConstraint(condition=Q(rolled_up__lte=F("count")), name="download_count_rolled_up_at_most"),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(rolled_up__lt=F("count")), name="download_count_waiting")]

    def __str__(self) -> str:
        return f"{self.release_id} on {self.day}: {self.count}"


class PackageDownloadCount(models.Model):
    """How often any release of a package was downloaded on one day: what a chart reads, however many releases there are."""

    package = models.ForeignKey(Package, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["package", "day"], name="package_download_count_once_a_day")]

    def __str__(self) -> str:
        return f"{self.package_id} on {self.day}: {self.count}"
