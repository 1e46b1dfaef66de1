"""Keeps the list of a person's browser sessions, and ends those that the person strikes off it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from typing import Any

from allauth.core import context
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in
from django.core.cache import cache
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from hub.context import actor_of, client_ip
from hub.services import sessions as services

NOTED_EVERY_SECONDS = 300


class SessionAdapter(DefaultUserSessionsAdapter):
    """Has allauth end sessions by the hub's service, which records it. Set by USERSESSIONS_ADAPTER."""

    def end_sessions(self, sessions: Collection[UserSession]) -> None:
        """End sessions of the person who asks."""
        services.end(by=actor_of(context.request), sessions=sessions)


def note_activity(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that notes when and from where a session was last seen.

    allauth's own does so at each request, at the price of a transaction; once in five minutes says as much to a reader.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        # Pages that never looked at the session are none of its activity, and shall not pay for a look.
        if request.session.accessed and request.session.session_key and request.user.is_authenticated:
            _note(request)
        return response

    return handle


@receiver(user_logged_in)
def note_beginning(request: HttpRequest, **_: Any) -> None:
    """Put a session on the list when it begins, whatever the way in."""
    _note(request)


def _note(request: HttpRequest) -> None:
    # Keys of a cache show up in its logs, and whoever knows a session's key has the session.
    digest = hashlib.sha256(str(request.session.session_key).encode()).hexdigest()
    if cache.add(f"hub.session-noted:{digest}", 1, NOTED_EVERY_SECONDS) and client_ip(request):
        UserSession.objects.create_from_request(request)
