"""The site's error answers: a page for people, a problem document for the API."""

from __future__ import annotations

from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hub.api.problems import problem_response
from hub.domain.decisions import PermissionRefused
from hub.lookups import ProofMissing

# Addresses that only programs ask for. Some of them poll what the hub does not have, and all parse whatever comes back.
PROGRAMS = (
    "/api/",
    "/ide/",
    "/auth/",
    "/registry/v1/",
    "/v0/",
    "/model-proxy/",
    "/identity/",
    "/.well-known/",
    "/scim/",
)

_DETAILS = {
    400: "The request cannot be understood.",
    403: "You may not do this.",
    404: "There is no such thing here, or you may not see it.",
    500: "Something went wrong on our side.",
}


def _answer(request: HttpRequest, status: int, reason: str = "", **context: object) -> HttpResponse:
    if request.path_info.startswith(PROGRAMS):
        return problem_response(request, status, f"http_{status}", reason or _DETAILS[status])
    return render(request, f"{status}.html", {"reason": reason, **context}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the reason of the policy that refused, and the way to prove what the sign-in lacks."""
    if not isinstance(exception, PermissionRefused):
        return _answer(request, 403)
    lacking = _lacking(request, exception) if isinstance(exception, ProofMissing) else {}
    return _answer(request, 403, str(exception), title=exception.title, **lacking)


def too_large(request: HttpRequest) -> HttpResponse:
    """413, for a form whose files are larger than the hub takes."""
    limit = settings.MAX_UPLOAD_BYTES // 1024**2
    return _answer(request, 413, f"Files of at most {limit} MiB are taken at a time.")


def _lacking(request: HttpRequest, missing: ProofMissing) -> dict[str, object]:
    """What 403.html needs to lead a member on who could be let in."""
    factors = Authenticator.objects.filter(user=request.user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return {
        "proof": missing.proof,
        "organization": missing.organization,
        "slug": missing.organization.namespace.slug,
        "has_factor": missing.proof == "second-factor" and factors.exists(),
        "next": urlencode({"next": request.get_full_path() if request.method in ("GET", "HEAD") else "/organizations"}),
    }


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    return _answer(request, 500)
