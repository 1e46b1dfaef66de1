"""Errors as `application/problem+json` (RFC 9457), from every way in which a request can fail.

`type` is `about:blank`-like but named: `urn:assistant-hub:problem:{code}`, so that clients can tell errors apart
without reading English. Faults with a place (a line of a manifest) are listed under `errors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from hub.domain.decisions import PermissionRefused

MEDIA_TYPE = "application/problem+json"
type Faults = Sequence[dict[str, Any]]

TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Not valid",
    429: "Too many requests",
    500: "Internal error",
}


class Problem(exceptions.APIException):
    """An error that a view words itself. `errors` lists faults with their places."""

    def __init__(self, status: int, code: str, detail: str, errors: Faults = (), **extra: Any) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.errors = list(errors)
        self.extra = extra


def document(status: int, code: str, detail: str, errors: Faults = (), **extra: Any) -> dict[str, Any]:
    """The body of a problem answer."""
    body = {
        "type": f"urn:assistant-hub:problem:{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
    }
    return body | ({"errors": list(errors)} if errors else {}) | extra


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook. None for an unexpected exception, which then goes to the server's own 500."""
    problem = _problem_of(error)
    if problem is None:
        return None
    set_rollback()
    headers = {}
    if isinstance(error, exceptions.APIException):
        if challenge := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = challenge
        if wait := getattr(error, "wait", None):
            headers["Retry-After"] = str(int(wait))
    response = Response(problem, status=problem["status"], headers=headers)
    response.content_type = MEDIA_TYPE
    return response


def _problem_of(error: Exception) -> dict[str, Any] | None:
    match error:
        case Problem():
            return document(error.status_code, error.code, str(error.detail), error.errors, **error.extra)
        case Http404():
            return document(404, "not_found", "There is no such thing here, or you may not see it.")
        case RequestDataTooBig():
            return document(413, "too_large", f"The body is larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")
        case PermissionRefused() | PermissionDenied():
            refused = error.code if isinstance(error, PermissionRefused) else "not_allowed"
            return document(403, refused, str(error) or "You may not do this.")
        case exceptions.ValidationError():
            faults = _field_faults(error.detail)
            return document(
                400, "invalid", faults[0]["message"] if len(faults) == 1 else "Some fields are not valid.", faults
            )
        case exceptions.APIException():
            code = error.get_codes()
            return document(error.status_code, code if isinstance(code, str) else "error", str(error.detail))
    return None


def _field_faults(detail: Any, path: str = "") -> list[dict[str, Any]]:
    """DRF's nested error detail as a flat list of {field, message}."""
    if isinstance(detail, dict):
        return [
            fault
            for key, value in detail.items()
            for fault in _field_faults(value, f"{path}.{key}" if path else str(key))
        ]
    if isinstance(detail, list):
        return [fault for value in detail for fault in _field_faults(value, path)]
    return [{"field": path, "message": str(detail)}]


def problem_response(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    """A problem answer outside DRF, for the site's own error pages when the API is asked."""
    return JsonResponse(document(status, code, detail), status=status, content_type=MEDIA_TYPE)
