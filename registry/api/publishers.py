"""Trusted publishing over REST."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.actors import Actor
from hub.api.problems import Problem
from hub.api.tokens import require_token
from hub.api.views import HubAPIView
from hub.context import actor_of
from hub.domain.decisions import require
from registry import identity, lookups, policies
from registry.domain.publishers import MAX_LENGTH, PROVIDERS
from registry.models import Package, TrustedPublisher
from registry.services import publishers as services


class AudienceOutput(serializers.Serializer[Any]):
    """What an identity token has to be made for."""

    audience = serializers.CharField()


class ExchangeInput(serializers.Serializer[Any]):
    """An identity token, and where it wants to publish."""

    token = serializers.CharField(
        max_length=identity.MAX_TOKEN_BYTES, help_text="A JSON Web Token of the CI system, made for this hub."
    )
    package = serializers.CharField(max_length=200, help_text="`namespace/name`.")


class ExchangeOutput(serializers.Serializer[Any]):
    """A token that publishes in one package. This answer alone has it."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()
    package = serializers.CharField()


class PublisherInput(serializers.Serializer[Any]):
    """A job to trust."""

    provider = serializers.ChoiceField(choices=[(key, one.title) for key, one in PROVIDERS.items()])
    issuer = serializers.CharField(max_length=MAX_LENGTH, help_text="One that the hub's operator configured.")
    repository = serializers.CharField(max_length=MAX_LENGTH, help_text="For `generic`, the token's subject.")
    workflow = serializers.CharField(max_length=MAX_LENGTH, required=False, allow_blank=True, default="")
    environment = serializers.CharField(max_length=MAX_LENGTH, required=False, allow_blank=True, default="")


class PublisherOutput(serializers.Serializer[Any]):
    """A trusted job."""

    id = serializers.IntegerField()
    provider = serializers.CharField()
    issuer = serializers.CharField()
    repository = serializers.CharField()
    workflow = serializers.CharField()
    environment = serializers.CharField(help_text="Empty for any.")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class PublisherListOutput(serializers.Serializer[Any]):
    """All trusted jobs of a package: there are at most twenty."""

    items = PublisherOutput(many=True)


class AudienceView(HubAPIView):
    """The hub's name among audiences."""

    @extend_schema(operation_id="trusted_publishing_audience", responses=AudienceOutput)
    def get(self, request: Request) -> Response:
        """Which audience to ask the CI system's issuer for."""
        return Response({"audience": settings.BASE_URL})


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ExchangeView(HubAPIView):
    """Exchanging an identity token. The token is what proves the caller, so nothing else is asked or looked at."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(operation_id="trusted_publishing_token", request=ExchangeInput, responses={201: ExchangeOutput})
    @method_decorator(sensitive_variables())
    def post(self, request: Request) -> Response:
        """Get a token for one package and 15 minutes. Each identity token works once."""
        asked = self.read(ExchangeInput, request.data)
        seen = actor_of(request._request)
        by = Actor(request_id=seen.request_id, ip_address=seen.ip_address, source="api")
        try:
            got = services.exchange(by=by, token=asked["token"], package=asked["package"])
        except identity.BadToken as error:
            raise Problem(401, "identity_token_invalid", str(error)) from None
        except services.Replayed as error:
            raise Problem(401, "identity_token_used", str(error)) from None
        except services.NoMatch as error:
            raise Problem(403, "no_trusted_publisher", str(error), claims=error.seen) from None
        except identity.IssuerUnreachable:
            raise Problem(
                503, "issuer_unreachable", "The issuer's keys cannot be fetched. Try again shortly."
            ) from None
        body = {"token": got.made.secret, "expires_at": got.made.token.expires_at, "package": str(got.package)}
        answer = ExchangeOutput(body).data
        return Response(answer, status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})


class PublisherListView(HubAPIView):
    """The trusted jobs of a package."""

    @extend_schema(operation_id="trusted_publishers_list", responses=PublisherListOutput)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """List them, for those who manage the package."""
        package = _managed(self, namespace, name)
        return Response({"items": PublisherOutput(package.trusted_publishers.all(), many=True).data})

    @extend_schema(operation_id="trusted_publishers_create", request=PublisherInput, responses={201: PublisherOutput})
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Trust a job. Takes a token of scope `manage`."""
        package = _managed(self, namespace, name)
        require_token(self.actor)
        asked = self.read(PublisherInput, request.data)
        try:
            made = services.add(by=self.actor, package=package, **asked)
        except services.InvalidPublisher as error:
            fault = {"field": error.field, "message": str(error)}
            raise Problem(400, "publisher_invalid", str(error), [fault]) from None
        except services.Exists as error:
            raise Problem(409, "publisher_exists", str(error)) from None
        except services.TooMany as error:
            raise Problem(409, "too_many", str(error)) from None
        except services.PackageGone as error:
            raise Problem(404, "not_found", str(error)) from None
        return Response(PublisherOutput(made).data, status.HTTP_201_CREATED)


class PublisherView(HubAPIView):
    """One trusted job."""

    @extend_schema(
        operation_id="trusted_publishers_delete", responses={204: OpenApiResponse(description="Trusted no more.")}
    )
    def delete(self, request: Request, namespace: str, name: str, publisher_id: int) -> Response:
        """Trust a job no more. Tokens that it holds end at once."""
        package = _managed(self, namespace, name)
        require_token(self.actor)
        rows = TrustedPublisher.objects.select_related("package__namespace")
        publisher = get_object_or_404(rows, id=publisher_id, package=package)
        try:
            services.remove(by=self.actor, publisher=publisher)
        except services.Gone as error:
            raise Problem(404, "not_found", str(error)) from None
        return Response(status=status.HTTP_204_NO_CONTENT)


def _managed(view: HubAPIView, namespace: str, name: str) -> Package:
    package = lookups.package(view.actor, namespace, name)
    require(policies.may_manage(view.actor, package))
    return package
