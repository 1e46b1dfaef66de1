"""An organization's service accounts and their tokens, over REST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset, lookups
from hub.api import lists
from hub.api.problems import Problem
from hub.api.tokens import (
    NEWEST,
    NewTokenOutput,
    OverlapInput,
    TokenItem,
    TokenLimitsInput,
    TokenPage,
    as_problems,
    require_token,
    shown_once,
)
from hub.api.views import HubAPIView
from hub.domain import slugs
from hub.domain.decisions import require
from hub.models import ApiToken, Membership, Organization, ServiceAccount
from hub.policies import service_accounts as policies
from hub.services import service_accounts as services
from hub.services import tokens

BY_NAME = keyset.Order("service-accounts", ("name", "id"))
ROLES = [role.value for role in policies.ROLES]
GONE = {204: OpenApiResponse(description="It has ended.")}


class NewServiceAccountInput(serializers.Serializer[Any]):
    """A service account to make."""

    name = serializers.CharField(max_length=slugs.NAMESPACE_MAX_LENGTH, help_text="Used once, also after deletion.")
    description = serializers.CharField(
        max_length=services.DESCRIPTION_MAX_LENGTH, required=False, allow_blank=True, default=""
    )
    role = serializers.ChoiceField(choices=ROLES, default="member")


class ServiceAccountChange(serializers.Serializer[Any]):
    """What to change; what is left out stays."""

    description = serializers.CharField(max_length=services.DESCRIPTION_MAX_LENGTH, required=False, allow_blank=True)
    role = serializers.ChoiceField(choices=ROLES, required=False)


class ServiceAccountOutput(serializers.Serializer[Any]):
    """A service account."""

    name = serializers.CharField()
    username = serializers.CharField(source="user.username", help_text="Its name in the log and in releases.")
    description = serializers.CharField()
    role = serializers.CharField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(source="created_by.username", allow_null=True, default=None)


class ServiceAccountPage(serializers.Serializer[Any]):
    """A page of service accounts, by name."""

    items = ServiceAccountOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class ServiceAccountListView(HubAPIView):
    """The service accounts of an organization."""

    @extend_schema(operation_id="service_accounts_list", parameters=[lists.PlaceInput], responses=ServiceAccountPage)
    def get(self, request: Request, slug: str) -> Response:
        """List the service accounts, for owners and admins."""
        rows = _accounts(managed(self, slug))
        page = lists.page_of(rows, BY_NAME, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, ServiceAccountOutput))

    @extend_schema(
        operation_id="service_accounts_create", request=NewServiceAccountInput, responses={201: ServiceAccountOutput}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Make a service account. Takes a token of scope `admin`; an auditor is made by owners alone."""
        organization = managed(self, slug)
        require_token(self.actor)
        asked = self.read(NewServiceAccountInput, request.data)
        with _as_problems():
            made = services.create(by=self.actor, organization=organization, **asked)
        address = f"/api/v1/organizations/{organization.namespace.slug}/service-accounts/{made.name}"
        return Response(_shape(organization, made.name), status.HTTP_201_CREATED, headers={"Location": address})


