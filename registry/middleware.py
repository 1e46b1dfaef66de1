"""What surrounds every request for a package."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from hub.context import actor_of
from hub.domain import slugs
from hub.middleware import moved
from registry import lookups

type Handler = Callable[[HttpRequest], HttpResponse]


def former_package_names(get_response: Handler) -> Handler:
    """Leads from a package's former name to its present one, whoever may read it. To others neither is there."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        address = _present_address(request) if response.status_code == 404 else None
        return response if address is None else moved(request, address)

    return handle


def _present_address(request: HttpRequest) -> str | None:
    match = request.resolver_match
    if match is None or not {"namespace", "name"} <= match.kwargs.keys():
        return None
    asked = slugs.normalize(match.kwargs["namespace"]), slugs.normalize(match.kwargs["name"])
    found = lookups.formerly(actor_of(request), ["/".join(asked)]).get("/".join(asked))
    if found is None or (found.namespace.slug, found.name) == asked:
        return None
    return reverse(match.view_name, kwargs={**match.kwargs, "namespace": found.namespace.slug, "name": found.name}) + (
        f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    )
