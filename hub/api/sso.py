"""An organization's single sign-on over REST. Setting it up takes a round trip through the provider, so it is for the browser."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub import lookups
from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain.decisions import require
from hub.domain.roles import Permission
from hub.policies import organizations as policies
from hub.services import sso as services


class SsoOutput(serializers.Serializer[Any]):
    """A connection, without its secret."""

    protocol = serializers.CharField()
    issuer = serializers.CharField()
    client_id = serializers.CharField()
    groups_claim = serializers.CharField()
    jit_enabled = serializers.BooleanField(help_text="Whether new people become members.")
    default_role = serializers.CharField()
    session_hours = serializers.IntegerField()
    is_enabled = serializers.BooleanField()
    tested_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()


class SsoView(HubAPIView):
    """The single sign-on of an organization."""

    @extend_schema(operation_id="organizations_sso_get", responses=SsoOutput)
    def get(self, request: Request, slug: str) -> Response:
        """How the provider is set up, for owners and admins; 404 without one."""
        organization = lookups.organization(self.actor, slug)
        require(policies.may(self.actor, organization, Permission.SECURITY_MANAGE))
        connection = services.of(organization)
        if connection is None:
            raise Problem(404, "not_found", "The organization has no single sign-on.")
        return Response(SsoOutput(connection).data)
