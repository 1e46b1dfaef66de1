"""An organization's single sign-on, and what groups give, over REST. The test, a round trip, is for the browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
from hub.domain.identities import GROUP_MAX_LENGTH, fingerprints
from hub.domain.roles import Permission
from hub.models import GroupMapping, Organization, Role, SsoConnection, SsoProtocol
from hub.policies import organizations as policies
from hub.services import group_mappings
from hub.services import sso as services
from hub.sso import saml

BY_GROUP = keyset.Order("group-mappings", ("group", "id"))


class SsoInput(serializers.Serializer[Any]):
    """A provider: `issuer`, `client_id` and `secret` of OpenID Connect, or `metadata` of SAML."""

    protocol = serializers.ChoiceField(SsoProtocol.choices, required=False, default=SsoProtocol.OIDC.value)
    issuer = serializers.CharField(max_length=500, required=False, default="")
    client_id = serializers.CharField(max_length=255, required=False, default="")
    secret = serializers.CharField(
        max_length=1000, required=False, default=None, allow_null=True, write_only=True, help_text="Left out: it stays."
    )
    metadata = serializers.CharField(
        max_length=saml.MAX_BYTES, required=False, default="", help_text="XML. Left out: what is kept stays."
    )
    groups_claim = serializers.CharField(max_length=GROUP_MAX_LENGTH, required=False, default="")
    jit_enabled = serializers.BooleanField(required=False, default=True, help_text="Whether new people become members.")
    default_role = serializers.ChoiceField(Role.choices, required=False, default=Role.MEMBER.value)
    session_hours = serializers.IntegerField(required=False, default=12, min_value=1, max_value=services.MAX_HOURS)


class SsoChange(serializers.Serializer[Any]):
    """Whether people sign in through the provider."""

    is_enabled = serializers.BooleanField()


class SsoOutput(serializers.Serializer[Any]):
    """A connection, without its secret."""

    protocol = serializers.CharField()
    issuer = serializers.CharField(help_text="OpenID Connect's issuer, or the SAML provider's entity id.")
    client_id = serializers.CharField()
    sso_url = serializers.CharField()
    certificates = serializers.SerializerMethodField(help_text="The SHA-256 of each certificate that it may sign with.")
    groups_claim = serializers.CharField()
    jit_enabled = serializers.BooleanField(help_text="Whether new people become members.")
    default_role = serializers.CharField()
    session_hours = serializers.IntegerField()
    is_enabled = serializers.BooleanField()
    tested_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()

    def get_certificates(self, row: SsoConnection) -> list[str]:
        """Fingerprints in hexadecimal."""
        return fingerprints(row.certificates)


class MappingInput(serializers.Serializer[Any]):
    """What a group of the provider gives: a role, a team, or both."""

    group = serializers.CharField(max_length=GROUP_MAX_LENGTH)
    role = serializers.ChoiceField(Role.choices, required=False, allow_blank=True, default="")
    team = serializers.CharField(required=False, allow_blank=True, default="", help_text="The team's name.")


class MappingOutput(serializers.Serializer[Any]):
    """What a group gives."""

    id = serializers.IntegerField()
    group = serializers.CharField()
    role = serializers.CharField()
    team = serializers.CharField(source="team.slug", allow_null=True, default=None)


class MappingPage(serializers.Serializer[Any]):
    """A page of mappings, by group."""

    items = MappingOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class SsoView(HubAPIView):
    """The single sign-on of an organization."""

    @extend_schema(operation_id="organizations_sso_get", responses=SsoOutput)
    def get(self, request: Request, slug: str) -> Response:
        """How the provider is set up, for owners and admins; 404 without one."""
        return Response(_shape(_seen(self, slug)))

    @extend_schema(operation_id="organizations_sso_put", request=SsoInput, responses=SsoOutput)
    def put(self, request: Request, slug: str) -> Response:
        """Set the provider up. Whatever decides about who people are switches it off until it is tested in the browser."""
        organization = _managed(self, slug)
        with _as_problems():
            setup = services.Setup(**self.read(SsoInput, request.data))
            services.configure(by=self.actor, organization=organization, setup=setup)
        return Response(_shape(organization))

    @extend_schema(operation_id="organizations_sso_update", request=SsoChange, responses=SsoOutput)
    def patch(self, request: Request, slug: str) -> Response:
        """Switch it on, once it is tested, or off."""
        organization = _managed(self, slug)
        deed = services.enable if self.read(SsoChange, request.data)["is_enabled"] else services.disable
        with _as_problems():
            deed(by=self.actor, organization=organization)
        return Response(_shape(organization))

    @extend_schema(operation_id="organizations_sso_delete", responses={204: OpenApiResponse(description="Forgotten.")})
    def delete(self, request: Request, slug: str) -> Response:
        """Forget the provider and its identities. Accounts and memberships stay."""
        organization = _managed(self, slug)
        with _as_problems():
            services.delete(by=self.actor, organization=organization)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MappingListView(HubAPIView):
    """What groups give in an organization."""

    @extend_schema(operation_id="group_mappings_list", parameters=[lists.PlaceInput], responses=MappingPage)
    def get(self, request: Request, slug: str) -> Response:
        """List what groups give, for owners and admins."""
        rows = GroupMapping.objects.filter(organization=_seen(self, slug)).select_related("team")
        page = lists.page_of(rows, BY_GROUP, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, MappingOutput))

    @extend_schema(operation_id="group_mappings_create", request=MappingInput, responses={201: MappingOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Let a group give a role, a team or both, from the next sign-in or change of each person on."""
        organization = _managed(self, slug)
        asked = self.read(MappingInput, request.data)
        team = get_object_or_404(organization.teams, slug=asked["team"]) if asked["team"] else None
        with _as_problems():
            made = group_mappings.create(by=self.actor, organization=organization, **{**asked, "team": team})
        return Response(MappingOutput(made).data, status.HTTP_201_CREATED)


class MappingView(HubAPIView):
    """What one group gives."""

    @extend_schema(operation_id="group_mappings_delete", responses={204: OpenApiResponse(description="Removed.")})
    def delete(self, request: Request, slug: str, mapping_id: int) -> Response:
        """Forget what the group gives. What it gave goes with the next sign-in or change of each person."""
        rows = GroupMapping.objects.select_related("organization__namespace", "team")
        mapping = get_object_or_404(rows, id=mapping_id, organization=_managed(self, slug))
        group_mappings.delete(by=self.actor, mapping=mapping)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _seen(view: HubAPIView, slug: str) -> Organization:
    organization = lookups.organization(view.actor, slug)
    require(policies.may(view.actor, organization, Permission.SECURITY_MANAGE))
    return organization


def _managed(view: HubAPIView, slug: str) -> Organization:
    organization = _seen(view, slug)
    require_token(view.actor)
    return organization


def _shape(organization: Organization) -> Any:
    connection = services.of(organization)
    if connection is None:
        raise Problem(404, "not_found", "The organization has no single sign-on.")
    return SsoOutput(connection).data


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except services.InvalidConnection as error:
        raise Problem(400, "invalid", str(error), errors=[{"field": error.field, "message": str(error)}]) from None
    except services.NotReady as error:
        raise Problem(409, "not_ready", str(error)) from None
    except services.NoConnection as error:
        raise Problem(404, "not_found", str(error)) from None
    except group_mappings.InvalidMapping as error:
        raise Problem(400, "invalid", str(error)) from None
    except group_mappings.MappingExists as error:
        raise Problem(409, "mapping_exists", str(error)) from None
