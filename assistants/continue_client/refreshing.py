"""`auth/refresh`: how clients that were signed in as a device renew their tokens."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST
from rest_framework.exceptions import APIException

from assistants.continue_client.views import as_message
from hub.actors import Actor
from hub.api.parsers import parse_json
from hub.context import client_ip
from hub.services import devices

# Editors drop their session when they read just these words, and try again for two minutes otherwise.
INVALID = "Invalid refresh token. Sign the device in again."


@csrf_exempt
@require_POST
@as_message
@sensitive_variables("body", "refresh_token", "pair")
def refresh(request: HttpRequest) -> HttpResponse:
    """`POST auth/refresh`: JSON whatever the content type says; no Authorization header."""
    try:
        body = parse_json(request.body)
    except APIException as error:
        return JsonResponse({"message": str(error.detail)}, status=400)
    refresh_token = body.get("refreshToken") if isinstance(body, dict) else None
    if not isinstance(refresh_token, str):
        return JsonResponse({"message": "Send {“refreshToken”: “…”}."}, status=400)
    by = Actor(request_id=request.META.get("hub.request_id", ""), ip_address=client_ip(request), source="client")
    try:
        pair = devices.refresh(by=by, refresh_token=refresh_token)
    except devices.InvalidRefreshToken:
        return JsonResponse({"message": INVALID}, status=401)
    user = pair.device.user
    return JsonResponse(
        {
            "accessToken": pair.access,
            "refreshToken": pair.refresh,
            "user": {
                "id": f"user_{user.pk}",
                "email": user.email,
                "firstName": user.first_name,
                "lastName": user.last_name,
            },
        }
    )
