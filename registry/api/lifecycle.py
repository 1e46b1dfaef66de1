"""Deprecation, archiving, quarantine and reports over REST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain.decisions import require
from registry import lookups, policies
from registry.api import packages, releases
from registry.api import serializers as shapes
from registry.models import Package, Release
from registry.models.reports import REASON_MAX_LENGTH
from registry.services import lifecycle, quarantines, reports


class DeprecationInput(serializers.Serializer[Any]):
    """Why to use something else, and what."""

    message = serializers.CharField(max_length=500, help_text="Shown to everybody who uses it.")
    successor = serializers.CharField(
        max_length=140,
        required=False,
        allow_blank=True,
        default="",
        help_text="`namespace/name` of what to use instead.",
    )


class QuarantineInput(serializers.Serializer[Any]):
    """Why every use is refused."""

    reason = serializers.CharField(max_length=500, help_text="Shown to everybody who is refused.")
    link = serializers.CharField(
        max_length=300, required=False, allow_blank=True, default="", help_text="An https address that says more."
    )


class ReportInput(serializers.Serializer[Any]):
    """What is wrong."""

    reason = serializers.CharField(max_length=REASON_MAX_LENGTH)
    version = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="The release it is about, if it is about one.",
    )


class ReportOutput(serializers.Serializer[Any]):
    """A report that waits for the moderators."""

    id = serializers.IntegerField()
    package = serializers.CharField(source="package.__str__")
    version = serializers.CharField(source="release.version", allow_null=True, default=None)
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class DeprecateView(HubAPIView):
    """Deprecating a package."""

    @extend_schema(operation_id="packages_deprecate", request=DeprecationInput, responses=shapes.PackageDetailOutput)
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Tell everybody who uses the package to use something else. It is served as before."""
        package = lookups.package_to_inspect(self.actor, namespace, name)
        require(policies.may_manage(self.actor, package))
        asked = self.read(DeprecationInput, request.data)
        with _as_problems():
            lifecycle.deprecate(
                by=self.actor, package=package, message=asked["message"], successor=_successor(self, asked)
            )
        return _package(self, package)


class UndeprecateView(HubAPIView):
    """Taking a package's deprecation back."""

    @extend_schema(operation_id="packages_undeprecate", request=None, responses=shapes.PackageDetailOutput)
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Warn nobody any more."""
        package = lookups.package_to_inspect(self.actor, namespace, name)
        with _as_problems():
            lifecycle.undeprecate(by=self.actor, package=package)
        return _package(self, package)


class ArchiveView(HubAPIView):
    """Archiving a package."""

    @extend_schema(operation_id="packages_archive", request=None, responses=shapes.PackageDetailOutput)
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Let the package take no more releases. It is served as before."""
        package = lookups.package_to_inspect(self.actor, namespace, name)
        with _as_problems():
            lifecycle.archive(by=self.actor, package=package)
        return _package(self, package)


class UnarchiveView(HubAPIView):
    """Taking the archiving of a package back."""

    @extend_schema(operation_id="packages_unarchive", request=None, responses=shapes.PackageDetailOutput)
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Let the package take releases again."""
        package = lookups.package_to_inspect(self.actor, namespace, name)
        with _as_problems():
            lifecycle.unarchive(by=self.actor, package=package)
        return _package(self, package)


class QuarantineView(HubAPIView):
    """Quarantining a package."""

    @extend_schema(operation_id="packages_quarantine", request=QuarantineInput, responses=shapes.QuarantineOutput)
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Refuse every use of the package, everywhere, also of assistants that have it locked."""
        package = _to_quarantine(self, namespace, name)
        asked = self.read(QuarantineInput, request.data)
        with _as_problems():
            quarantines.impose(by=self.actor, package=package, **asked)
        package.refresh_from_db()
        return Response(shapes.quarantine_of(package))


