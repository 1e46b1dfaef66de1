"""What resolution leaves behind: bundles, named by their content, and the locks that point to them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from hub.actors import Actor
from hub.models import KeptForever
from registry.models import Package, Release, readable_by, served


class Bundle(KeptForever):
    """A resolved assistant as canonical JSON. The primary key is the SHA-256 of the bytes, so the bytes never change."""

    refusal = "A bundle is its digest's content for ever."

    digest = models.CharField(primary_key=True, max_length=71)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest


class LockQuerySet(models.QuerySet["Lock"]):
    """Which locks. What may be fetched is decided here and nowhere else."""

    def known_to(self, actor: Actor) -> LockQuerySet:
        """The locks of assistants that the actor may read, whatever has become of their parts."""
        return self.filter(
            readable_by(actor, "release__package__"),
            release__package__deleted_at=None,
            release__package__namespace__closed_at=None,
        )

    def current(self) -> LockQuerySet:
        """Of each release what holds now, without any scope: not what an earlier resolution gave."""
        return self.filter(in_force())

    def whole_for(self, actor: Actor) -> LockQuerySet:
        """The locks that the actor may fetch: every part may be read, and nothing is quarantined."""
        return self.known_to(actor).filter(~parts_hidden_from(actor), ~quarantined())


def in_force(prefix: str = "") -> Q:
    """The condition that a lock (or with `prefix` the lock that a row points to) holds now, and for no scope."""
    return Q(**{f"{prefix}base": None, f"{prefix}superseded_at": None})


def parts_hidden_from(actor: Actor) -> Exists:
    """The condition on a lock that the actor may not read every part."""
    return Exists(LockEntry.objects.filter(lock=OuterRef("pk")).exclude(readable_by(actor, "package__")))


def quarantined() -> Q:
    """The condition on a lock that it is quarantined, or that a part of it is, also one that was deleted since."""
    parts = LockEntry.objects.filter(lock=OuterRef("pk")).exclude(served("package__"), served("release__"))
    own = Q(release__quarantined_at__isnull=False) | Q(release__package__quarantined_at__isnull=False)
    return own | Q(Exists(parts))


class Lock(KeptForever):
    """The exact releases that one release of an assistant is made of: one resolution of it, kept for ever.

    The first is made when the release is published. A floating assistant gets another when what it uses moves (`number`
    counts them, `superseded_at` says when the next took its place, `moved` what is different). A lock with a `base` is what
    comes of that one for a `scope`: with the overlays of organizations and teams, named by their digest. Whose they are stands
    in `scope_organizations` and `scope_teams`: it is for those who belong to all of them.
    `pinned_manifest` is the manifest with exact versions, for clients that compose by themselves.
    """

    refusal = "A lock keeps what was decided when it was made."

    release = models.ForeignKey(Release, models.PROTECT, related_name="locks")
    number = models.PositiveIntegerField(default=1)
    base = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="scoped")
    scope = models.CharField(max_length=71, blank=True, default="")
    scope_organizations = ArrayField(models.BigIntegerField(), default=list, blank=True)
    scope_teams = ArrayField(models.BigIntegerField(), default=list, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)
    moved = models.JSONField(default=list, help_text="What another release was taken of than in the lock before.")
    bundle = models.ForeignKey(Bundle, models.PROTECT, related_name="locks")
    document = models.JSONField(help_text="What the API gives out as the lock.")
    explanation = models.JSONField(default=list)
    conflicts = models.JSONField(default=list)
    pinned_manifest = models.TextField()
    secrets = ArrayField(models.CharField(max_length=400), default=list, help_text="Fully qualified names.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "number"], condition=Q(base=None), name="lock_number_unique"),
            models.UniqueConstraint(
                fields=["release"], condition=Q(base=None, superseded_at=None), name="lock_one_in_force"
            ),
            models.UniqueConstraint(
                fields=["base", "scope"], condition=Q(base__isnull=False), name="lock_scope_unique"
            ),
            models.CheckConstraint(
                condition=Q(base=None, scope="") | Q(base__isnull=False) & ~Q(scope=""), name="lock_scope_has_base"
            ),
            models.CheckConstraint(
                condition=Q(base=None, scope_organizations=[], scope_teams=[])
                | Q(base__isnull=False) & ~Q(scope_organizations=[]),
                name="lock_scope_is_of_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"lock of {self.release_id}"


class LockEntry(KeptForever):
    """One release inside a lock, as a row: who uses what, and who may read all of it."""

    refusal = Lock.refusal

    lock = models.ForeignKey(Lock, models.CASCADE, related_name="entries")
    package = models.ForeignKey(Package, models.PROTECT, related_name="locked_in")
    release = models.ForeignKey(Release, models.PROTECT, related_name="locked_in")
    path = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lock", "path"], name="lock_entry_path_unique")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.path}: {self.release_id}"
