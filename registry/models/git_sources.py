"""Git repositories that are kept in step with a namespace, and each time that this was done."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from hub.models import Namespace, User
from registry.models.packages import Visibility


class GitSource(models.Model):
    """A folder of a repository whose files become packages of a namespace.

    `connected_by` is who answers for it: a sync may do what that person may do in the namespace, and nothing else. The
    credential and the webhook's secret are sealed (hub/vault.py). `last_ref` is what the branch pointed to when it was last
    taken in whole; while it stays the same, there is nothing to do.
    """

    uid = models.UUIDField(
        default=uuid.uuid4, unique=True, editable=False, help_text="Names it in the webhook's address."
    )
    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="git_sources")
    url = models.CharField(max_length=500)
    branch = models.CharField(max_length=200, blank=True, help_text="Or a tag. Empty: the repository's own choice.")
    folder = models.CharField(max_length=300, blank=True)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.PRIVATE)
    username = models.CharField(max_length=200, blank=True)
    credential = models.TextField(blank=True, help_text="Sealed. Empty for a public repository.")
    webhook_secret = models.TextField(help_text="Sealed.")
    interval_minutes = models.PositiveIntegerField(default=60, help_text="0: only by hand and by webhook.")
    is_enabled = models.BooleanField(default=True)
    stopped_because = models.CharField(max_length=300, blank=True)
    connected_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_ref = models.CharField(max_length=64, blank=True)
    last_commit = models.CharField(max_length=64, blank=True)
    last_synced_at = models.DateTimeField(null=True, blank=True)
    next_sync_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["namespace", "url", "folder"], name="git_source_once"),
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="git_source_visibility_known"),
            models.CheckConstraint(
                condition=Q(is_enabled=True, stopped_because="") | Q(is_enabled=False), name="git_source_stopped_is_off"
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.url}#{self.branch}:{self.folder}" if self.branch or self.folder else self.url


class SyncRun(models.Model):
    """One sync of a source: waiting, under way, or over.

    At most one of a source is under way and one more waits: what is pushed meanwhile is taken in by the one that waits.
    `attempt` counts who worked on it; only the newest may write, so that a worker that was given up cannot come back.
    `heartbeat_at` is when it last did; empty between two steps.
    """

    class Trigger(models.TextChoices):
        """What asked for it."""

        MANUAL = "manual", "By hand"
        WEBHOOK = "webhook", "Webhook"
        SCHEDULE = "schedule", "Schedule"

    class State(models.TextChoices):
        """How far it is."""

        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    source = models.ForeignKey(GitSource, models.CASCADE, related_name="runs")
    trigger = models.CharField(max_length=10, choices=Trigger)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    losses = models.PositiveIntegerField(default=0, help_text="How many workers ended while they worked on it.")
    commit_before = models.CharField(max_length=64, blank=True)
    commit_after = models.CharField(max_length=64, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, help_text="Entries by their outcome.")
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source"], condition=Q(state="running"), name="sync_running_once"),
            models.UniqueConstraint(fields=["source"], condition=Q(state="queued"), name="sync_queued_once"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at=None)
                | Q(state__in=["done", "failed"], finished_at__isnull=False),
                name="sync_over_has_end",
            ),
        ]
        indexes = [models.Index(fields=["source", "-id"], name="sync_newest_first")]

    def __str__(self) -> str:
        return f"sync {self.id} of {self.source_id}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in (self.State.DONE, self.State.FAILED)


class SyncEntry(models.Model):
    """What became of one file, or of one item of a file, in one sync."""

    class Outcome(models.TextChoices):
        """What became of it."""

        IMPORTED = "imported", "Published"
        UNCHANGED = "unchanged", "Unchanged"
        REFUSED = "refused", "Refused"
        SKIPPED = "skipped", "Left out"
        GONE = "gone", "No longer in the repository"

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="entries")
    path = models.CharField(max_length=500)
    kind = models.CharField(max_length=20, blank=True)
    package = models.CharField(max_length=100, blank=True)
    version = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.TextField(blank=True)
    line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["imported", "unchanged", "refused", "skipped", "gone"]),
                name="sync_entry_outcome_known",
            )
        ]
        indexes = [models.Index(fields=["run", "outcome", "path", "id"], name="sync_entry_by_outcome")]

    def __str__(self) -> str:
        return f"{self.path}: {self.outcome}"
