"""Organizations over REST. They are made, renamed and deleted in the browser, where their owner proves who it is."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset, lookups
from hub.api import lists
from hub.api.tokens import require_token
from hub.api.views import HubAPIView
from hub.policies import organizations as policies
from hub.services import organizations as services

BY_SLUG = keyset.Order("organizations", ("slug", "id"))


class OrganizationOutput(serializers.Serializer[Any]):
    """An organization that the caller belongs to."""

    slug = serializers.CharField(source="namespace.slug")
    name = serializers.CharField()
    description = serializers.CharField()
    created_at = serializers.DateTimeField()
    verified_at = serializers.DateTimeField(
        source="namespace.verified_at", allow_null=True, help_text="Since when one of its domains is proved."
    )


class OrganizationPage(serializers.Serializer[Any]):
    """A page of organizations, by name."""

    items = OrganizationOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class OrganizationChange(serializers.Serializer[Any]):
    """How an organization presents itself; what is left out stays."""

    name = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)


class OrganizationListView(HubAPIView):
    """The caller's organizations."""

    @extend_schema(operation_id="organizations_list", parameters=[lists.PlaceInput], responses=OrganizationPage)
    def get(self, request: Request) -> Response:
        """List the organizations that the caller belongs to and reaches with this token."""
        if self.actor.user is None:
            raise exceptions.NotAuthenticated("Sign in, or send an API token.")
        rows = policies.visible_to(self.actor).select_related("namespace").annotate(slug=F("namespace__slug"))
        page = lists.page_of(rows, BY_SLUG, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, OrganizationOutput))


class OrganizationView(HubAPIView):
    """One organization."""

    @extend_schema(operation_id="organizations_get", responses=OrganizationOutput)
    def get(self, request: Request, slug: str) -> Response:
        """Show an organization, to its members."""
        return Response(OrganizationOutput(lookups.organization(self.actor, slug)).data)

    @extend_schema(operation_id="organizations_update", request=OrganizationChange, responses=OrganizationOutput)
    def patch(self, request: Request, slug: str) -> Response:
        """Change name or description. Takes an owner's or admin's token of scope `admin`."""
        organization = lookups.organization(self.actor, slug)
        require_token(self.actor)
        asked = {"name": organization.name, "description": organization.description}
        asked |= self.read(OrganizationChange, request.data)
        services.update(by=self.actor, organization=organization, **asked)
        return Response(OrganizationOutput(organization).data)
