"""Teams over REST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db.models import Count, F, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset, lookups
from hub.api import lists
from hub.api.problems import Problem
from hub.api.tokens import require_token
from hub.api.views import HubAPIView
from hub.domain import slugs
from hub.domain.decisions import require
from hub.domain.roles import Permission
from hub.models import Organization, Team, TeamMembership, User
from hub.policies import organizations as policies
from hub.services import teams as services

BY_SLUG = keyset.Order("teams", ("slug", "id"))
BY_USERNAME = keyset.Order("team-members", ("username", "id"))


class NewTeamInput(serializers.Serializer[Any]):
    """A team to make."""

    slug = serializers.CharField(max_length=slugs.NAMESPACE_MAX_LENGTH)
    name = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    description = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class TeamChange(serializers.Serializer[Any]):
    """What to change; what is left out stays."""

    slug = serializers.CharField(max_length=slugs.NAMESPACE_MAX_LENGTH, required=False)
    name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)


class TeamOutput(serializers.Serializer[Any]):
    """A team."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    member_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class TeamPage(serializers.Serializer[Any]):
    """A page of teams, by name."""

    items = TeamOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class TeamMemberOutput(serializers.Serializer[Any]):
    """A member in a team."""

    username = serializers.CharField(source="membership.user.username")
    came_through = serializers.CharField(source="source", help_text="`manual`, `invitation`, `sso` or `scim`.")
    created_at = serializers.DateTimeField()


class TeamMemberPage(serializers.Serializer[Any]):
    """A page of a team's members, by username."""

    items = TeamMemberOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class TeamListView(HubAPIView):
    """The teams of an organization."""

    @extend_schema(operation_id="teams_list", parameters=[lists.PlaceInput], responses=TeamPage)
    def get(self, request: Request, slug: str) -> Response:
        """List the teams, for members."""
        rows = _teams(lookups.organization(self.actor, slug))
        page = lists.page_of(rows, BY_SLUG, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, TeamOutput))

    @extend_schema(operation_id="teams_create", request=NewTeamInput, responses={201: TeamOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Make a team. Takes an owner's or admin's token of scope `admin`."""
        organization = _managed(self, slug)
        asked = self.read(NewTeamInput, request.data)
        with _as_problems():
            made = services.create(by=self.actor, organization=organization, **asked)
        address = f"/api/v1/organizations/{organization.namespace.slug}/teams/{made.slug}"
        return Response(_shape(organization, made.slug), status.HTTP_201_CREATED, headers={"Location": address})


class TeamView(HubAPIView):
    """One team."""

    @extend_schema(operation_id="teams_get", responses=TeamOutput)
    def get(self, request: Request, slug: str, team: str) -> Response:
        """Show a team, to members of the organization."""
        return Response(_shape(lookups.organization(self.actor, slug), team))

    @extend_schema(operation_id="teams_update", request=TeamChange, responses=TeamOutput)
    def patch(self, request: Request, slug: str, team: str) -> Response:
        """Name or describe a team anew."""
        organization = _managed(self, slug)
        row = _found(organization, team)
        asked = {"slug": row.slug, "name": row.name, "description": row.description}
        asked |= self.read(TeamChange, request.data)
        with _as_problems():
            services.update(by=self.actor, team=row, **asked)
        return Response(_shape(organization, row.slug))

    @extend_schema(operation_id="teams_delete", responses={204: OpenApiResponse(description="It is deleted.")})
    def delete(self, request: Request, slug: str, team: str) -> Response:
        """Delete a team, and what its members had through it."""
        row = _found(_managed(self, slug), team)
        with _as_problems():
            services.delete(by=self.actor, team=row)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TeamMemberListView(HubAPIView):
    """Who is in a team."""

    @extend_schema(operation_id="team_members_list", parameters=[lists.PlaceInput], responses=TeamMemberPage)
    def get(self, request: Request, slug: str, team: str) -> Response:
        """List who is in a team, service accounts included."""
        row = _found(lookups.organization(self.actor, slug), team)
        rows = TeamMembership.objects.filter(team=row).select_related("membership__user")
        rows = rows.annotate(username=F("membership__user__username"))
        page = lists.page_of(rows, BY_USERNAME, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, TeamMemberOutput))


class TeamMemberView(HubAPIView):
    """One member in a team."""

    @extend_schema(
        operation_id="team_members_put", request=None, responses={204: OpenApiResponse(description="In the team.")}
    )
    def put(self, request: Request, slug: str, team: str, username: str) -> Response:
        """Put a member of the organization into the team; one who is in it stays."""
        organization = _managed(self, slug)
        row, user = _found(organization, team), _user(organization, username)
        with _as_problems(), suppress(services.AlreadyInTeam):
            services.add_member(by=self.actor, team=row, user=user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="team_members_delete", responses={204: OpenApiResponse(description="Out of it.")})
    def delete(self, request: Request, slug: str, team: str, username: str) -> Response:
        """Take a member out of the team."""
        organization = _managed(self, slug)
        row, user = _found(organization, team), _user(organization, username)
        with _as_problems():
            services.remove_member(by=self.actor, team=row, user=user)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _managed(view: HubAPIView, slug: str) -> Organization:
    organization = lookups.organization(view.actor, slug)
    require(policies.may(view.actor, organization, Permission.TEAMS_MANAGE))
    require_token(view.actor)
    return organization


def _teams(organization: Organization) -> QuerySet[Team]:
    return organization.teams.select_related("organization__namespace").annotate(member_count=Count("memberships"))


def _found(organization: Organization, team: str) -> Team:
    return get_object_or_404(_teams(organization), slug=slugs.normalize(team))


def _shape(organization: Organization, team: str) -> Any:
    return TeamOutput(_found(organization, team)).data


def _user(organization: Organization, username: str) -> User:
    members = User.objects.filter(memberships__organization=organization)
    return get_object_or_404(members, username=slugs.normalize(username))


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except slugs.InvalidName as error:
        raise Problem(400, "name_invalid", str(error)) from None
    except services.TeamExists as error:
        raise Problem(409, "team_exists", str(error)) from None
    except services.TooMany as error:
        raise Problem(409, "too_many", str(error)) from None
    except (services.Gone, services.NotInTeam) as error:
        raise Problem(404, "not_found", str(error)) from None
