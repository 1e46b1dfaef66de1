"""Handing packages over, over REST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset
from hub.actors import Actor
from hub.api import lists
from hub.api.problems import Problem
from hub.api.tokens import require_token
from hub.api.views import HubAPIView
from hub.domain import slugs
from hub.domain.decisions import require
from registry import lookups, policies
from registry.models import PackageTransfer
from registry.services import transfers as services

NEWEST = keyset.Order("transfers", ("-created_at", "-id"))


class TransferInput(serializers.Serializer[Any]):
    """Where a package is to go."""

    destination = serializers.CharField(max_length=slugs.NAMESPACE_MAX_LENGTH)


class TransferOutput(serializers.Serializer[Any]):
    """An offer that waits for an answer."""

    id = serializers.IntegerField()
    package = serializers.CharField()
    destination = serializers.CharField(source="destination.slug")
    requested_by = serializers.CharField(source="requested_by.username", allow_null=True, default=None)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class TransferPage(serializers.Serializer[Any]):
    """A page of offers, newest first."""

    items = TransferOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class OfferView(HubAPIView):
    """The offer of one package."""

    @extend_schema(operation_id="transfers_request", request=TransferInput, responses={201: TransferOutput})
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Offer a package to another namespace. Nothing changes until somebody there accepts. Takes scope `manage`."""
        package = lookups.package(self.actor, namespace, name)
        require(policies.may_transfer(self.actor, package))
        require_token(self.actor)
        asked = self.read(TransferInput, request.data)
        with _as_problems():
            made = services.request(by=self.actor, package=package, destination=asked["destination"])
        return Response(TransferOutput(made).data, status.HTTP_201_CREATED)

    @extend_schema(operation_id="transfers_cancel", responses={204: OpenApiResponse(description="It is withdrawn.")})
    def delete(self, request: Request, namespace: str, name: str) -> Response:
        """Withdraw the offer."""
        package = lookups.package(self.actor, namespace, name)
        require(policies.may_transfer(self.actor, package))
        with _as_problems():
            services.cancel(by=self.actor, transfer=get_object_or_404(services.waiting(), package=package))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TransferListView(HubAPIView):
    """The offers that the caller decides about."""

    @extend_schema(operation_id="transfers_list", parameters=[lists.PlaceInput], responses=TransferPage)
    def get(self, request: Request) -> Response:
        """List what waits for the caller's answer."""
        rows = services.incoming(_somebody(self.actor))
        page = lists.page_of(rows, NEWEST, self.read(lists.PlaceInput, request.query_params))
        return Response(lists.body_of(page, TransferOutput))


class AcceptView(HubAPIView):
    """Taking a package."""

    @extend_schema(
        operation_id="transfers_accept", request=None, responses={204: OpenApiResponse(description="It is taken.")}
    )
    def post(self, request: Request, transfer_id: int) -> Response:
        """Take the package, with all its releases. Takes a token of scope `manage`."""
        row = _mine(self.actor, transfer_id)
        require_token(self.actor)
        with _as_problems():
            services.accept(by=self.actor, transfer=row)
        return Response(status=status.HTTP_204_NO_CONTENT)


class DeclineView(HubAPIView):
    """Refusing a package."""

    @extend_schema(
        operation_id="transfers_decline", request=None, responses={204: OpenApiResponse(description="It is declined.")}
    )
    def post(self, request: Request, transfer_id: int) -> Response:
        """Refuse the package; it stays where it is."""
        row = _mine(self.actor, transfer_id)
        require_token(self.actor)
        with _as_problems():
            services.decline(by=self.actor, transfer=row)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _somebody(actor: Actor) -> Actor:
    if actor.user is None:
        raise exceptions.NotAuthenticated("Sign in, or send an API token.")
    return actor


def _mine(actor: Actor, transfer_id: int) -> PackageTransfer:
    return get_object_or_404(services.incoming(_somebody(actor)), id=transfer_id)


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except services.UnknownNamespace as error:
        raise Problem(400, "namespace_unknown", str(error)) from None
    except services.AlreadyOffered as error:
        raise Problem(409, "already_offered", str(error)) from None
    except services.NameTaken as error:
        raise Problem(409, "name_taken", str(error)) from None
    except services.Over as error:
        raise Problem(409, "transfer_over", str(error)) from None
    except services.PackageGone as error:
        raise Problem(404, "not_found", str(error)) from None
