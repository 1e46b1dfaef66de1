"""Long work that somebody started and watches."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from hub.models.namespaces import Namespace
from hub.models.organizations import Organization
from hub.models.tokens import ApiToken
from hub.models.users import User


class JobState(models.TextChoices):
    """Where a job stands."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Job(models.Model):
    """Work in the background with progress to look at. The row is the truth: a worker claims it, and a job whose worker
    fell silent is claimed again.

    `kind` names the handler (`hub.services.jobs.register`), `data` what it needs. What the job may do is what whoever
    started it may do at the time of each step: the columns from `user` to `confined_to` say how they had signed in.
    """

    kind = models.CharField(max_length=40)
    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="jobs")
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    data = models.JSONField(default=dict)
    user = models.ForeignKey(User, models.CASCADE, related_name="jobs")
    token = models.ForeignKey(ApiToken, models.SET_NULL, null=True, blank=True, related_name="+")
    through_token = models.BooleanField(default=False)
    sso = ArrayField(models.BigIntegerField(), default=list, blank=True)
    second_factor = models.BooleanField(default=False)
    confined_to = models.ForeignKey(Organization, models.CASCADE, null=True, blank=True, related_name="+")
    request_id = models.CharField(max_length=64, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    report = models.JSONField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True, help_text="When its worker was last heard of.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=[JobState.DONE, JobState.FAILED], finished_at__isnull=False)
                | Q(state__in=[JobState.QUEUED, JobState.RUNNING], finished_at=None),
                name="job_over_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["beat_at"], name="job_open", condition=Q(finished_at=None)),
            models.Index(fields=["namespace", "-id"], name="job_of_namespace"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.finished_at is not None

    @property
    def percent(self) -> int | None:
        """How far it is, from 0 to 100; None while nobody knows how much there is."""
        return min(100, self.done * 100 // self.total) if self.total else None
