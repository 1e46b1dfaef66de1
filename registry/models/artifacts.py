"""Archives, named by their content."""

from __future__ import annotations

from django.db import models

from hub.models import KeptForever


class Artifact(KeptForever):
    """The packed files of a release. The primary key is the SHA-256 of the bytes, so two releases of the same files share it."""

    refusal = "An archive is its digest's content for ever."

    digest = models.CharField(primary_key=True, max_length=71)
    content = models.BinaryField()
    size = models.PositiveIntegerField(help_text="Of the archive, in bytes.")
    file_count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest
