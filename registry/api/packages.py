"""Packages over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from hub import keyset
from hub.api.views import HubAPIView
from registry import catalogue, changes, lookups
from registry.api import serializers as shapes
from registry.api.errors import as_problems
from registry.api.search_shapes import SearchInput, search_of
from registry.models import Package
from registry.services import packages


class PackageListView(HubAPIView):
    """All packages that the caller may read; new ones are made here."""

    @extend_schema(operation_id="packages_list", parameters=[SearchInput], responses=shapes.PackagePage)
    def get(self, request: Request) -> Response:
        """Find packages."""
        asked = self.read(SearchInput, request.query_params)
        with as_problems():
            search, cursor = search_of(asked), asked.get("cursor") or None
            if moment := asked.get("updated_since"):
                rows = changes.since(self.actor, moment, kind=search.kind, namespace=search.namespace)
                page = keyset.paginate(rows, catalogue.ORDERS["updated"], limit=asked["limit"], cursor=cursor)
            else:
                page = catalogue.look(self.actor, search, limit=asked["limit"], cursor=cursor).page
        items = shapes.PackageOutput(page.items, many=True).data
        return Response({"items": items, "next": page.next_cursor, "previous": page.previous_cursor})

    @extend_schema(
        operation_id="packages_create", request=shapes.PackageInput, responses={201: shapes.PackageDetailOutput}
    )
    def post(self, request: Request) -> Response:
        """Make a package without releases."""
        asked = self.read(shapes.PackageInput, request.data)
        namespace = lookups.namespace_to_publish_in(self.actor, asked.pop("namespace"))
        with as_problems():
            package = packages.create(by=self.actor, namespace=namespace, **asked)
        return Response(
            detail(self, package), status.HTTP_201_CREATED, headers={"Location": f"/api/v1/packages/{package}"}
        )


class PackageView(HubAPIView):
    """One package."""

    @extend_schema(operation_id="packages_read", responses=shapes.PackageDetailOutput)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """Read a package."""
        return Response(detail(self, lookups.package_to_inspect(self.actor, namespace, name)))

    @extend_schema(operation_id="packages_delete", responses={204: OpenApiResponse(description="Gone for good.")})
    def delete(self, request: Request, namespace: str, name: str) -> Response:
        """Delete a package for good. Its versions can never be published again under this name."""
        packages.delete(by=self.actor, package=lookups.package_to_inspect(self.actor, namespace, name))
        return Response(status=status.HTTP_204_NO_CONTENT)


def detail(view: HubAPIView, package: Package) -> dict[str, Any]:
    """A package with its upstream and its successor, if the reader may see them."""
    release = lookups.upstream(view.actor, package)
    upstream = release and {"package": str(release.package), "version": release.version, "digest": release.digest}
    return {
        **shapes.PackageOutput(package).data,
        "is_fork": package.is_fork,
        "upstream": upstream,
        "deprecation": shapes.deprecation_of(package, lookups.successor(view.actor, package)),
        "quarantine": shapes.quarantine_of(package),
    }
