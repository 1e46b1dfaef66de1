"""Proposals: changes of packages that somebody asks for, talked about until they are merged or closed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub.actors import Actor
from hub.models import KeptForever, User
from registry.models.packages import Package, readable_by
from registry.models.releases import Release

MAX_REQUIRED_APPROVALS = 5


class ProposalState(models.TextChoices):
    """Where a proposal stands. Only a draft is hidden from others than its author."""

    DRAFT = "draft", "Draft"
    OPEN = "open", "Open"
    MERGED = "merged", "Merged"
    CLOSED = "closed", "Closed"
    SUPERSEDED = "superseded", "Superseded"


class Verdict(models.TextChoices):
    """What a reviewer says."""

    APPROVE = "approve", "Approved"
    REQUEST_CHANGES = "request_changes", "Changes requested"


class ProposalFile(models.TextChoices):
    """The texts of a revision that lines are commented in."""

    MANIFEST = "manifest", "Manifest"
    README = "readme", "README"
    CHANGELOG = "changelog", "Changelog"


class Side(models.TextChoices):
    """Which of two texts a line is of."""

    BEFORE = "before", "Before"
    AFTER = "after", "After"


class ProposalQuerySet(models.QuerySet["Proposal"]):
    """Which proposals."""

    def visible_to(self, actor: Actor) -> ProposalQuerySet:
        """Proposals of packages that the actor may read; a draft for its author only."""
        present = Q(package__deleted_at=None, package__namespace__closed_at=None)
        shown = ~Q(state=ProposalState.DRAFT)
        if actor.reader is not None:
            shown |= Q(author=actor.reader)
        return self.filter(present & readable_by(actor, "package__") & shown)


class Proposal(models.Model):
    """A change of a package that its author asks those to make who publish there: the next release, as a draft.

    What is asked for stands in revisions, which never change; `current` is the newest. The number counts within the
    package and stays, also when the package is handed over.
    """

    package = models.ForeignKey(Package, models.PROTECT, related_name="proposals")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    title = models.CharField(max_length=200)
    message = models.TextField(blank=True)
    message_html = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.DRAFT)
    current = models.ForeignKey("registry.ProposalRevision", models.PROTECT, null=True, related_name="+")
    release = models.OneToOneField(Release, models.PROTECT, null=True, blank=True, related_name="proposal")
    superseded_by = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="supersedes")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True, help_text="When something was last said or done.")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = ProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["package", "number"], name="proposal_number_unique"),
            models.CheckConstraint(condition=Q(state__in=ProposalState.values), name="proposal_state_known"),
            models.CheckConstraint(
                condition=Q(state=ProposalState.MERGED, release__isnull=False)
                | ~Q(state=ProposalState.MERGED) & Q(release__isnull=True),
                name="proposal_merged_has_release",
            ),
        ]
        indexes = [models.Index(fields=["package", "state", "-number"], name="proposal_by_state")]

    def __str__(self) -> str:
        return f"{self.package}#{self.number}"

    @property
    def is_under_way(self) -> bool:
        """Whether it may still be revised."""
        return self.state in (ProposalState.DRAFT, ProposalState.OPEN)

    @property
    def is_open(self) -> bool:
        """Whether it may be merged."""
        return self.state == ProposalState.OPEN


class ProposalRevision(KeptForever):
    """What a proposal asked for at one time: every text of the release to be, its version, and what it started from."""

    refusal = "A revision stays as it was reviewed. Make the next one."

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    base = models.ForeignKey(Release, models.PROTECT, null=True, related_name="+")
    version = models.CharField(max_length=64)
    manifest = models.TextField()
    readme = models.TextField(blank=True)
    changelog = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "number"], name="proposal_revision_unique")]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.proposal} revision {self.number}"


class ProposalComment(models.Model):
    """What somebody says about a proposal as a whole, or about one line of one of a revision's texts."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="comments")
    revision = models.ForeignKey(ProposalRevision, models.PROTECT, null=True, blank=True, related_name="comments")
    file = models.CharField(max_length=10, choices=ProposalFile, blank=True)
    side = models.CharField(max_length=6, choices=Side, blank=True)
    line = models.PositiveIntegerField(null=True, blank=True)
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    text = models.TextField()
    html = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(revision__isnull=True, line__isnull=True, file="", side="")
                | Q(
                    revision__isnull=False,
                    line__gte=1,
                    file__in=ProposalFile.values,
                    side__in=Side.values,
                ),
                name="proposal_comment_has_a_whole_place",
            )
        ]
        indexes = [models.Index(fields=["proposal", "id"], name="proposal_comment_in_order")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"comment on {self.proposal}"


class ProposalReview(models.Model):
    """A verdict on one revision. The newest of each reviewer counts; a dismissed one does not."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="reviews")
    revision = models.ForeignKey(ProposalRevision, models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(User, models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=20, choices=Verdict)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    dismissal = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="proposal_review_verdict_known")
        ]
        indexes = [models.Index(fields=["proposal", "id"], name="proposal_review_in_order")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.verdict} of {self.proposal}"


class ProposalEvent(models.Model):
    """One thing that happened to a proposal, for its timeline and for those who follow it.

    `told_at` says when the followers were told; while it is empty, the schedule sees to it.
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20, help_text="One of registry.domain.proposals.EventKind.")
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    data = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["proposal", "id"], name="proposal_event_in_order"),
            models.Index(fields=["at"], condition=Q(told_at=None), name="proposal_event_to_tell"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.proposal_id}"


class ProposalFollower(models.Model):
    """Somebody who took part in a proposal and hears of it, or who asked not to."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="followers")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    is_muted = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "user"], name="proposal_follower_unique")]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.proposal_id}"
