"""How forks and their upstreams stand to each other, and what forks are told of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub.models import KeptForever
from registry.models.packages import Package
from registry.models.proposals import Proposal
from registry.models.releases import Release


class SyncPoint(KeptForever):
    """Up to which release of its upstream a fork has taken in what changed there. The newest one counts.

    The first is made with the fork. `release` is the fork's own release that has it; `proposal` is missing where nothing
    had to be changed.
    """

    refusal = "What was taken in stays taken in. Take in a newer release."

    package = models.ForeignKey(Package, models.PROTECT, related_name="sync_points")
    upstream_release = models.ForeignKey(Release, models.PROTECT, related_name="taken_in_by")
    release = models.ForeignKey(Release, models.PROTECT, null=True, blank=True, related_name="+")
    proposal = models.OneToOneField(Proposal, models.PROTECT, null=True, blank=True, related_name="sync_point")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["package", "upstream_release"], name="sync_point_once")]
        indexes = [models.Index(fields=["package", "-id"], name="sync_point_newest")]

    def __str__(self) -> str:
        return f"{self.package_id} has {self.upstream_release_id}"


class Direction(models.TextChoices):
    """Which way a proposal carries changes."""

    INTO_FORK = "into-fork", "From upstream into the fork"
    INTO_UPSTREAM = "into-upstream", "From the fork into its upstream"


class UpstreamProposal(KeptForever):
    """What stands behind a proposal that carries changes between a fork and its upstream.

    `release` is the other package's release whose changes are carried, `base` the upstream's release that both start from.
    """

    refusal = "A proposal keeps what it was made of. Make the next one."

    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="carrying")
    direction = models.CharField(max_length=13, choices=Direction)
    release = models.ForeignKey(Release, models.PROTECT, related_name="+")
    base = models.ForeignKey(Release, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(direction__in=Direction.values), name="upstream_proposal_direction_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} carries {self.release_id}"


class NewsKind(models.TextChoices):
    """What forks are told of."""

    FIX = "fix", "A release was marked as a fix"
    QUARANTINE = "quarantine", "The package, or a release of it, was quarantined"


class UpstreamNews(models.Model):
    """Something that happened to a package and that those who publish in its forks should know.

    They are told fork by fork: `told_up_to` is the fork at which a worker stopped. While `told_at` is empty, the schedule
    sees to it.
    """

    package = models.ForeignKey(Package, models.PROTECT, related_name="+")
    release = models.ForeignKey(Release, models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=10, choices=NewsKind)
    at = models.DateTimeField(auto_now_add=True)
    told_up_to = models.PositiveBigIntegerField(default=0)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=NewsKind.values), name="upstream_news_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind=NewsKind.FIX) | Q(release__isnull=False), name="upstream_news_fix_is_a_release"
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(told_at=None), name="upstream_news_to_tell")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.package_id}"
