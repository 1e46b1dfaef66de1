"""Forking over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.problems import Problem
from hub.api.views import HubAPIView
from registry import lookups
from registry.api.errors import as_problems
from registry.api.packages import detail
from registry.api.serializers import PackageDetailOutput
from registry.models import Package, Visibility
from registry.services import forks


class ForkInput(serializers.Serializer[Any]):
    """Where the fork goes."""

    namespace = serializers.CharField(max_length=39)
    name = serializers.CharField(max_length=100)
    visibility = serializers.ChoiceField(choices=Visibility.choices, default=Visibility.PRIVATE)


class ForkView(HubAPIView):
    """Forking a package of any kind."""

    @extend_schema(operation_id="packages_fork", request=ForkInput, responses={201: PackageDetailOutput})
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Copy the latest release into a new package that remembers where it comes from."""
        return forked(self, request, lookups.package(self.actor, namespace, name))


def forked(view: HubAPIView, request: Request, upstream: Package) -> Response:
    """Fork `upstream` as the request asks, and answer with the new package."""
    asked = view.read(ForkInput, request.data)
    target = lookups.namespace_to_publish_in(view.actor, asked.pop("namespace"))
    try:
        with as_problems():
            package = forks.fork(by=view.actor, upstream=upstream, namespace=target, **asked)
    except forks.NothingToFork as error:
        raise Problem(409, "nothing_to_fork", str(error)) from None
    location = {"Location": f"/api/v1/packages/{package}"}
    return Response(detail(view, package), status.HTTP_201_CREATED, headers=location)
