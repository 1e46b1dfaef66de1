"""Errors in the standard's form (RFC 7644, 3.12), from every way in which a request can fail."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from pydantic import ValidationError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback
from scim2_models import Error, SCIMException

from hub.domain.decisions import PermissionRefused
from hub.domain.scim import InvalidEntry
from hub.services import scim, scim_groups
from hub.services.organizations import LastOwner

NOT_FOUND = "There is no such thing here, or you may not see it."


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook. None for an unexpected exception, which then goes to the server's own 500."""
    found = _error_of(error)
    if found is None:
        return None
    set_rollback()
    headers = {}
    if isinstance(error, exceptions.APIException):
        if challenge := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = challenge
        if wait := getattr(error, "wait", None):
            headers["Retry-After"] = str(int(wait))
    return Response(found.model_dump(), status=found.status, headers=headers)


def _error_of(error: Exception) -> Error | None:
    match error:
        case SCIMException():
            return error.to_error()
        case ValidationError():
            return Error.from_validation_errors(error)[0]
        case scim.Taken():
            return Error(status=409, scim_type="uniqueness", detail=str(error))
        case LastOwner() | scim.TooMany():
            return Error(status=409, detail=str(error))
        case scim.Stale():
            return Error(status=412, detail=str(error))
        case scim.NotHere() | Http404():
            return Error(status=404, detail=NOT_FOUND)
        case InvalidEntry() | scim_groups.UnknownMember():
            return Error(status=400, scim_type="invalidValue", detail=str(error))
        case PermissionRefused() | PermissionDenied():
            return Error(status=403, detail=str(error) or "You may not do this.")
        case RequestDataTooBig():
            return Error(status=413, detail="The body is too large.")
        case exceptions.ParseError():
            return Error(status=400, scim_type="invalidSyntax", detail=str(error.detail))
        case exceptions.APIException():
            return Error(status=error.status_code, detail=str(error.detail))
    return None