class ServiceAccountView(HubAPIView):
    """One service account."""

    @extend_schema(operation_id="service_accounts_get", responses=ServiceAccountOutput)
    def get(self, request: Request, slug: str, name: str) -> Response:
        """Show a service account."""
        return Response(_shape(managed(self, slug), name))

    @extend_schema(operation_id="service_accounts_update", request=ServiceAccountChange, responses=ServiceAccountOutput)
    def patch(self, request: Request, slug: str, name: str) -> Response:
        """Describe a service account anew, or give it another role; its tokens follow at once."""
        organization = managed(self, slug)
        account: Any = found(organization, name)
        require_token(self.actor)
        asked = {"description": account.description, "role": account.role}
        asked |= self.read(ServiceAccountChange, request.data)
        with _as_problems():
            services.update(by=self.actor, account=account, **asked)
        return Response(_shape(organization, name))

    @extend_schema(operation_id="service_accounts_delete", responses=GONE)
    def delete(self, request: Request, slug: str, name: str) -> Response:
        """Delete a service account. Its tokens end at once, and its name is not given again."""
        account = found(managed(self, slug), name)
        require_token(self.actor)
        with _as_problems():
            services.delete(by=self.actor, account=account)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ServiceTokenListView(HubAPIView):
    """The tokens of a service account."""

    @extend_schema(operation_id="service_tokens_list", parameters=[lists.PlaceInput], responses=TokenPage)
    def get(self, request: Request, slug: str, name: str) -> Response:
        """List the tokens, those that have ended included, never with a secret."""
        rows = _tokens(found(managed(self, slug), name))
        page = lists.page_of(rows, NEWEST, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, TokenItem))

    @extend_schema(operation_id="service_tokens_create", request=TokenLimitsInput, responses={201: NewTokenOutput})
    def post(self, request: Request, slug: str, name: str) -> Response:
        """Make a token for the account. Takes an owner's or admin's token of scope `admin`; the answer has the secret, once."""
        account = found(managed(self, slug), name)
        require_token(self.actor)
        asked = self.read(TokenLimitsInput, request.data)
        with _as_problems():
            made = services.create_token(by=self.actor, account=account, **asked)
        return shown_once(made)


class ServiceTokenView(HubAPIView):
    """One token of a service account."""

    @extend_schema(operation_id="service_tokens_revoke", responses=GONE)
    def delete(self, request: Request, slug: str, name: str, token_id: int) -> Response:
        """Revoke a token of the account."""
        token = get_object_or_404(_tokens(found(managed(self, slug), name)), id=token_id)
        tokens.revoke(by=self.actor, token=token)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ServiceTokenRotationView(HubAPIView):
    """The rotation of a service account's token."""

    @extend_schema(operation_id="service_tokens_rotate", request=OverlapInput, responses={201: NewTokenOutput})
    def post(self, request: Request, slug: str, name: str, token_id: int) -> Response:
        """Make a successor with the same limits. The old secret works for `overlap_seconds` more; the answer has the new one."""
        token = get_object_or_404(_tokens(found(managed(self, slug), name)), id=token_id)
        require_token(self.actor)
        overlap = timedelta(seconds=self.read(OverlapInput, request.data)["overlap_seconds"])
        with _as_problems():
            made = tokens.rotate(by=self.actor, token=token, overlap=overlap)
        made.token.refresh_from_db(fields=["replaces"])
        return shown_once(made)


def managed(view: HubAPIView, slug: str) -> Organization:
    """The organization, if the caller manages its service accounts. Raises Http404 or PermissionRefused."""
    organization = lookups.organization(view.actor, slug)
    require(policies.may_manage(view.actor, organization))
    return organization


def found(organization: Organization, name: str) -> ServiceAccount:
    """The service account of that name, with its `role`. Raises Http404."""
    return get_object_or_404(_accounts(organization), name=slugs.normalize(name))


def _shape(organization: Organization, name: str) -> Any:
    return ServiceAccountOutput(found(organization, name)).data


def _accounts(organization: Organization) -> QuerySet[ServiceAccount]:
    role = Membership.objects.filter(user=OuterRef("user"), organization=organization).values("role")
    rows = ServiceAccount.objects.filter(organization=organization).annotate(role=Subquery(role))
    return rows.select_related("user", "created_by", "organization__namespace")


def _tokens(account: ServiceAccount) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(user=account.user).select_related("organization__namespace", "user")


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        with as_problems():
            yield
    except slugs.InvalidName as error:
        raise Problem(400, "name_invalid", str(error)) from None
    except services.InvalidDescription as error:
        raise Problem(400, "description_invalid", str(error)) from None
    except services.NameTaken as error:
        raise Problem(409, "name_taken", str(error)) from None
    except services.Gone as error:
        raise Problem(404, "not_found", str(error)) from None
