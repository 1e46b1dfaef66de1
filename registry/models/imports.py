"""What was imported from where, and archives on their way in."""

from __future__ import annotations

import hashlib

from django.db import models
from django.db.models import Q

from hub.models import Job, Namespace, User
from registry.models.packages import Package, Visibility


class ImportedFile(models.Model):
    """Remembers which package a file (or an item of it) became, and what of it was published last.

    So the next import publishes only what changed, and a file keeps its package whatever else comes along. `key` stands
    for source, path and item, which together may be longer than an index takes.
    """

    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)
    source = models.CharField(max_length=200, blank=True)
    path = models.CharField(max_length=1000)
    item = models.CharField(max_length=250, blank=True)
    importer = models.CharField(max_length=40)
    package = models.OneToOneField(Package, models.CASCADE, related_name="imported_file")
    digest = models.CharField(max_length=71)
    version = models.CharField(max_length=64)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "key"], name="imported_file_once")]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.path

    @staticmethod
    def key_of(source: str, path: str, item: str) -> str:
        """The key of a file's item."""
        return hashlib.sha256("\0".join((source, path, item)).encode("utf-8", "backslashreplace")).hexdigest()


class Import(models.Model):
    """An archive that somebody handed in: first looked through (`plan_job`), then, if they say so, imported (`run_job`).

    Its bytes lie sealed in `chunks` until the import is done or a day has gone by.
    """

    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="imports")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    file_name = models.CharField(max_length=200)
    size = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=200, blank=True)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.PRIVATE)
    plan_job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    run_job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    emptied_at = models.DateTimeField(null=True, blank=True, help_text="When its bytes were deleted.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="import_visibility_known")
        ]
        indexes = [models.Index(fields=["created_at"], name="import_full", condition=Q(emptied_at=None))]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"import {self.pk}"

    @property
    def job(self) -> Job | None:
        """The job that counts now."""
        return self.run_job or self.plan_job


class ImportChunk(models.Model):
    """A part of an archive, encrypted with the vault's key: people's files may hold credentials."""

    upload = models.ForeignKey(Import, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="import_chunk_once")]
        ordering = ["upload", "number"]

    def __str__(self) -> str:
        return f"{self.upload_id}:{self.number}"
