"""An organization's security policy over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub import lookups
from hub.api.problems import Problem
from hub.api.tokens import require_token
from hub.api.views import HubAPIView
from hub.domain.decisions import require
from hub.domain.roles import Permission
from hub.models import Organization
from hub.policies import organizations as policies
from hub.services import security as services


class SecurityChange(serializers.Serializer[Any]):
    """What to require from now on; what is left out stays."""

    second_factor_required = serializers.BooleanField(required=False)
    sso_required = serializers.BooleanField(required=False)
    token_max_days = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=services.LONGEST_DAYS, help_text="null for no limit."
    )


class SecurityOutput(serializers.Serializer[Any]):
    """What an organization requires of sign-ins and tokens."""

    second_factor_required = serializers.BooleanField()
    sso_required = serializers.BooleanField()
    token_max_days = serializers.IntegerField(allow_null=True)


class SecurityView(HubAPIView):
    """The security policy of an organization."""

    @extend_schema(operation_id="organizations_security_get", responses=SecurityOutput)
    def get(self, request: Request, slug: str) -> Response:
        """What the organization requires, for owners and admins."""
        return Response(SecurityOutput(services.policy_of(self._managed(slug))).data)

    @extend_schema(operation_id="organizations_security_update", request=SecurityChange, responses=SecurityOutput)
    def patch(self, request: Request, slug: str) -> Response:
        """Require more or less. A switch is turned on only by a token that satisfies it; else the answer is 409."""
        organization = self._managed(slug)
        require_token(self.actor)
        policy = services.SecurityPolicy(
            **{**vars(services.policy_of(organization)), **self.read(SecurityChange, request.data)}
        )
        try:
            services.update(by=self.actor, organization=organization, policy=policy)
        except services.WouldLockOut as error:
            raise Problem(409, "would_lock_out", str(error)) from None
        except services.InvalidPolicy as error:
            raise Problem(400, "invalid", str(error)) from None
        return Response(SecurityOutput(services.policy_of(organization)).data)

    def _managed(self, slug: str) -> Organization:
        organization = lookups.organization(self.actor, slug)
        require(policies.may(self.actor, organization, Permission.SECURITY_MANAGE))
        return organization
