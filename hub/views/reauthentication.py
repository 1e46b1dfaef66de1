"""Asks people once more who they are, before a step that a borrowed browser must not take.

What was sent is kept sealed in the session meanwhile and carried out afterwards, so that nobody types it twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY, is_reauthentication_required
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import resolve, reverse

from hub import vault

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]
READING = ("GET", "HEAD", "OPTIONS")


def reauthenticated[**P](view: View[P]) -> View[P]:
    """Before `view` changes anything, have the person prove again who sits there; reading stays as it is.

    Signing in counts for ACCOUNT_REAUTHENTICATION_TIMEOUT. Comes after `personal`: it is for people who are signed in.
    """

    @wraps(view)
    def asking(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method in READING or not is_reauthentication_required(request, app="hub"):
            return view(request, *args, **kwargs)
        return _ask(request)

    return asking


def _ask(request: HttpRequest) -> HttpResponse:
    here = request.get_full_path()
    kept = {"method": request.method, "path": here, "form": request.POST.urlencode(), "at": time.time()}
    # allauth would keep the form as it is, with the secrets that it may hold, in the table of sessions.
    request.session[STATE_SESSION_KEY] = {
        "callback": f"{__name__}.{resume.__name__}",
        "state": vault.seal(json.dumps(kept)),
    }
    way = get_adapter(request).get_reauthentication_methods(request.user)[0]["url"]
    return HttpResponseRedirect(f"{way}?{urlencode({'next': here})}")


def resume(request: HttpRequest, state: str) -> HttpResponse:
    """Do what the person wanted; allauth calls this when they have proved who they are.

    Only what the page that asked was about is done: not something that was left lying, for which another proof was meant.
    """
    wanted = get_next_redirect_url(request)
    kept = _opened(state)
    if kept is None or kept["path"] != wanted:
        return HttpResponseRedirect(wanted or reverse("home"))
    address = urlsplit(kept["path"])
    request.method = kept["method"]
    request.path = request.path_info = address.path
    request.GET = QueryDict(address.query)
    request.POST = QueryDict(kept["form"])
    request.resolver_match = match = resolve(address.path)
    answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return answer


def _opened(state: str) -> dict[str, Any] | None:
    try:
        kept: dict[str, Any] = json.loads(vault.unseal(state))
    except vault.Unreadable:
        return None
    return kept if time.time() - kept["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT else None
