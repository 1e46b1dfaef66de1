"""Why an assistant is what it is, over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assistants.api.serializers import AssistantIdentity, ScopeInput, VersionInput
from assistants.api.views import scope_asked, version_asked
from assistants.models import Mode
from assistants.services import explaining
from hub.api.views import HubAPIView
from registry.api.errors import as_problems


class JudgedOutput(serializers.Serializer[Any]):
    """An overlay that lies on the caller, and whether this assistant gets it."""

    of = serializers.CharField(help_text="Whose it is: `acme`, or `acme/backend`.")
    package = serializers.CharField(allow_null=True, help_text="Null if you may not read it.")
    range = serializers.CharField()
    version = serializers.CharField(allow_null=True)
    mode = serializers.ChoiceField(choices=Mode.choices)
    applied = serializers.BooleanField()
    reason = serializers.CharField(help_text="Why it is not applied.")


class ScopeOutput(serializers.Serializer[Any]):
    """The scope that is explained."""

    asked = serializers.CharField(help_text="As it was asked for; empty for everything that lies on the caller.")
    refusal = serializers.CharField(help_text="Why the assistant is not handed out in this scope; empty if it is.")
    overlays = JudgedOutput(many=True)


class SecretStateOutput(serializers.Serializer[Any]):
    """A secret that the assistant asks for."""

    name = serializers.CharField()
    fqsn = serializers.CharField()
    found = serializers.ChoiceField(
        choices=["yours", "not-allowed", "missing"], allow_null=True, help_text="Null without signing in."
    )


class ExplanationOutput(serializers.Serializer[Any]):
    """Why a caller gets what they get of an assistant."""

    assistant = AssistantIdentity()
    bundle = serializers.CharField(help_text="Digest of the bundle that is explained.")
    scope = ScopeOutput()
    requirements = serializers.ListField(
        child=serializers.DictField(),
        help_text="Of each requirement what was considered, chosen and passed over, and why.",
    )
    conflicts = serializers.ListField(child=serializers.DictField())
    policy = serializers.DictField(help_text="The digest of the rules when the lock was made, and the rules now.")
    secrets = SecretStateOutput(many=True)


class ExplanationView(HubAPIView):
    """Why an assistant is what it is."""

    @extend_schema(
        operation_id="assistants_explanation", parameters=[VersionInput, ScopeInput], responses=ExplanationOutput
    )
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """Each choice with its reasons, conflicts, overlays, and which secrets the caller has. For reading: any own scope."""
        with as_problems():
            found = explaining.explain(self.actor, namespace, name, version_asked(request), scope_asked(request))
        return Response(found.as_json())
