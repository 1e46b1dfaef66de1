"""Overlays of an organization and its teams over REST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from assistants import policies
from assistants.models import Mode, Overlay
from assistants.services import overlays as services
from hub import keyset, lookups
from hub.api import lists
from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain.decisions import require
from hub.models import Organization, Team
from registry import lookups as registry_lookups
from registry.api.errors import as_problems

IN_ORDER = keyset.Order("overlays", ("id",))
GONE = {204: OpenApiResponse(description="It lies over nothing any more.")}


class OverlayChange(serializers.Serializer[Any]):
    """What to change; what is left out stays."""

    version = serializers.CharField(
        max_length=256, required=False, help_text="`latest`, exact, or a range such as `^1.2`."
    )
    mode = serializers.ChoiceField(
        choices=Mode.choices, required=False, help_text="`added` gives way to the assistant, `required` stays."
    )
    position = serializers.IntegerField(
        min_value=0, max_value=services.MAX_POSITION, required=False, help_text="The lowest is laid first."
    )
    enabled = serializers.BooleanField(required=False)


class NewOverlayInput(OverlayChange):
    """An assistant to lay over those of the members."""

    package = serializers.CharField(max_length=200, help_text="Such as `acme/base`.")
    team = serializers.CharField(
        max_length=100, required=False, allow_null=True, help_text="Only over those of this team's members."
    )


class OverlayOutput(serializers.Serializer[Any]):
    """An overlay."""

    id = serializers.IntegerField()
    of = serializers.CharField(help_text="`acme`, or `acme/backend`.")
    team = serializers.CharField(source="team.slug", allow_null=True, default=None)
    package = serializers.CharField()
    version = serializers.CharField(source="range")
    mode = serializers.ChoiceField(choices=Mode.choices)
    position = serializers.IntegerField()
    enabled = serializers.BooleanField(source="is_enabled")
    created_by = serializers.CharField(source="created_by.username", allow_null=True, default=None)
    created_at = serializers.DateTimeField()


class OverlayPage(serializers.Serializer[Any]):
    """A page of overlays, the oldest first."""

    items = OverlayOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class OverlayListView(HubAPIView):
    """The overlays of an organization and its teams."""

    @extend_schema(operation_id="overlays_list", parameters=[lists.PlaceInput], responses=OverlayPage)
    def get(self, request: Request, slug: str) -> Response:
        """List the overlays, for owners and admins. Members see in an assistant's explanation what lies on them."""
        page = lists.page_of(_rows(_managed(self, slug)), IN_ORDER, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, OverlayOutput))

    @extend_schema(operation_id="overlays_create", request=NewOverlayInput, responses={201: OverlayOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Lay an assistant over those of the members, or of a team's. Takes the scope `admin`."""
        organization = _managed(self, slug)
        asked = self.read(NewOverlayInput, request.data)
        team = get_object_or_404(Team, organization=organization, slug=asked["team"]) if asked.get("team") else None
        namespace, _, name = asked["package"].partition("/")
        with _as_problems(), as_problems():
            package = registry_lookups.package(self.actor, namespace, name)
            made = services.add(
                by=self.actor, organization=organization, package=package, setup=_setup(asked), team=team
            )
        return Response(OverlayOutput(made).data, status.HTTP_201_CREATED)


class OverlayView(HubAPIView):
    """One overlay."""

    @extend_schema(operation_id="overlays_update", request=OverlayChange, responses=OverlayOutput)
    def patch(self, request: Request, slug: str, overlay_id: int) -> Response:
        """Lay it otherwise: another version, added or required, earlier or later, or for now not at all."""
        row = get_object_or_404(_rows(_managed(self, slug)), id=overlay_id)
        asked = self.read(OverlayChange, request.data)
        stands = {"version": row.range, "mode": row.mode, "position": row.position, "enabled": row.is_enabled}
        with _as_problems(), as_problems():
            changed = services.change(by=self.actor, overlay=row, setup=_setup(stands | asked))
        return Response(OverlayOutput(changed).data)

    @extend_schema(operation_id="overlays_delete", responses=GONE)
    def delete(self, request: Request, slug: str, overlay_id: int) -> Response:
        """Take it away. Members get their assistants without it within seconds."""
        row = get_object_or_404(_rows(_managed(self, slug)), id=overlay_id)
        with _as_problems():
            services.remove(by=self.actor, overlay=row)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _managed(view: HubAPIView, slug: str) -> Organization:
    organization = lookups.organization(view.actor, slug)
    require(policies.may_manage_overlays(view.actor, organization))
    return organization


def _rows(organization: Organization) -> QuerySet[Overlay]:
    related = ("organization__namespace", "team", "package__namespace", "package__latest_release", "created_by")
    return Overlay.objects.filter(organization=organization).select_related(*related)


def _setup(asked: dict[str, Any]) -> services.Setup:
    return services.Setup(
        asked.get("version", "latest"),
        asked.get("mode", Mode.ADDED),
        asked.get("position"),
        is_enabled=asked.get("enabled", True),
    )


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except services.NotForAll as error:
        raise Problem(422, "not_for_all", str(error)) from None
    except services.InvalidOverlay as error:
        raise Problem(400, "overlay_invalid", str(error)) from None
    except services.OverlayExists as error:
        raise Problem(409, "overlay_exists", str(error)) from None
    except services.TooMany as error:
        raise Problem(409, "too_many", str(error)) from None
    except services.Gone as error:
        raise Problem(404, "not_found", str(error)) from None