class UnquarantineView(HubAPIView):
    """Lifting the quarantine of a package."""

    @extend_schema(operation_id="packages_unquarantine", request=None, responses={204: None})
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Let the package be used again. What a moderator imposed, only a moderator lifts."""
        package = _to_quarantine(self, namespace, name)
        with _as_problems():
            quarantines.lift(by=self.actor, package=package)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReleaseDeprecateView(HubAPIView):
    """Deprecating a release."""

    @extend_schema(operation_id="releases_deprecate", request=DeprecationInput, responses=shapes.ReleaseDetailOutput)
    def post(self, request: Request, namespace: str, name: str, version: str) -> Response:
        """Tell everybody who uses this release to use something else. It can still be chosen."""
        package = lookups.package_to_inspect(self.actor, namespace, name)
        release = exactly(package, version)
        require(policies.may_yank(self.actor, package))
        asked = self.read(DeprecationInput, request.data)
        with _as_problems():
            lifecycle.deprecate_release(
                by=self.actor, release=release, message=asked["message"], successor=_successor(self, asked)
            )
        return _release(self, package, release)


class ReleaseUndeprecateView(HubAPIView):
    """Taking a release's deprecation back."""

    @extend_schema(operation_id="releases_undeprecate", request=None, responses=shapes.ReleaseDetailOutput)
    def post(self, request: Request, namespace: str, name: str, version: str) -> Response:
        """Warn nobody about this release any more."""
        package = lookups.package_to_inspect(self.actor, namespace, name)
        release = exactly(package, version)
        with _as_problems():
            lifecycle.undeprecate_release(by=self.actor, release=release)
        return _release(self, package, release)


class ReleaseQuarantineView(HubAPIView):
    """Quarantining a release."""

    @extend_schema(operation_id="releases_quarantine", request=QuarantineInput, responses=shapes.QuarantineOutput)
    def post(self, request: Request, namespace: str, name: str, version: str) -> Response:
        """Refuse every use of this release, everywhere, also of assistants that have it locked."""
        package = _to_quarantine(self, namespace, name)
        release = exactly(package, version)
        asked = self.read(QuarantineInput, request.data)
        with _as_problems():
            quarantines.impose(by=self.actor, package=package, release=release, **asked)
        return Response(shapes.quarantine_of(exactly(package, version)))


class ReleaseUnquarantineView(HubAPIView):
    """Lifting the quarantine of a release."""

    @extend_schema(operation_id="releases_unquarantine", request=None, responses={204: None})
    def post(self, request: Request, namespace: str, name: str, version: str) -> Response:
        """Let the release be used again. What a moderator imposed, only a moderator lifts."""
        package = _to_quarantine(self, namespace, name)
        with _as_problems():
            quarantines.lift(by=self.actor, package=package, release=exactly(package, version))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReportListView(HubAPIView):
    """Reports on a package."""

    @extend_schema(operation_id="packages_report", request=ReportInput, responses={201: ReportOutput})
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Tell the moderators of the hub what is wrong with the package, or with one release of it."""
        package = lookups.package_to_moderate(self.actor, namespace, name)
        require(policies.may_report(self.actor))
        asked = self.read(ReportInput, request.data)
        release = exactly(package, asked["version"]) if asked["version"] else None
        with _as_problems():
            made = reports.file(by=self.actor, package=package, release=release, reason=asked["reason"])
        return Response(ReportOutput(made).data, status.HTTP_201_CREATED)


def exactly(package: Package, version: str) -> Release:
    """The release of exactly this version, quarantined or not: what is changed is never chosen by a range. Raises Http404."""
    release = get_object_or_404(Release, package=package, version=version)
    release.package = package
    return release


def _to_quarantine(view: HubAPIView, namespace: str, name: str) -> Package:
    package = lookups.package_to_moderate(view.actor, namespace, name)
    require(policies.may_quarantine(view.actor, package))
    return package


def _successor(view: HubAPIView, asked: dict[str, Any]) -> Package | None:
    """The package named as successor. Raises Problem for one that the caller may not use."""
    if not asked["successor"]:
        return None
    namespace, _, name = asked["successor"].partition("/")
    try:
        return lookups.package(view.actor, namespace, name)
    except (Http404, policies.Quarantined):
        detail = f"There is no package “{asked['successor']}” that you may use. Check the name."
        raise Problem(400, "successor_invalid", detail) from None


def _package(view: HubAPIView, package: Package) -> Response:
    return Response(packages.detail(view, lookups.package_to_inspect(view.actor, package.namespace.slug, package.name)))


def _release(view: HubAPIView, package: Package, release: Release) -> Response:
    return Response(releases.detail(view, lookups.release_to_inspect(view.actor, package, release.version)))


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except lifecycle.InvalidWords as error:
        raise Problem(400, "invalid", str(error), [{"field": error.field, "message": str(error)}]) from None
    except lifecycle.InvalidSuccessor as error:
        raise Problem(400, "successor_invalid", str(error)) from None
    except reports.AlreadyReported as error:
        raise Problem(409, "already_reported", str(error)) from None
    except reports.TooMany as error:
        raise Problem(429, "too_many_reports", str(error)) from None
    except lifecycle.PackageGone as error:
        raise Problem(404, "not_found", str(error)) from None
