"""Assistants over REST: bundle, lock, fork, and resolving without publishing."""

from __future__ import annotations

from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from assistants.api import serializers as shapes
from assistants.models import Lock
from assistants.services import exporting, fetching, receipts, resolving, scoping
from hub.api import conditional
from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain import slugs
from hub.domain.decisions import PermissionRefused
from hub.models import Namespace
from registry import lookups
from registry.api.counting import counted
from registry.api.errors import as_problems
from registry.api.forks import ForkInput, forked
from registry.api.serializers import PackageDetailOutput
from registry.domain import canonical
from registry.domain.versions import Version
from registry.models import Package

JSON = "application/json"
# The relation of a bundle to its receipt (RFC 8288: one that is not registered is a URI).
RECEIPT = "urn:assistant-hub:rel:receipt"


def bundle_answer(request: Request | HttpRequest, name: str, found: fetching.Found, scope: str) -> HttpResponse:
    """The bytes of a bundle that was found, or 304 for who has them, with the address of their receipt."""
    fresh = conditional.is_fresh(request, found.bundle_digest)
    content = b"" if fresh else fetching.bundles.get(found.bundle_digest)
    caching = conditional.caching(public=found.is_public)
    answer = conditional.answer(request, content, found.bundle_digest, JSON, caching)
    address = f"/api/v1/assistants/{found.namespace}/{slugs.normalize(name)}/receipt?version={quote(found.version)}"
    address += f"&scope={quote(scope)}" if scope else ""
    answer.headers["Link"] = f'<{address}>; rel="{RECEIPT}"'
    return counted(request, answer, found.release_id)


class BundleView(HubAPIView):
    """The resolved assistant by name."""

    @extend_schema(
        operation_id="assistants_bundle",
        parameters=[shapes.VersionInput, shapes.ScopeInput, shapes.TargetInput],
        responses={
            (200, "application/json"): shapes.BundleOutput,
            (200, "application/zip"): OpenApiTypes.BINARY,
            422: OpenApiTypes.OBJECT,
        },
    )
    def get(self, request: Request, namespace: str, name: str) -> HttpResponse:
        """The bundle's bytes; the ETag is their digest. With `target`, the files of that client as a zip, or as JSON."""
        with as_problems():
            found = scoping.find(self.actor, namespace, name, version_asked(request), scope_asked(request))
        caching = conditional.caching(public=found.is_public)
        if "target" in request.query_params:
            return self._for_client(request, name, found, caching)
        return bundle_answer(request, name, found, scope_asked(request))

    def _for_client(self, request: Request, name: str, found: fetching.Found, caching: str) -> HttpResponse:
        asked = self.read(shapes.TargetInput, request.query_params)
        target = asked.get("target", "")  # an empty one is none that there is
        try:
            export = exporting.export(found.bundle_digest, target)
            if asked["strict"]:
                exporting.strictly(export)
        except exporting.UnknownTarget as error:
            raise Problem(400, "target_unknown", str(error)) from None
        except exporting.SevereLoss as error:
            losses = [loss.as_json() for loss in error.rendering.losses]
            raise Problem(422, "target_loses", str(error), losses=losses) from None
        if asked["format"] == "json":
            content = canonical.encode(export.rendering.as_json())
            answer = conditional.answer(request, content, canonical.digest(content), JSON, caching)
            return counted(request, answer, found.release_id)
        answer = conditional.answer(request, export.archive, export.digest, "application/zip", caching)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{found.version}-{target}.zip"'
        return counted(request, answer, found.release_id)


class ReceiptView(HubAPIView):
    """The signed statement about a bundle."""

    @extend_schema(
        operation_id="assistants_receipt",
        parameters=[shapes.VersionInput, shapes.ScopeInput],
        responses=shapes.ReceiptOutput,
    )
    def get(self, request: Request, namespace: str, name: str) -> HttpResponse:
        """The receipt as a DSSE envelope; the ETag is its digest. The keys are at `/.well-known/hub-keys.json`."""
        with as_problems():
            found = scoping.find(self.actor, namespace, name, version_asked(request), scope_asked(request))
        content = canonical.encode(receipts.of_lock(found.lock_id))
        caching = conditional.caching(public=found.is_public)
        return conditional.answer(request, content, canonical.digest(content), JSON, caching)


