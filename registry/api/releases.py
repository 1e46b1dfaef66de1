"""Releases over REST."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset
from hub.api import conditional
from hub.api.parsers import StrictJSONParser
from hub.api.views import HubAPIView
from hub.domain.decisions import require
from registry import lookups, policies
from registry.api import serializers as shapes
from registry.api.counting import counted
from registry.api.errors import as_problems
from registry.domain.files import rooted, text_of, unpack
from registry.domain.fixes import Fix
from registry.kinds import KINDS
from registry.models import Release, Visibility
from registry.services import artifacts, releases

NEWEST_FIRST = keyset.Order("version", ("-version_key", "-id"))
MARKDOWN = "text/markdown; charset=utf-8"
MEDIA_TYPES = {"yaml": "application/yaml", "markdown": MARKDOWN, "json": "application/json", "skill": MARKDOWN}


class ReleaseListView(HubAPIView):
    """The releases of one package."""

    parser_classes = (StrictJSONParser, MultiPartParser)

    @extend_schema(operation_id="releases_list", parameters=[shapes.ReleaseListInput], responses=shapes.ReleasePage)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """Releases, newest version first, yanked ones included."""
        asked = self.read(shapes.ReleaseListInput, request.query_params)
        package = lookups.package(self.actor, namespace, name)
        rows = Release.objects.filter(package=package).select_related("published_by", "package__namespace")
        with as_problems():
            page = keyset.paginate(rows, NEWEST_FIRST, limit=asked["limit"], cursor=asked.get("cursor") or None)
        items = shapes.ReleaseOutput(page.items, many=True).data
        return Response({"items": items, "next": page.next_cursor, "previous": page.previous_cursor})

    @extend_schema(
        operation_id="releases_publish",
        request={"application/json": shapes.ReleaseInput, "multipart/form-data": shapes.ReleaseUpload},
        responses={201: shapes.ReleaseDetailOutput},
    )
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Publish a release. It can never be changed, and its version never used again. A folder is sent as an archive."""
        package = lookups.package(self.actor, namespace, name)
        uploaded = "archive" in request.FILES
        asked = self.read(shapes.ReleaseUpload if uploaded else shapes.ReleaseInput, request.data)
        notes = releases.Notes(asked["readme"], asked["changelog"])
        with as_problems():
            files = rooted(unpack(asked["archive"].read())) if uploaded else None
            manifest = text_of(files, KINDS[package.kind].main_file) if files else asked["manifest"]
            release = releases.publish(
                by=self.actor,
                package=package,
                version=asked["version"],
                manifest=manifest,
                notes=notes,
                files=files,
                fix=Fix(asked["fixes"], asked["security"]) if asked["fixes"] else None,
            )
        location = f"/api/v1/packages/{package}/releases/{release.version}"
        return Response(detail(self, release), status.HTTP_201_CREATED, headers={"Location": location})


class ReleaseView(HubAPIView):
    """One release, by exact version, `latest` or range."""

    @extend_schema(operation_id="releases_read", responses=shapes.ReleaseDetailOutput)
    def get(self, request: Request, namespace: str, name: str, version: str) -> Response:
        """Read a release with its texts."""
        with as_problems():
            package = lookups.package_to_inspect(self.actor, namespace, name)
            release = lookups.release_to_inspect(self.actor, package, version)
        return Response(detail(self, release))


class ManifestView(HubAPIView):
    """The manifest as it was published."""

    @extend_schema(operation_id="releases_manifest", responses={(200, "application/yaml"): OpenApiTypes.BINARY})
    def get(self, request: Request, namespace: str, name: str, version: str) -> HttpResponse:
        """The manifest's bytes; the ETag is their digest."""
        with as_problems():
            package = lookups.package(self.actor, namespace, name)
            release = lookups.release(package, version)
        public = package.visibility == Visibility.PUBLIC
        caching = conditional.caching(public=public)
        content, media_type = release.manifest.encode(), MEDIA_TYPES[release.format]
        return counted(request, conditional.answer(request, content, release.digest, media_type, caching), release.pk)


class ArchiveView(HubAPIView):
    """The files of a release."""

    @extend_schema(
        operation_id="releases_archive",
        responses={(200, "application/gzip"): OpenApiTypes.BINARY, 404: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, namespace: str, name: str, version: str) -> HttpResponse:
        """The folder that a release is, as tar.gz; the ETag is the digest of these bytes. 404 for what is no folder."""
        with as_problems():
            package = lookups.package(self.actor, namespace, name)
            release = lookups.release(package, version)
        if release.artifact_id is None:
            raise Http404
        caching = conditional.caching(public=package.visibility == Visibility.PUBLIC)
        content = (
            b"" if conditional.is_fresh(request, release.artifact_id) else artifacts.content_of(release.artifact_id)
        )
        answer = conditional.answer(request, content, release.artifact_id, "application/gzip", caching)
        answer.headers["Content-Disposition"] = f'attachment; filename="{package.name}-{release.version}.tar.gz"'
        return counted(request, answer, release.pk)


class YankView(HubAPIView):
    """Yanking."""

    @extend_schema(operation_id="releases_yank", request=shapes.YankInput, responses=shapes.ReleaseDetailOutput)
    def post(self, request: Request, namespace: str, name: str, version: str) -> Response:
        """Keep a release from being chosen again. What has it locked keeps it."""
        asked = self.read(shapes.YankInput, request.data)
        with as_problems():
            release = lookups.release(lookups.package(self.actor, namespace, name), version)
        releases.yank(by=self.actor, release=release, reason=asked["reason"])
        return Response(detail(self, lookups.release(release.package, release.version)))


class UnyankView(HubAPIView):
    """Taking a yank back."""

    @extend_schema(operation_id="releases_unyank", request=None, responses=shapes.ReleaseDetailOutput)
    def post(self, request: Request, namespace: str, name: str, version: str) -> Response:
        """Let a yanked release be chosen again."""
        with as_problems():
            release = lookups.release(lookups.package(self.actor, namespace, name), version)
        releases.unyank(by=self.actor, release=release)
        return Response(detail(self, lookups.release(release.package, release.version)))


class FixView(HubAPIView):
    """Marking a release as a fix."""

    @extend_schema(operation_id="releases_mark_fix", request=shapes.FixInput, responses=shapes.ReleaseDetailOutput)
    def post(self, request: Request, namespace: str, name: str, version: str) -> Response:
        """Say what a release mends. Those who publish in forks that lack it are told."""
        with as_problems():
            release = lookups.release(lookups.package(self.actor, namespace, name), version)
        require(policies.may_yank(self.actor, release.package))
        asked = self.read(shapes.FixInput, request.data)
        with as_problems():
            releases.mark_fix(by=self.actor, release=release, fix=Fix(asked["note"], asked["security"]))
        return Response(detail(self, lookups.release(release.package, release.version)))

    @extend_schema(operation_id="releases_unmark_fix", request=None, responses=shapes.ReleaseDetailOutput)
    def delete(self, request: Request, namespace: str, name: str, version: str) -> Response:
        """Take back that a release mends something."""
        with as_problems():
            release = lookups.release(lookups.package(self.actor, namespace, name), version)
        releases.unmark_fix(by=self.actor, release=release)
        return Response(detail(self, lookups.release(release.package, release.version)))


def detail(view: HubAPIView, release: Release) -> dict[str, Any]:
    """A release with its texts, and with what is to be used instead, if the reader may see that."""
    return {
        **shapes.ReleaseDetailOutput(release).data,
        "deprecation": shapes.deprecation_of(release, lookups.successor(view.actor, release)),
        "quarantine": shapes.quarantine_of(release),
    }
