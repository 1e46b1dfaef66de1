"""What surrounds every request."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from hub.domain.decisions import PermissionRefused
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


def refuse_unreadable_input(get_response: Handler) -> Handler:
    """Refuses NUL characters in the path and the query: no text in PostgreSQL can hold them, so nothing can match."""

    def handle(request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("The address contains a NUL character.")
        return get_response(request)

    return handle


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
