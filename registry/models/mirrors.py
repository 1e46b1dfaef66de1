"""Upstreams whose public packages a namespace keeps copies of."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from hub.models import Job, Namespace, User
from registry.domain.mirrors import MAX_HOURS, MIN_HOURS
from registry.models.packages import Package, Visibility


class UpstreamKind(models.TextChoices):
    """What an upstream speaks."""

    HUB = "hub", "Another hub"
    MCP_REGISTRY = "mcp-registry", "An MCP registry"


class Mirror(models.Model):
    """A hub or an MCP registry that `namespace` follows. It publishes only into packages that it has made itself.

    It acts for whoever set it up, as that person had signed in then (`sso`, `second_factor`), with the power that the
    person has at the time of each run. `since` is the newest change that a whole run has seen, by the upstream's clock.
    """

    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="mirrors")
    upstream = models.CharField(max_length=20, choices=UpstreamKind)
    base_url = models.CharField(max_length=500)
    patterns = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.INTERNAL)
    interval_hours = models.PositiveSmallIntegerField(default=24)
    is_enabled = models.BooleanField(default=True)
    made_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    sso = ArrayField(models.BigIntegerField(), default=list, blank=True)
    second_factor = models.BooleanField(default=False)
    since = models.CharField(max_length=40, blank=True)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    report = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(interval_hours__gte=MIN_HOURS, interval_hours__lte=MAX_HOURS), name="mirror_hourly_at_most"
            ),
            models.CheckConstraint(condition=Q(upstream__in=UpstreamKind.values), name="mirror_upstream_known"),
            models.UniqueConstraint(fields=["namespace", "upstream", "base_url"], name="mirror_once_per_namespace"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"mirror {self.pk}"


class MirroredPackage(models.Model):
    """A package that a mirror made, and the name it has upstream. Nothing else is ever written to by a mirror.

    `state` is what the upstream says about the whole: empty, why it is gone, or what it says about its deprecation.
    """

    mirror = models.ForeignKey(Mirror, models.CASCADE, related_name="packages")
    upstream_name = models.CharField(max_length=250)
    package = models.OneToOneField(Package, models.CASCADE, related_name="mirrored")
    state = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mirror", "upstream_name"], name="mirrored_once"),
        ]

    def __str__(self) -> str:
        return f"{self.package} from {self.upstream_name}"
