"""The domains of an organization over REST."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset, lookups
from hub.api import lists
from hub.api.problems import Problem
from hub.api.views import HubAPIView
from hub.domain import domain_names
from hub.domain.decisions import require
from hub.domain.roles import Permission
from hub.models import DomainProof, Organization
from hub.models.domains import ProofMethod
from hub.policies import organizations as policies
from hub.services import domains as services

BY_NAME = keyset.Order("domains", ("domain", "id"))


class DomainInput(serializers.Serializer[Any]):
    """A domain to claim."""

    domain = serializers.CharField(max_length=domain_names.MAX_LENGTH, help_text="Such as `example.com`.")


class DomainOutput(serializers.Serializer[Any]):
    """A domain, and what it has to show: one of the two."""

    id = serializers.IntegerField()
    domain = serializers.CharField()
    verified_at = serializers.DateTimeField(allow_null=True)
    method = serializers.ChoiceField(
        choices=ProofMethod.choices, allow_blank=True, help_text="Where the token was found."
    )
    checked_at = serializers.DateTimeField(allow_null=True)
    missing_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when the proof of a verified one is missing."
    )
    last_error = serializers.CharField(allow_blank=True)
    dns_name = serializers.SerializerMethodField(help_text="Where a TXT record has to be.")
    dns_value = serializers.SerializerMethodField(help_text="What it says.")
    file_url = serializers.SerializerMethodField(help_text="Where else the hub looks.")
    file_token = serializers.CharField(source="token", help_text="In the file's JSON, in the list `verification`.")

    def get_dns_name(self, proof: DomainProof) -> str:
        """Where a TXT record has to be."""
        return domain_names.record_name(proof.domain)

    def get_dns_value(self, proof: DomainProof) -> str:
        """What it says."""
        return domain_names.record_value(proof.token)

    def get_file_url(self, proof: DomainProof) -> str:
        """Where else the hub looks."""
        return domain_names.file_address(proof.domain)


class DomainPage(serializers.Serializer[Any]):
    """A page of domains, by name."""

    items = DomainOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class DomainListView(HubAPIView):
    """The domains of an organization."""

    @extend_schema(operation_id="domains_list", parameters=[lists.PlaceInput], responses=DomainPage)
    def get(self, request: Request, slug: str) -> Response:
        """List the domains with what each has to show, for owners and admins."""
        rows = DomainProof.objects.filter(namespace=_managed(self, slug).namespace)
        page = lists.page_of(rows, BY_NAME, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, DomainOutput))

    @extend_schema(operation_id="domains_claim", request=DomainInput, responses={201: DomainOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Claim a domain. It counts once the hub has found its token there."""
        organization = _managed(self, slug)
        asked = self.read(DomainInput, request.data)
        try:
            made = services.claim(by=self.actor, organization=organization, name=asked["domain"])
        except services.InvalidDomain as error:
            raise Problem(400, "domain_invalid", str(error)) from None
        except services.Claimed as error:
            raise Problem(409, "domain_claimed", str(error)) from None
        except services.TooMany as error:
            raise Problem(409, "too_many", str(error)) from None
        return Response(DomainOutput(made).data, status.HTTP_201_CREATED)


class DomainView(HubAPIView):
    """One domain of an organization."""

    @extend_schema(operation_id="domains_get", responses=DomainOutput)
    def get(self, request: Request, slug: str, domain_id: int) -> Response:
        """Show a domain."""
        return Response(DomainOutput(_proof(_managed(self, slug), domain_id)).data)

    @extend_schema(operation_id="domains_remove", responses={204: OpenApiResponse(description="It verifies no more.")})
    def delete(self, request: Request, slug: str, domain_id: int) -> Response:
        """Give a domain up."""
        proof = _proof(_managed(self, slug), domain_id)
        try:
            services.release(by=self.actor, proof=proof)
        except services.Gone as error:
            raise Problem(404, "not_found", str(error)) from None
        return Response(status=status.HTTP_204_NO_CONTENT)


class DomainCheckView(HubAPIView):
    """Looking for the proof of a domain."""

    @extend_schema(operation_id="domains_check", request=None, responses=DomainOutput)
    def post(self, request: Request, slug: str, domain_id: int) -> Response:
        """Look now, in the DNS and then for the file. The answer says what was found, or in `last_error` why nothing was."""
        proof = _proof(_managed(self, slug), domain_id)
        try:
            found = services.check(by=self.actor, proof=proof)
        except services.TooSoon as error:
            raise Problem(429, "too_soon", str(error)) from None
        except services.Gone as error:
            raise Problem(404, "not_found", str(error)) from None
        return Response(DomainOutput(found).data)


def _managed(view: HubAPIView, slug: str) -> Organization:
    organization = lookups.organization(view.actor, slug)
    require(policies.may(view.actor, organization, Permission.ORGANIZATION_UPDATE))
    return organization


def _proof(organization: Organization, domain_id: int) -> DomainProof:
    rows = DomainProof.objects.select_related("namespace__organization")
    return get_object_or_404(rows, id=domain_id, namespace=organization.namespace)
