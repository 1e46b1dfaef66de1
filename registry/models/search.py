"""Where packages are found: one entry for each, which repeats what the package and its latest release say."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from registry.models.packages import Package


class SearchEntry(models.Model):
    """The words of a package, and keys for who may read it and what it is (docs/adr/0019-search.md).

    It repeats what other rows say and can be made anew at any time. It only chooses candidates: whether somebody may
    read a package is always asked of the package itself.
    """

    package = models.OneToOneField(Package, models.CASCADE, primary_key=True, related_name="search_entry")
    vector = SearchVectorField()
    clients = ArrayField(models.CharField(max_length=20), default=list)
    basis = models.DateTimeField(
        help_text="When the package had changed that this entry describes. An older one never replaces it."
    )

    class Meta:
        indexes = [
            # Publishing only appends to the index's waiting list, which a task works off (docs/adr/0019-search.md).
            GinIndex(fields=["vector"], name="search_entry_vector", fastupdate=True, gin_pending_list_limit=4096)
        ]

    def __str__(self) -> str:
        return f"entry of {self.package}"
