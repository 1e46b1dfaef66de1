"""Importing over REST: hand in an archive, look at the plan, run it, read the report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain.decisions import require
from hub.policies.namespaces import may_publish
from registry import lookups
from registry.models import Import, Visibility
from registry.services import import_uploads

_CHUNK = 64 * 1024


class RawParser(BaseParser):
    """A body of any type, read in pieces as it comes."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body itself, unread."""
        return {"stream": stream}


class ImportInput(serializers.Serializer[Any]):
    """Where the packages go, and whether to look only."""

    namespace = serializers.CharField(max_length=100)
    visibility = serializers.ChoiceField(choices=Visibility.choices, default="private", help_text="Of new packages.")
    source = serializers.CharField(  # type: ignore[assignment]  # a field: DRF takes it off the class
        required=False,
        allow_blank=True,
        default="",
        max_length=200,
        help_text="A name for where the files come from, if several places have files of the same paths.",
    )
    file_name = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=200, help_text="Of a single file sent as the body."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Look only; `run` imports it afterwards.")


class RowOutput(serializers.Serializer[Any]):
    """What came of one item."""

    path = serializers.CharField()
    kind = serializers.CharField(allow_blank=True)
    package = serializers.CharField(allow_null=True)
    version = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(choices=["imported", "unchanged", "refused"])
    reason = serializers.CharField(allow_blank=True)
    line = serializers.IntegerField(allow_null=True)


class ImportOutput(serializers.Serializer[Any]):
    """An import: where it stands, and its plan or report. Which of them it is, `dry_run` says."""

    id = serializers.IntegerField()
    namespace = serializers.CharField(source="namespace.slug")
    file_name = serializers.CharField()
    size = serializers.IntegerField()
    visibility = serializers.ChoiceField(choices=Visibility.choices)
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # as above
    dry_run = serializers.SerializerMethodField()
    job = serializers.IntegerField(source="job.id", allow_null=True, default=None)
    state = serializers.CharField(source="job.state", default="", allow_blank=True)
    done = serializers.IntegerField(source="job.done", default=0)
    total = serializers.IntegerField(source="job.total", allow_null=True, default=None)
    error = serializers.CharField(source="job.error", default="", allow_blank=True)
    rows = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_dry_run(self, made: Import) -> bool:
        """Whether it was only looked through so far."""
        return made.run_job_id is None

    @extend_schema_field(RowOutput(many=True))
    def get_rows(self, made: Import) -> list[dict[str, Any]]:
        """The rows of the newest report."""
        report = made.job.report if made.job else None
        return list(report["rows"]) if report else []


class ImportListView(HubAPIView):
    """Handing in."""

    parser_classes = (MultiPartParser, RawParser)

    @extend_schema(
        operation_id="imports_create",
        parameters=[ImportInput],
        request={
            "multipart/form-data": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}},
            "application/octet-stream": OpenApiTypes.BINARY,
        },
        responses={202: ImportOutput},
    )
    def post(self, request: Request) -> Response:
        """Hand in a zip, tar, tar.gz or a single file, as the body or as the field `file` of a form.

        In a form the parameters may be fields too.
        """
        form = request.data.dict() if isinstance(request.data, QueryDict) else {}
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        asked = self.read(ImportInput, request.query_params.dict() | fields)
        namespace = lookups.namespace_to_publish_in(self.actor, asked["namespace"])
        require(may_publish(self.actor, namespace))
        name, chunks = _handed_in(request, asked["file_name"])
        try:
            made = import_uploads.upload(
                by=self.actor,
                namespace=namespace,
                file_name=name,
                chunks=chunks,
                visibility=asked["visibility"],
                source=asked["source"],
                dry_run=asked["dry_run"],
            )
        except import_uploads.TooLarge as error:
            raise Problem(413, "too_large", str(error)) from None
        except ValueError as error:
            raise Problem(400, "file_invalid", str(error)) from None
        return Response(
            ImportOutput(made).data, status.HTTP_202_ACCEPTED, headers={"Location": f"/api/v1/imports/{made.pk}"}
        )


class ImportView(HubAPIView):
    """One import."""

    @extend_schema(operation_id="imports_read", responses=ImportOutput)
    def get(self, request: Request, import_id: int) -> Response:
        """How far an import is, and its plan or report. For those who publish in its namespace."""
        return Response(ImportOutput(get_object_or_404(import_uploads.visible_to(self.actor), id=import_id)).data)


class ImportRunView(HubAPIView):
    """Doing what was looked at."""

    @extend_schema(operation_id="imports_run", request=None, responses={202: ImportOutput})
    def post(self, request: Request, import_id: int) -> Response:
        """Import what was handed in as `dry_run`. A second call changes nothing."""
        made = get_object_or_404(import_uploads.visible_to(self.actor), id=import_id)
        try:
            made.run_job = import_uploads.confirm(by=self.actor, upload=made)
        except import_uploads.Emptied as error:
            raise Problem(409, "archive_gone", str(error)) from None
        return Response(ImportOutput(made).data, status.HTTP_202_ACCEPTED)


def _handed_in(request: Request, name: str) -> tuple[str, Iterator[bytes]]:
    """The file's name and its bytes, piece by piece."""
    sent: Any = request.data
    file = sent.get("file")
    if isinstance(file, UploadedFile):
        return name or file.name or "archive", iter(file.chunks(_CHUNK))
    stream = sent.get("stream")
    if stream is None:
        raise Problem(400, "file_missing", "Send the archive as the body, or as the field “file” of a form.")
    return name or "archive", iter(lambda: stream.read(_CHUNK), b"")
