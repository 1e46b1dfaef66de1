"""Who the caller is, over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.views import HubAPIView
from hub.policies.memberships import effective


class MembershipOutput(serializers.Serializer[Any]):
    """An organization that the caller belongs to."""

    slug = serializers.CharField(source="organization.namespace.slug")
    name = serializers.CharField(source="organization.name")
    role = serializers.CharField()


class TokenOutput(serializers.Serializer[Any]):
    """The token that was sent."""

    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)


class MeOutput(serializers.Serializer[Any]):
    """The caller."""

    username = serializers.CharField()
    email = serializers.EmailField()
    organizations = MembershipOutput(many=True)
    token = TokenOutput(allow_null=True)


class MeView(HubAPIView):
    """The caller."""

    @extend_schema(operation_id="me", responses=MeOutput)
    def get(self, request: Request) -> Response:
        """Who you are signed in as, what you belong to, and what your token may do."""
        user = self.actor.user
        if user is None:
            raise exceptions.NotAuthenticated("Sign in, or send an API token.")
        memberships = effective(self.actor).select_related("organization__namespace")
        body = {"username": user.username, "email": user.email, "organizations": memberships, "token": self.actor.token}
        return Response(MeOutput(body).data)
