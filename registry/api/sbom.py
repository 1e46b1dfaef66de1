"""Bills of materials over REST."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from hub.api import conditional
from hub.api.views import HubAPIView
from registry import bills, lookups
from registry.api.errors import as_problems
from registry.domain import canonical

MEDIA_TYPE = "application/vnd.cyclonedx+json; version=1.6"


class SbomView(HubAPIView):
    """What a release depends on, as a bill of materials."""

    @extend_schema(
        operation_id="releases_sbom", responses={(200, "application/vnd.cyclonedx+json"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, namespace: str, name: str, version: str) -> HttpResponse:
        """The bill of materials in CycloneDX 1.6. What you may not see is counted, not named."""
        with as_problems():
            release = lookups.release(lookups.package(self.actor, namespace, name), version)
        body = bills.of_release(self.actor, release)
        # What is in it depends on who asks, so nobody else may keep it.
        caching = conditional.caching(public=False)
        return conditional.answer(request, body, canonical.digest(body), MEDIA_TYPE, caching)
