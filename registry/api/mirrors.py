"""An organization's mirrors over REST."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset, lookups
from hub.api import lists
from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain.decisions import require
from hub.models import Namespace
from registry import policies
from registry.domain import mirrors as domain
from registry.models import Mirror, UpstreamKind, Visibility
from registry.services import mirrors as services

IN_ORDER = keyset.Order("mirrors", ("id",))
GONE = {204: OpenApiResponse(description="It is followed no longer; what was mirrored stays.")}


class MirrorInput(serializers.Serializer[Any]):
    """An upstream to follow."""

    upstream = serializers.ChoiceField(choices=UpstreamKind.choices)
    base_url = serializers.CharField(max_length=500, help_text="`https`, open to the internet.")
    patterns = serializers.ListField(
        child=serializers.CharField(max_length=200),
        max_length=domain.MAX_PATTERNS,
        required=False,
        default=list,
        help_text="Names upstream to mirror, such as `acme/*`; none for all.",
    )
    visibility = serializers.ChoiceField(choices=Visibility.choices, default=Visibility.INTERNAL)
    interval_hours = serializers.IntegerField(min_value=domain.MIN_HOURS, max_value=domain.MAX_HOURS, default=24)


class MirrorOutput(serializers.Serializer[Any]):
    """A mirror, and what its last run did."""

    id = serializers.IntegerField()
    upstream = serializers.ChoiceField(choices=UpstreamKind.choices)
    base_url = serializers.CharField()
    patterns = serializers.ListField(child=serializers.CharField())
    visibility = serializers.ChoiceField(choices=Visibility.choices)
    interval_hours = serializers.IntegerField()
    made_by = serializers.CharField(source="made_by.username")
    job = serializers.IntegerField(source="job_id", allow_null=True, help_text="The job of the last run.")
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True, help_text="The end of the last complete run.")
    error = serializers.CharField(help_text="Why the last run failed; empty if it did not.")
    report = serializers.DictField()


class MirrorPage(serializers.Serializer[Any]):
    """A page of mirrors, the oldest first."""

    items = MirrorOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class MirrorRunOutput(serializers.Serializer[Any]):
    """A run that was started."""

    job = serializers.IntegerField(help_text="To be watched at `/api/v1/jobs/{id}`.")


class MirrorListView(HubAPIView):
    """The mirrors of an organization."""

    @extend_schema(operation_id="mirrors_list", parameters=[lists.PlaceInput], responses=MirrorPage)
    def get(self, request: Request, slug: str) -> Response:
        """List the mirrors, for owners and admins."""
        rows = Mirror.objects.filter(namespace=_managed(self, slug)).select_related("made_by")
        page = lists.page_of(rows, IN_ORDER, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, MirrorOutput))

    @extend_schema(operation_id="mirrors_create", request=MirrorInput, responses={201: MirrorOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Follow an upstream. Takes the scopes `publish` and `manage`; runs act for you, with the power you then have."""
        namespace = _managed(self, slug)
        asked = self.read(MirrorInput, request.data)
        setup = services.Setup(**{**asked, "patterns": tuple(asked["patterns"])})
        try:
            made = services.create(by=self.actor, namespace=namespace, setup=setup)
        except services.InvalidUrl as error:
            raise Problem(400, "url_invalid", str(error)) from None
        except domain.InvalidPatterns as error:
            raise Problem(400, "pattern_invalid", str(error)) from None
        except services.InvalidMirror as error:
            raise Problem(400, "mirror_invalid", str(error)) from None
        except services.MirrorExists as error:
            raise Problem(409, "mirror_exists", str(error)) from None
        except services.TooMany as error:
            raise Problem(409, "too_many", str(error)) from None
        return Response(MirrorOutput(made).data, status.HTTP_201_CREATED)


class MirrorView(HubAPIView):
    """One mirror."""

    @extend_schema(operation_id="mirrors_get", responses=MirrorOutput)
    def get(self, request: Request, slug: str, mirror_id: int) -> Response:
        """Show a mirror with the report of its last run."""
        return Response(MirrorOutput(_found(self, slug, mirror_id)).data)

    @extend_schema(operation_id="mirrors_delete", responses=GONE)
    def delete(self, request: Request, slug: str, mirror_id: int) -> Response:
        """Follow the upstream no longer."""
        found = _found(self, slug, mirror_id)
        try:
            services.delete(by=self.actor, mirror=found)
        except services.Gone as error:
            raise Problem(404, "not_found", str(error)) from None
        return Response(status=status.HTTP_204_NO_CONTENT)


class MirrorRunView(HubAPIView):
    """Runs of a mirror."""

    @extend_schema(operation_id="mirrors_run", request=None, responses={202: MirrorRunOutput})
    def post(self, request: Request, slug: str, mirror_id: int) -> Response:
        """Look for changes now, an hour after the last time at the soonest."""
        found = _found(self, slug, mirror_id)
        try:
            job = services.run_now(by=self.actor, mirror=found)
        except services.TooSoon as error:
            raise Problem(409, "too_soon", str(error)) from None
        except services.Gone as error:
            raise Problem(404, "not_found", str(error)) from None
        return Response({"job": job.id}, status.HTTP_202_ACCEPTED)


def _managed(view: HubAPIView, slug: str) -> Namespace:
    organization = lookups.organization(view.actor, slug)
    require(policies.may_mirror(view.actor, organization.namespace))
    return organization.namespace


def _found(view: HubAPIView, slug: str, mirror_id: int) -> Mirror:
    rows = Mirror.objects.select_related("namespace__organization", "made_by")
    return get_object_or_404(rows, id=mirror_id, namespace=_managed(view, slug))
