"""What differs between two releases, and how often a package was downloaded, over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.problems import Problem
from hub.api.views import HubAPIView
from registry import comparisons, lookups
from registry.api.errors import as_problems
from registry.comparisons import Comparison
from registry.services import downloads

MOST_DAYS = 365


class CompareInput(serializers.Serializer[Any]):
    """Which two releases. The first is by default the one before the second, and the second the latest."""

    to = serializers.CharField(required=False, allow_blank=True, default="", max_length=200, help_text="Or a range.")

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python."""
        older = serializers.CharField(
            required=False, allow_blank=True, default="", max_length=200, help_text="A version or a range."
        )
        return {"from": older, **super().get_fields()}


class ChangeOutput(serializers.Serializer[Any]):
    """One difference for whoever uses the package."""

    what = serializers.CharField(help_text="`item`, `requirement`, `field`, `secret` or `input`.")
    how = serializers.CharField(help_text="`added`, `removed` or `changed`.")
    words = serializers.CharField(help_text="The difference in a sentence.")
    section = serializers.CharField()
    item = serializers.CharField()
    field = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()
    weighty = serializers.BooleanField(
        help_text="Whether it decides what is run, where data goes, which secrets are needed, or what a model reads."
    )


class TextDiffOutput(serializers.Serializer[Any]):
    """One text in which the releases differ."""

    file = serializers.CharField()
    added = serializers.IntegerField(help_text="Lines that are new or changed.")
    removed = serializers.IntegerField(help_text="Lines that are gone or changed.")
    diff = serializers.CharField(help_text="A unified diff.")
    is_cut = serializers.BooleanField(help_text="Whether the diff was too long, and ends early.")


class FileChangeOutput(serializers.Serializer[Any]):
    """A file of a folder that is new, gone or another one."""

    path = serializers.CharField()
    how = serializers.CharField(help_text="`added`, `removed` or `changed`.")
    before = serializers.IntegerField(allow_null=True, help_text="Its size before, in bytes.")
    after = serializers.IntegerField(allow_null=True, help_text="Its size after, in bytes.")


class ComparisonOutput(serializers.Serializer[Any]):
    """What one release has that another one has not."""

    package = serializers.CharField()
    before = serializers.CharField(help_text="The version compared from.")
    after = serializers.CharField(help_text="The version compared to.")
    changes = ChangeOutput(many=True)
    texts = TextDiffOutput(many=True)
    files = FileChangeOutput(many=True, help_text="Of packages that are folders.")


class PeriodInput(serializers.Serializer[Any]):
    """How far back."""

    days = serializers.IntegerField(required=False, default=30, min_value=1, max_value=MOST_DAYS)


class DayOutput(serializers.Serializer[Any]):
    """One day, in UTC."""

    day = serializers.DateField()
    count = serializers.IntegerField()


class DownloadsOutput(serializers.Serializer[Any]):
    """Downloads of all releases of a package."""

    package = serializers.CharField()
    total = serializers.IntegerField(help_text="Ever.")
    days = DayOutput(many=True)


class CompareView(HubAPIView):
    """Two releases of one package, compared."""

    @extend_schema(operation_id="packages_compare", parameters=[CompareInput], responses=ComparisonOutput)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """What changes for a client from one release to another, and the texts as unified diffs."""
        asked = self.read(CompareInput, request.query_params)
        package = lookups.package(self.actor, namespace, name)
        with as_problems():
            after = lookups.release(package, asked["to"])
            before = lookups.release(package, asked["from"]) if asked["from"] else comparisons.previous(after)
        if before is None:
            detail = f"No release came before {after.version}. Say which one to compare with: “from”."
            raise Problem(400, "nothing_to_compare", detail)
        before = before if asked["from"] else lookups.release(package, before.version)
        return Response(_body(comparisons.compare(before, after)))


class DownloadsView(HubAPIView):
    """Downloads of one package by day."""

    @extend_schema(operation_id="packages_downloads", parameters=[PeriodInput], responses=DownloadsOutput)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """How often clients fetched any release of the package, on each of the last days, oldest first."""
        asked = self.read(PeriodInput, request.query_params)
        package = lookups.package(self.actor, namespace, name)
        days = [{"day": day, "count": count} for day, count in downloads.of_package(package, asked["days"])]
        body = {"package": str(package), "total": package.download_count, "days": days}
        return Response(DownloadsOutput(body).data)


def _body(found: Comparison) -> Any:
    before, after = found.before.version, found.after.version
    texts = [
        {
            "file": text.file,
            "added": text.added,
            "removed": text.removed,
            "diff": text.patch(before, after),
            "is_cut": text.is_cut,
        }
        for text in found.texts
    ]
    body = {"package": str(found.after.package), "before": before, "after": after}
    return ComparisonOutput(body | {"changes": found.changes, "texts": texts, "files": found.files}).data
