"""Invitations over REST. A link is in the mail alone, never in an answer."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
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
from hub.domain.decisions import require
from hub.models import Invitation, Organization, Role
from hub.policies import organizations as policies
from hub.services import invitations as services

NEWEST = keyset.Order("invitations", ("-created_at", "-id"))


class NewInvitationInput(serializers.Serializer[Any]):
    """Whom to invite."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=Role.choices, default=Role.MEMBER.value)
    teams = serializers.ListField(child=serializers.CharField(), required=False, default=list)


class InvitationOutput(serializers.Serializer[Any]):
    """An invitation, without its link."""

    id = serializers.IntegerField()
    email = serializers.CharField()
    role = serializers.CharField()
    teams = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField(help_text="`open`, `accepted`, `revoked` or `expired`.")
    invited_by = serializers.CharField(source="invited_by.username", allow_null=True, default=None)
    accepted_by = serializers.CharField(source="accepted_by.username", allow_null=True, default=None)
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()

    def get_teams(self, invitation: Invitation) -> list[str]:
        """The names of the teams that come with it."""
        return [team.slug for team in invitation.teams.all()]

    def get_state(self, invitation: Invitation) -> str:
        """What has become of it."""
        return services.state_of(invitation)


class InvitationPage(serializers.Serializer[Any]):
    """A page of invitations, newest first."""

    items = InvitationOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class InvitationListView(HubAPIView):
    """The invitations of an organization."""

    @extend_schema(operation_id="invitations_list", parameters=[lists.PlaceInput], responses=InvitationPage)
    def get(self, request: Request, slug: str) -> Response:
        """List the invitations, those that are over included, for owners and admins."""
        rows = _invitations(_managed(self, slug))
        page = lists.page_of(rows, NEWEST, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, InvitationOutput))

    @extend_schema(operation_id="invitations_create", request=NewInvitationInput, responses={201: InvitationOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Invite by e-mail. Takes a token of scope `admin`, and a hub that sends mail: the link is in no answer."""
        organization = _managed(self, slug)
        require_token(self.actor)
        asked = self.read(NewInvitationInput, request.data)
        _require_mail()
        teams = list(organization.teams.filter(slug__in=asked["teams"]))
        if len(teams) != len(set(asked["teams"])):
            raise Problem(400, "team_unknown", "One of the teams is not there.")
        try:
            sent = services.create(
                by=self.actor, organization=organization, email=asked["email"], role=asked["role"], teams=teams
            )
        except services.InvalidAddress as error:
            raise Problem(400, "address_invalid", str(error)) from None
        except services.AlreadyInvited as error:
            raise Problem(409, "already_invited", str(error)) from None
        except services.TooMany as error:
            raise Problem(409, "too_many", str(error)) from None
        made = _invitations(organization).get(id=sent.invitation.id)
        return Response(InvitationOutput(made).data, status.HTTP_201_CREATED)


class InvitationView(HubAPIView):
    """One invitation."""

    @extend_schema(operation_id="invitations_get", responses=InvitationOutput)
    def get(self, request: Request, slug: str, invitation_id: int) -> Response:
        """Show an invitation."""
        return Response(InvitationOutput(_found(_managed(self, slug), invitation_id)).data)

    @extend_schema(operation_id="invitations_revoke", responses={204: OpenApiResponse(description="It is over.")})
    def delete(self, request: Request, slug: str, invitation_id: int) -> Response:
        """Revoke an invitation; its link leads nowhere from then on."""
        invitation = _found(_managed(self, slug), invitation_id)
        require_token(self.actor)
        services.revoke(by=self.actor, invitation=invitation)
        return Response(status=status.HTTP_204_NO_CONTENT)


class InvitationResendView(HubAPIView):
    """The mail of an invitation, once more."""

    @extend_schema(operation_id="invitations_resend", request=None, responses=InvitationOutput)
    def post(self, request: Request, slug: str, invitation_id: int) -> Response:
        """Send a new link in place of the old one."""
        organization = _managed(self, slug)
        invitation = _found(organization, invitation_id)
        require_token(self.actor)
        _require_mail()
        try:
            services.resend(by=self.actor, invitation=invitation)
        except services.Over as error:
            raise Problem(409, "invitation_over", str(error)) from None
        except services.TooSoon as error:
            raise Problem(429, "too_soon", str(error)) from None
        return Response(InvitationOutput(_found(organization, invitation_id)).data)


def _managed(view: HubAPIView, slug: str) -> Organization:
    organization = lookups.organization(view.actor, slug)
    require(policies.may_manage(view.actor, organization))
    return organization


def _invitations(organization: Organization) -> QuerySet[Invitation]:
    rows = organization.invitations.select_related("organization__namespace", "invited_by", "accepted_by")
    return rows.prefetch_related("teams")


def _found(organization: Organization, invitation_id: int) -> Invitation:
    return get_object_or_404(_invitations(organization), id=invitation_id)


def _require_mail() -> None:
    if not settings.MAIL_HOST:
        raise Problem(409, "no_mail", "This hub sends no mail. Invite in the browser, which shows the link.")
