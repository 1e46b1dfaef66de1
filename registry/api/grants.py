"""Grants on a package over REST."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset
from hub.api import lists
from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain import slugs
from hub.domain.decisions import require
from hub.models import Team, User
from registry import lookups, policies
from registry.models import Grant, GrantPermission, Package
from registry.services import grants as services

OLDEST_FIRST = keyset.Order("grants", ("id",))


class GrantInput(serializers.Serializer[Any]):
    """What to grant, to one user or one team."""

    user = serializers.CharField(required=False, max_length=2 * slugs.NAMESPACE_MAX_LENGTH + 1)
    team = serializers.CharField(required=False, max_length=slugs.NAMESPACE_MAX_LENGTH)
    permission = serializers.ChoiceField(choices=GrantPermission.choices)


class GrantOutput(serializers.Serializer[Any]):
    """A grant."""

    id = serializers.IntegerField()
    user = serializers.CharField(source="user.username", allow_null=True, default=None)
    team = serializers.CharField(source="team.slug", allow_null=True, default=None)
    permission = serializers.CharField(help_text="`read`, `publish` or `manage`; each includes those before it.")
    granted_by = serializers.CharField(source="granted_by.username", allow_null=True, default=None)
    created_at = serializers.DateTimeField()


class GrantPage(serializers.Serializer[Any]):
    """A page of grants, oldest first."""

    items = GrantOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class GrantListView(HubAPIView):
    """The grants on a package."""

    @extend_schema(operation_id="grants_list", parameters=[lists.PlaceInput], responses=GrantPage)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """List who was granted what, for those who manage the package."""
        package = _managed(self, namespace, name)
        rows = Grant.objects.filter(package=package).select_related("user", "team", "granted_by")
        page = lists.page_of(rows, OLDEST_FIRST, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, GrantOutput))

    @extend_schema(operation_id="grants_create", request=GrantInput, responses={201: GrantOutput})
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Grant something to a user or a team; to the same one again, another thing. Takes a token of scope `manage`."""
        package = _managed(self, namespace, name)
        asked = self.read(GrantInput, request.data)
        user, team = _grantee(package, asked)
        try:
            made = services.give(by=self.actor, package=package, permission=asked["permission"], user=user, team=team)
        except services.NotGrantable as error:
            raise Problem(400, "not_grantable", str(error)) from None
        except services.TooMany as error:
            raise Problem(409, "too_many", str(error)) from None
        except services.PackageGone as error:
            raise Problem(404, "not_found", str(error)) from None
        return Response(GrantOutput(made).data, status.HTTP_201_CREATED)


class GrantView(HubAPIView):
    """One grant."""

    @extend_schema(operation_id="grants_delete", responses={204: OpenApiResponse(description="It is withdrawn.")})
    def delete(self, request: Request, namespace: str, name: str, grant_id: int) -> Response:
        """Withdraw a grant."""
        package = _managed(self, namespace, name)
        rows = Grant.objects.select_related("package__namespace", "user", "team")
        grant = get_object_or_404(rows, id=grant_id, package=package)
        try:
            services.withdraw(by=self.actor, grant=grant)
        except services.Gone as error:
            raise Problem(404, "not_found", str(error)) from None
        return Response(status=status.HTTP_204_NO_CONTENT)


def _managed(view: HubAPIView, namespace: str, name: str) -> Package:
    package = lookups.package(view.actor, namespace, name)
    require(policies.may_manage(view.actor, package))
    return package


def _grantee(package: Package, asked: dict[str, Any]) -> tuple[User | None, Team | None]:
    if ("user" in asked) == ("team" in asked):
        raise Problem(400, "not_grantable", "Name one “user” or one “team”.")
    if "user" in asked:
        user = User.objects.filter(username=slugs.normalize(asked["user"]), is_active=True).first()
        if user is None:
            raise Problem(400, "not_grantable", "Nobody has this username.")
        return user, None
    team = Team.objects.filter(organization=package.namespace.organization, slug=slugs.normalize(asked["team"])).first()
    if team is None:
        raise Problem(400, "not_grantable", "The organization has no such team.")
    return None, team
