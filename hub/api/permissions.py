"""The coarse gate before the policies: reading is open (rows are filtered), changing needs a person."""

from __future__ import annotations

from rest_framework import permissions
from rest_framework.request import Request


class ReadOrSignedIn(permissions.BasePermission):
    """Lets anonymous callers read. What they find is decided by `visible_to`."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Whether the request may reach the view."""
        return request.method in permissions.SAFE_METHODS or request.user.is_authenticated or request.auth is not None
