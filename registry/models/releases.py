"""Releases: the immutable versions of packages."""

from __future__ import annotations

import json

from django.contrib.postgres.fields import ArrayField
from django.db import models

from hub.models import KeptForever, Namespace, User
from registry.domain import inputs
from registry.domain.inputs import Input
from registry.domain.versions import Version
from registry.models.artifacts import Artifact
from registry.models.lifecycle import Withdrawable, constraints, served
from registry.models.packages import Package


class ReleaseQuerySet(models.QuerySet["Release"]):
    """Which releases."""

    def published(self) -> ReleaseQuerySet:
        """Releases that may be chosen: neither yanked nor quarantined."""
        return self.filter(served(), yanked_at__isnull=True)

    def newest_first(self) -> ReleaseQuerySet:
        """By semantic version, not by time."""
        return self.order_by("-version_key", "-id")


class Release(KeptForever, Withdrawable):
    """One version of a package, as it was published: manifest, README, changelog, who and when. Never changed.

    Only yanking, deprecation, quarantine, being marked as a fix, and how often it was downloaded are added later. A new
    release corrects one.
    """

    refusal = "A release cannot be changed. Yank it and publish the next one."

    package = models.ForeignKey(Package, models.PROTECT, related_name="releases")
    version = models.CharField(max_length=64)
    version_key = models.CharField(max_length=600, db_collation="C", help_text="Sorts as semantic versions do.")
    is_prerelease = models.BooleanField()
    format = models.CharField(max_length=10)
    manifest = models.TextField(help_text="The text as it was published.")
    digest = models.CharField(max_length=71, help_text="SHA-256 of the manifest's bytes.")
    content = models.JSONField(help_text="The parsed manifest without unknown keys.")
    document = models.JSONField(null=True, blank=True, help_text="An MCP server's server.json.")
    artifact = models.ForeignKey(Artifact, models.PROTECT, null=True, blank=True, related_name="releases")
    files = models.JSONField(
        default=list, help_text="Path, size, digest and executability of each file of the artifact."
    )
    title = models.CharField(max_length=200)
    secrets = ArrayField(models.CharField(max_length=200), default=list)
    inputs = ArrayField(models.CharField(max_length=200), default=list)
    warnings = models.JSONField(default=list)
    findings = models.JSONField(
        default=list, help_text="What the checks found when it was published, none of it an error."
    )
    readme = models.TextField(blank=True)
    readme_html = models.TextField(blank=True)
    changelog = models.TextField(blank=True)
    changelog_html = models.TextField(blank=True)
    published_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    published_from = models.JSONField(
        null=True, blank=True, help_text="The CI job that published it (trusted publishing), as its issuer claimed."
    )
    origin = models.JSONField(
        null=True,
        blank=True,
        help_text="Where the text came from: a repository and commit, an imported file, a mirror.",
    )
    published_at = models.DateTimeField(auto_now_add=True)
    yanked_at = models.DateTimeField(null=True, blank=True)
    yanked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    yank_reason = models.CharField(max_length=500, blank=True)
    fix_note = models.CharField(
        max_length=500, blank=True, help_text="What it mends, where the publishers marked it as a fix."
    )
    is_security_fix = models.BooleanField(default=False, help_text="Whether what it mends is a weakness.")
    download_count = models.PositiveBigIntegerField(default=0, help_text="As of the last roll-up.")

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["package", "version"], name="release_version_unique"),
            models.CheckConstraint(
                condition=models.Q(yanked_at__isnull=True, yank_reason="")
                | models.Q(yanked_at__isnull=False) & ~models.Q(yank_reason=""),
                name="release_yank_has_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(is_security_fix=False) | ~models.Q(fix_note=""),
                name="release_security_fix_says_what",
            ),
            *constraints("release"),
        ]
        indexes = [
            models.Index(fields=["package", "-version_key", "-id"], name="release_newest_first"),
            models.Index(fields=["package", "published_at"], name="release_by_time"),
            models.Index(
                fields=["-quarantined_at", "-id"],
                condition=models.Q(quarantined_at__isnull=False),
                name="release_quarantined",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.package}@{self.version}"

    @property
    def is_yanked(self) -> bool:
        """Whether the release is never chosen any more."""
        return self.yanked_at is not None

    @property
    def is_fix(self) -> bool:
        """Whether its publishers say that it mends something that others should know of."""
        return self.fix_note != ""

    @property
    def declared_inputs(self) -> list[Input]:
        """The inputs that the release asks for, as far as it says anything of them."""
        about = {one.name: one for one in inputs.read(self.content.get("inputs"))}
        return [about.get(name, Input(name)) for name in self.inputs]

    def config_text(self) -> str:
        """The release as a config.yaml, for clients that know no other format. Of JSON too: it is YAML."""
        return json.dumps(self.content, ensure_ascii=False, indent=2) + "\n" if self.format == "json" else self.manifest

    def parsed_version(self) -> Version:
        """The version as a value that compares."""
        return Version.parse(self.version)


class ReleaseCoordinate(KeptForever):
    """Remembers for ever that a version was used under a name, even after the package is gone.

    This is what keeps `namespace/name@version` from ever meaning two things.
    """

    refusal = "A version that was used stays used."

    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    version = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "name", "version"], name="coordinate_never_reused")]

    def __str__(self) -> str:
        return f"{self.namespace_id}/{self.name}@{self.version}"
