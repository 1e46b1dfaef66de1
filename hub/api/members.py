"""The people of an organization over REST."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
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
from hub.models import Membership, Organization, Role, User
from hub.policies import organizations as policies
from hub.services import organizations as services

BY_USERNAME = keyset.Order("members", ("username", "id"))


class MemberInput(serializers.Serializer[Any]):
    """What a person is to be."""

    role = serializers.ChoiceField(choices=Role.choices)


class MemberOutput(serializers.Serializer[Any]):
    """A person in an organization."""

    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.get_full_name")
    role = serializers.CharField()
    came_through = serializers.CharField(source="source", help_text="`manual`, `invitation`, `sso` or `scim`.")
    created_at = serializers.DateTimeField()


class MemberPage(serializers.Serializer[Any]):
    """A page of members, by username."""

    items = MemberOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class MemberListView(HubAPIView):
    """The members of an organization."""

    @extend_schema(operation_id="members_list", parameters=[lists.PlaceInput], responses=MemberPage)
    def get(self, request: Request, slug: str) -> Response:
        """List the people; service accounts have a list of their own."""
        rows = _members(lookups.organization(self.actor, slug)).annotate(username=F("user__username"))
        page = lists.page_of(rows, BY_USERNAME, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, MemberOutput))


class MemberView(HubAPIView):
    """One member."""

    @extend_schema(operation_id="members_get", responses=MemberOutput)
    def get(self, request: Request, slug: str, username: str) -> Response:
        """Show a member."""
        return Response(MemberOutput(_member(lookups.organization(self.actor, slug), username)).data)

    @extend_schema(operation_id="members_put", request=MemberInput, responses={200: MemberOutput, 201: MemberOutput})
    def put(self, request: Request, slug: str, username: str) -> Response:
        """Let a person in (201), or give a member another role (200). Takes a token of scope `admin`."""
        organization = lookups.organization(self.actor, slug)
        require(policies.may_manage(self.actor, organization))
        require_token(self.actor)
        role = self.read(MemberInput, request.data)["role"]
        people = User.objects.filter(is_active=True, is_service=False)
        user = get_object_or_404(people, username=slugs.normalize(username))
        code: int = status.HTTP_200_OK
        try:
            if _members(organization).filter(user=user).exists():
                services.change_role(by=self.actor, organization=organization, user=user, role=role)
            else:
                services.add_member(by=self.actor, organization=organization, user=user, role=role)
                code = status.HTTP_201_CREATED
        except services.LastOwner as error:
            raise Problem(409, "last_owner", str(error)) from None
        except (services.AlreadyMember, services.NotMember):
            raise Problem(409, "changed_meanwhile", "The membership changed at the same moment. Try again.") from None
        return Response(MemberOutput(_member(organization, user.username)).data, code)

    @extend_schema(operation_id="members_delete", responses={204: OpenApiResponse(description="The person is out.")})
    def delete(self, request: Request, slug: str, username: str) -> Response:
        """Take a person out, with everything the organization gave. Takes a token of scope `admin`."""
        organization = lookups.organization(self.actor, slug)
        require(policies.may_manage(self.actor, organization))
        require_token(self.actor)
        membership = _member(organization, username)
        try:
            services.remove_member(by=self.actor, organization=organization, user=membership.user)
        except services.LastOwner as error:
            raise Problem(409, "last_owner", str(error)) from None
        except services.NotMember as error:
            raise Problem(404, "not_found", str(error)) from None
        return Response(status=status.HTTP_204_NO_CONTENT)


def _members(organization: Organization) -> QuerySet[Membership]:
    return Membership.objects.filter(organization=organization, user__is_service=False).select_related("user")


def _member(organization: Organization, username: str) -> Membership:
    return get_object_or_404(_members(organization), user__username=slugs.normalize(username))
