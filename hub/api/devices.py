"""Signed-in devices over REST: a person's own in the browser's session, or the device that asks."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset
from hub.actors import Actor
from hub.api import lists
from hub.api.views import HubAPIView
from hub.policies import devices as policies
from hub.services import devices as services

NEWEST = keyset.Order("devices", ("-created_at", "-id"))


class DeviceItem(serializers.Serializer[Any]):
    """A signed-in device."""

    id = serializers.IntegerField()
    name = serializers.CharField(help_text="What the client calls itself.")
    client = serializers.CharField(help_text="The client's id, such as `ahub-cli`.")
    scopes = serializers.ListField(child=serializers.CharField())
    organization = serializers.CharField(
        source="organization.namespace.slug", allow_null=True, default=None, help_text="The only one it reaches."
    )
    created_at = serializers.DateTimeField(help_text="When it was signed in.")
    refreshed_at = serializers.DateTimeField(help_text="When it last renewed its tokens.")
    expires_at = serializers.DateTimeField(help_text="When it is out unless it renews them.")
    ip_address = serializers.IPAddressField(allow_null=True, help_text="From where it did.")


class DevicePage(serializers.Serializer[Any]):
    """A page of devices, newest first."""

    items = DeviceItem(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class MyDevicesView(HubAPIView):
    """The caller's devices."""

    @extend_schema(operation_id="me_devices", parameters=[lists.PlaceInput], responses=DevicePage)
    def get(self, request: Request) -> Response:
        """List your signed-in devices, signed in in the browser. A device is shown itself alone."""
        asked = self.read(lists.PlaceInput, request.query_params)
        rows = policies.visible_to(_known(self.actor)).signed_in().select_related("organization__namespace")
        return Response(lists.body_of(lists.page_of(rows, NEWEST, asked), DeviceItem))


class MyDeviceView(HubAPIView):
    """One device of the caller."""

    @extend_schema(operation_id="me_devices_end", responses={204: OpenApiResponse(description="It is signed out.")})
    def delete(self, request: Request, device_id: int) -> Response:
        """Sign a device of yours out. A device may sign itself out in this way, and no other."""
        device = get_object_or_404(policies.visible_to(_known(self.actor)).select_related("user"), id=device_id)
        services.end(by=self.actor, device=device)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _known(actor: Actor) -> Actor:
    if actor.user is None:
        raise exceptions.NotAuthenticated("Sign in, or send the token of a device.")
    return actor
