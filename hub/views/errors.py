"""The site's error answers: a page for people, a problem document for the API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hub.api.problems import problem_response
from hub.domain.decisions import PermissionRefused

# Addresses that only programs ask for. Some of them poll what the hub does not have, and all parse whatever comes back.
PROGRAMS = ("/api/", "/ide/", "/auth/", "/registry/v1/", "/v0/", "/model-proxy/")

_DETAILS = {
    400: "The request cannot be understood.",
    403: "You may not do this.",
    404: "There is no such thing here, or you may not see it.",
    500: "Something went wrong on our side.",
}


def _answer(request: HttpRequest, status: int, reason: str = "") -> HttpResponse:
    if request.path_info.startswith(PROGRAMS):
        return problem_response(request, status, f"http_{status}", reason or _DETAILS[status])
    return render(request, f"{status}.html", {"reason": reason}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the reason of the policy that refused."""
    reason = str(exception) if isinstance(exception, PermissionRefused) else ""
    return _answer(request, 403, reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    return _answer(request, 500)
