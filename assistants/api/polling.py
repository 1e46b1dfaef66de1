"""A bundle that was asked for a moment ago, answered without the REST framework, which would take a third of the time.

Clients poll their bundle. Only what is certain to be answered alike is answered here: a token in force or nobody at all,
nothing in the query but `version` and `scope`, a decision that is remembered, room within the caller's limit. Everything
else, and every refusal, is the business of the view behind.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from assistants.api.views import bundle_answer
from assistants.services import scoping
from hub.api import throttling
from hub.api.authentication import bearer
from hub.context import actor_of, client_ip
from hub.services import tokens

type View = Callable[..., HttpResponseBase]
_QUERY = frozenset({"version", "scope"})


def polled(view: View) -> View:
    """The view of a bundle by name, asked only for what cannot be answered from memory."""

    @functools.wraps(view)
    def handle(request: HttpRequest, namespace: str, name: str) -> HttpResponseBase:
        answer = _remembered(request, namespace, name) if request.method == "GET" else None
        return answer if answer is not None else view(request, namespace=namespace, name=name)

    return handle


def _remembered(request: HttpRequest, namespace: str, name: str) -> HttpResponse | None:
    if request.GET.keys() - _QUERY or settings.SESSION_COOKIE_NAME in request.COOKIES:
        return None
    token = None
    if request.META.get("HTTP_AUTHORIZATION"):
        secret = bearer(request)
        token = tokens.find_for_reading(secret, client_ip(request)) if secret else None
        if token is None:
            return None
    user = (token.user if token else None) or AnonymousUser()
    # Whoever asks for the actor later finds here what the REST framework would have left.
    request.user, request.auth = user, token  # type: ignore[attr-defined]  # Django's requests have no “auth” of their own
    version, scope = request.GET.get("version", "latest"), request.GET.get("scope", "")
    found = scoping.remembered(actor_of(request), namespace, name, version, scope)
    # Of a window that is used up, the view behind tells the caller.
    if found is None or not throttling.RateLimit().take(request, token, user):
        return None
    answer = bundle_answer(request, name, found, scope)
    throttling.add_headers(request, answer)
    answer.headers["Allow"] = "GET, HEAD, OPTIONS"
    return answer