class LockView(HubAPIView):
    """What an assistant is made of, exactly."""

    @extend_schema(
        operation_id="assistants_lock", parameters=[shapes.VersionInput, shapes.ScopeInput], responses=shapes.LockOutput
    )
    def get(self, request: Request, namespace: str, name: str) -> HttpResponse:
        """The lock in canonical JSON; the ETag is its digest."""
        with as_problems():
            found = scoping.find(self.actor, namespace, name, version_asked(request), scope_asked(request))
        content = canonical.encode(Lock.objects.values_list("document", flat=True).get(id=found.lock_id))
        caching = conditional.caching(public=found.is_public)
        return conditional.answer(request, content, canonical.digest(content), JSON, caching)


class ContentView(HubAPIView):
    """A bundle by its digest."""

    @extend_schema(operation_id="bundles_read", responses={200: shapes.BundleOutput, 404: OpenApiTypes.OBJECT})
    def get(self, request: Request, digest: str) -> HttpResponse:
        """The bytes of this digest. They never change; whether one may still have them is asked each time."""
        known = canonical.DIGEST_PATTERN.fullmatch(digest)
        if not known or not fetching.readable_bundle(self.actor, digest):
            raise Http404
        caching = conditional.caching(public=self.actor.user is None and self.actor.token is None)
        return conditional.answer(request, fetching.bundles.get(digest), digest, JSON, caching)


class ForkView(HubAPIView):
    """Forking an assistant."""

    @extend_schema(operation_id="assistants_fork", request=ForkInput, responses={201: PackageDetailOutput})
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Copy the latest release into a new package that remembers where it comes from."""
        return forked(self, request, lookups.package(self.actor, namespace, name, kind="assistant"))


class ResolveView(HubAPIView):
    """Resolving without publishing."""

    @extend_schema(operation_id="resolve", request=shapes.ResolveInput, responses=shapes.ResolutionOutput)
    def post(self, request: Request) -> Response:
        """What publishing this manifest would give. Nothing is stored."""
        asked = self.read(shapes.ResolveInput, request.data)
        with as_problems():
            into = self._into(asked)
            version = str(Version.parse(asked["version"]))
            resolution = resolving.preview(by=self.actor, into=into, version=version, manifest=asked["manifest"])
        body = {
            "bundle_digest": resolution.bundle_digest,
            "bundle": resolution.document,
            "lock": resolution.lock,
            "explanation": resolution.explanation,
            "conflicts": [conflict.as_json() for conflict in resolution.conflicts],
        }
        return Response(body)

    def _into(self, asked: dict[str, str]) -> Package:
        """The package that the manifest would be published in, not stored."""
        if self.actor.user is None:
            raise PermissionRefused("Sign in, or send an API token.")
        slug = asked.get("namespace")
        if not slug and self.actor.user.is_service:
            raise Problem(400, "namespace_missing", "A service account has no namespace of its own. Name one.")
        namespace: Namespace = lookups.namespace_to_publish_in(self.actor, slug) if slug else self.actor.user.namespace
        name = slugs.check_package_name(slugs.normalize(asked["name"]))
        return Package(namespace=namespace, name=name, kind="assistant", visibility=asked["visibility"])


def scope_asked(request: Request) -> str:
    """The `scope` of the query; empty for everything that lies on the caller."""
    return str(request.query_params.get("scope", ""))


def version_asked(request: Request) -> str:
    """The `version` of the query."""
    version = request.query_params.get("version", "latest")
    if "\0" in version or len(version) > 256:
        raise Http404
    return version
