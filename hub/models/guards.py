"""Rows that stay as they were made."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class KeptForever(models.Model):
    """A row that is added once, then neither changed nor deleted. What may still change goes through a service, as an update."""

    refusal: ClassVar[str] = "This is kept as it was made."

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Adds the row. Raises TypeError if it is there already."""
        if not self._state.adding:
            raise TypeError(self.refusal)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Always refuses."""
        raise TypeError(self.refusal)
