"""What surrounds every request."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import ResolverMatch, reverse

from hub import shortcache
from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.policies.namespaces import belonging
from hub.services import namespaces
from hub.views import errors

type Handler = Callable[[HttpRequest], HttpResponse]
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")


def request_context(get_response: Handler) -> Handler:
    """Gives each request an id, a proxy's if it sent a usable one, and names it in the answer."""

    def handle(request: HttpRequest) -> HttpResponse:
        offered = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = offered if _REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
        request.META["hub.request_id"] = request_id
        response = get_response(request)
        response["X-Request-Id"] = request_id
        return response

    return handle


def reads_once(get_response: Handler) -> Handler:
    """Lets a request that only reads ask for somebody's role once, however many parts of the page depend on it."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return get_response(request)
        with shortcache.reading():
            return get_response(request)

    return handle


def bounded_uploads(get_response: Handler) -> Handler:
    """Refuses a form with files that says itself that it is too large; the server reads no more than was said."""

    def handle(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        is_form = request.content_type == "multipart/form-data"
        if is_form and (not length.isdecimal() or int(length) > settings.MAX_UPLOAD_BYTES):
            return errors.too_large(request)
        return get_response(request)

    return handle


def refuse_unreadable_input(get_response: Handler) -> Handler:
    """Refuses NUL characters in the path and the query: no text in PostgreSQL can hold them, so nothing can match."""

    def handle(request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("The address contains a NUL character.")
        return get_response(request)

    return handle


def former_names(get_response: Handler) -> Handler:
    """Leads from a namespace's former name to its present one.

    Only what the reader may see there is led to: to others a renamed namespace is as little there as under its new name.
    So the same view is asked under the new name first, unless the reader belongs to the namespace anyway.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        address = _present_address(request) if response.status_code == 404 else None
        return response if address is None else moved(request, address)

    return handle


def moved(request: HttpRequest, address: str) -> HttpResponse:
    """The answer that leads on to `address` for good: 308 for programs, which keeps method and body; 301 for browsers.

    No cache keeps it: who may be led on depends on who asks, and a name may be taken back.
    """
    response = HttpResponsePermanentRedirect(address)
    response.status_code = 308 if request.path_info.startswith(errors.PROGRAMS) else 301
    response["Cache-Control"] = "private, no-cache"
    return response


def _present_address(request: HttpRequest) -> str | None:
    match = request.resolver_match
    key = next((name for name in ("namespace", "slug") if match is not None and name in match.kwargs), None)
    if match is None or key is None:
        return None
    present = namespaces.renamed(match.kwargs[key])
    if present is None:
        return None
    kwargs = {**match.kwargs, key: present}
    if not _belongs(request, present) and not _shows_something(request, match, kwargs):
        return None
    query = request.META.get("QUERY_STRING", "")
    return reverse(match.view_name, kwargs=kwargs) + (f"?{query}" if query else "")


def _belongs(request: HttpRequest, slug: str) -> bool:
    return belonging(actor_of(request)).filter(slug=slug).exists()


def _shows_something(request: HttpRequest, match: ResolverMatch, kwargs: dict[str, Any]) -> bool:
    if request.method not in ("GET", "HEAD"):
        return False
    try:
        return match.func(request, *match.args, **kwargs).status_code < 400
    except (Http404, PermissionDenied, PermissionRefused, BadRequest):
        return False


class RefusalPages:
    """Answers a policy's refusal that a page did not handle itself with a 403 that gives the reason."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django's hook for what a view raised."""
        return errors.forbidden(request, exception) if isinstance(exception, PermissionRefused) else None
