"""What an organization lets its assistants be made of, over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assistants.domain.usage import MAX_LISTED, MAX_REASON
from assistants.models import MAX_AGE_HOURS, UsagePolicy
from assistants.services import usage_policies as services
from hub import lookups
from hub.api.problems import Problem
from hub.api.tokens import require_token
from hub.api.views import HubAPIView
from hub.domain import patterns
from hub.domain.decisions import require
from hub.domain.roles import Permission
from hub.models import Organization
from hub.policies import organizations as policies


class UsagePolicyInput(serializers.Serializer[Any]):
    """The whole policy from now on."""

    min_age_hours = serializers.IntegerField(required=False, default=0, min_value=0, max_value=MAX_AGE_HOURS)
    allowed = serializers.ListField(
        child=serializers.CharField(max_length=patterns.MAX_LENGTH),
        required=False,
        default=list,
        max_length=MAX_LISTED,
        help_text="Patterns such as `vendor/*`; empty for all. The organization's own packages are always allowed.",
    )
    denied = serializers.ListField(
        child=serializers.CharField(max_length=patterns.MAX_LENGTH), required=False, default=list, max_length=MAX_LISTED
    )
    reason = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=MAX_REASON,
        help_text="Told to whom it refuses something.",
    )


class UsagePolicyOutput(serializers.Serializer[Any]):
    """A version of the policy; 0 while there is none."""

    version = serializers.IntegerField()
    digest = serializers.CharField(
        allow_blank=True, help_text="Receipts name it through the digest of all that decided."
    )
    min_age_hours = serializers.IntegerField()
    allowed = serializers.ListField(child=serializers.CharField())
    denied = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField(allow_blank=True)


class UsagePolicyView(HubAPIView):
    """The policy of an organization."""

    @extend_schema(operation_id="organizations_usage_policy_read", responses=UsagePolicyOutput)
    def get(self, request: Request, slug: str) -> Response:
        """What the organization's assistants may be made of, for its members."""
        return Response(_body(lookups.organization(self.actor, slug)))

    @extend_schema(
        operation_id="organizations_usage_policy_configure", request=UsagePolicyInput, responses=UsagePolicyOutput
    )
    def put(self, request: Request, slug: str) -> Response:
        """Decide it anew, for owners and admins. What is published keeps what it has locked."""
        organization = lookups.organization(self.actor, slug)
        require(policies.may(self.actor, organization, Permission.SECURITY_MANAGE))
        require_token(self.actor)
        asked = self.read(UsagePolicyInput, request.data)
        try:
            services.configure(by=self.actor, organization=organization, **asked)
        except services.InvalidPolicy as error:
            raise Problem(400, "invalid", str(error)) from None
        return Response(_body(organization))


def _body(organization: Organization) -> dict[str, Any]:
    none = UsagePolicy(namespace=organization.namespace, version=0)
    return UsagePolicyOutput(services.of(organization) or none).data
