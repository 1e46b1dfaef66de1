"""The keys of receipts, at an address that everybody knows."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from assistants.services import receipts

MINUTES = 5


@require_safe
def key_set(request: HttpRequest) -> JsonResponse:
    """`/.well-known/hub-keys.json`: every key that signed receipts, the revoked ones too. Kept for minutes, no longer."""
    response = JsonResponse(receipts.key_set(), json_dumps_params={"indent": 2})
    response["Cache-Control"] = f"public, max-age={MINUTES * 60}"
    return response
