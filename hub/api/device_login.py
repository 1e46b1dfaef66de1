"""OAuth 2.0 for devices: RFC 8628 (codes and tokens), RFC 7009 (revocation), RFC 8414 (the metadata that leads there).

These are no part of the REST API: requests are forms, errors are `{"error": …}`, as the RFCs want it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe
from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from hub.actors import Actor
from hub.context import client_ip
from hub.domain.devices import CODE_LIFE, SCOPES
from hub.oauth import server
from hub.services import device_requests

RATE = {"device_code": "30/m/ip"}

type View = Callable[[HttpRequest], HttpResponse]


def oauth(view: View) -> View:
    """A form in, JSON out, errors in OAuth's words. No cookie counts here, so nothing can be forged with one."""

    @csrf_exempt
    @require_POST
    @sensitive_post_parameters()
    @wraps(view)
    def handle(request: HttpRequest) -> HttpResponse:
        try:
            response = view(request)
        except OAuth2Error as error:
            response = HttpResponse(error.json, status=error.status_code)
        response["Content-Type"] = "application/json"
        response["Cache-Control"] = "no-store"
        return response

    return handle


@oauth
@sensitive_variables("codes")
def device_code(request: HttpRequest) -> HttpResponse:
    """A code for the client to ask with, and one for the person to type."""
    if not ratelimit.consume(request, app="hub", action="device_code", config=RATE):
        return _unavailable("You ask for too many codes. Wait a minute.", 429)
    by = _actor(request)
    client, scopes = server.device_authorization(request, by)
    name = request.POST.get("device_name") or request.headers.get("User-Agent", "").partition(" ")[0]
    try:
        codes = device_requests.ask(by=by, client=client, name=name, scopes=scopes)
    except device_requests.Busy as error:
        return _unavailable(str(error), 503)
    page = settings.BASE_URL + reverse("device")
    return JsonResponse(
        {
            "device_code": codes.device_code,
            "user_code": codes.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?code={codes.user_code}",
            "expires_in": int(CODE_LIFE.total_seconds()),
            "interval": codes.request.interval,
            "scope": " ".join(scopes),
        }
    )


@oauth
def token(request: HttpRequest) -> HttpResponse:
    """Tokens for a device code that was confirmed, or for a refresh token."""
    return server.token_response(request, _actor(request))


@oauth
def revoke(request: HttpRequest) -> HttpResponse:
    """Sign the device out whose token this is."""
    return server.revocation_response(request, _actor(request))


@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """What clients find the other addresses by. Anybody may read it."""
    base = settings.BASE_URL
    body = {
        "issuer": base,
        "device_authorization_endpoint": base + reverse("oauth-device-code"),
        "token_endpoint": base + reverse("oauth-token"),
        "revocation_endpoint": base + reverse("oauth-revoke"),
        "grant_types_supported": list(server.GRANTS),
        "response_types_supported": [],
        "scopes_supported": [str(scope) for scope in SCOPES],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "service_documentation": f"{base}/api/docs",
    }
    return JsonResponse(body, headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600"})


def _actor(request: HttpRequest) -> Actor:
    """Nobody yet: whose device it is, the services find out from the token."""
    return Actor(request_id=request.META.get("hub.request_id", ""), ip_address=client_ip(request), source="client")


def _unavailable(why: str, status: int) -> HttpResponse:
    body = {"error": "temporarily_unavailable", "error_description": why}
    return JsonResponse(body, status=status, headers={"Retry-After": "60"})
