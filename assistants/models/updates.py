"""How assistants take new releases of what they use: settings, the work that is under way, and where each one stands."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assistants.domain.updating import Merges, Mode
from hub.domain import patterns
from hub.models import Namespace, User
from registry.models import Package, Proposal

MAX_AGE_HOURS = 8760
_MODES = [(one.value, one.value) for one in Mode]
_MERGES = [(one.value, one.value) for one in Merges]


class UpdatePolicy(models.Model):
    """What those who manage an assistant decided about its updates. Without a row it is locked, with proposals.

    `set_by` is whoever said so last: proposals that are merged by policy are merged in that person's name.
    """

    package = models.OneToOneField(Package, models.CASCADE, related_name="update_policy")
    mode = models.CharField(max_length=10, choices=_MODES, default=Mode.LOCKED.value)
    min_age_hours = models.PositiveSmallIntegerField(default=0)
    proposes = models.BooleanField(default=True)
    beyond_range = models.BooleanField(default=False)
    merges = models.CharField(max_length=10, choices=_MERGES, default=Merges.NONE.value)
    set_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(mode__in=[one.value for one in Mode]), name="update_policy_mode_known"),
            models.CheckConstraint(
                condition=Q(merges__in=[one.value for one in Merges]), name="update_policy_merges_known"
            ),
            models.CheckConstraint(condition=Q(min_age_hours__lte=MAX_AGE_HOURS), name="update_policy_age_bounded"),
        ]

    def __str__(self) -> str:
        return f"{self.mode}: {self.package_id}"


class UsagePolicy(models.Model):
    """What an organization's assistants may be made of, and how old a release must be. Every change makes a new version."""

    namespace = models.OneToOneField(Namespace, models.CASCADE, related_name="usage_policy")
    version = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=71, help_text="Of what this version says, in canonical JSON.")
    min_age_hours = models.PositiveSmallIntegerField(default=0)
    allowed = ArrayField(models.CharField(max_length=patterns.MAX_LENGTH), default=list, blank=True)
    denied = ArrayField(models.CharField(max_length=patterns.MAX_LENGTH), default=list, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    updated_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(min_age_hours__lte=MAX_AGE_HOURS), name="usage_policy_age_bounded")
        ]

    def __str__(self) -> str:
        return f"policy {self.version} of {self.namespace_id}"


class UpdateRun(models.Model):
    """A change that assistants may have to follow: of a package's releases, or of a namespace's policy.

    Written in the transaction of that change, so that none is lost. A worker goes through the assistants by their id, and
    `cursor` is the last one that it is done with. `claims` tells workers apart: who claims it takes it from who had it.
    """

    class State(models.TextChoices):
        """How far a run is."""

        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"

    package = models.ForeignKey(Package, models.CASCADE, null=True, related_name="update_runs")
    namespace = models.ForeignKey(Namespace, models.CASCADE, null=True, related_name="update_runs")
    depth = models.PositiveSmallIntegerField(default=0, help_text="How many assistants lie between it and a package.")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    cursor = models.PositiveBigIntegerField(default=0)
    claims = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0, help_text="Claims since the last assistant that was done.")
    beat_at = models.DateTimeField(null=True, blank=True)
    looked_at_count = models.PositiveIntegerField(default=0)
    moved_count = models.PositiveIntegerField(default=0)
    proposed_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["queued", "running", "done"]), name="update_run_state_known"),
            models.CheckConstraint(
                condition=Q(package=None, namespace__isnull=False) | Q(package__isnull=False, namespace=None),
                name="update_run_has_one_cause",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=~Q(state="done"), name="update_run_under_way"),
            models.Index(fields=["finished_at"], condition=Q(state="done"), name="update_run_finished"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}: {self.state}"


class UpdateState(models.Model):
    """Where an assistant stands with its updates: what kept it from one, and when it has to be looked at again.

    `due_at` is when it is looked at anew: soon after a publication, at the end of the first cool-down, now after other settings.
    """

    package = models.OneToOneField(Package, models.CASCADE, related_name="update_state")
    problem = models.CharField(max_length=500, blank=True)
    problem_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "package"], condition=Q(due_at__isnull=False), name="update_state_due")
        ]

    def __str__(self) -> str:
        return f"updates of {self.package_id}"


class UpdateProposal(models.Model):
    """What stands behind a proposal that the hub made so that an assistant takes newer releases.

    `moves` is what its current revision moves. One that people closed is not made again for the same moves.
    """

    proposal = models.OneToOneField(Proposal, models.CASCADE, related_name="update")
    package = models.ForeignKey(Package, models.CASCADE, related_name="update_proposals")
    moves = models.JSONField(default=list)
    note = models.CharField(max_length=500, blank=True, help_text="Why policy did not merge it.")
    noted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["package", "-id"], name="update_proposal_newest")]

    def __str__(self) -> str:
        return f"update {self.proposal_id}"
