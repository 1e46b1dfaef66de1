"""The page behind a sign-in link."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hub.services import sign_in_links


@require_safe
@never_cache
def sign_in_by_link(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Sign in by a link that works once."""
    user = sign_in_links.find(uid, token)
    if user is None:
        messages.error(request, _("This sign-in link has been used or is too old. `make up` prints a new one."))
        return redirect("account_login")
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    messages.success(request, _("You are signed in as %(name)s.") % {"name": user.username})
    return redirect("home")
