"""What a browser session has proved about its person, and when."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from hub import sso_state

_SIGNED_IN_AT = "hub.signed-in-at"


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this session has shown a second factor that its person still has. At most one query a request."""
    if not any(record.get("method") == "mfa" for record in _records(request)):
        return False
    if "hub.second_factor" not in request.META:
        rows = Authenticator.objects.filter(user=request.user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
        request.META["hub.second_factor"] = rows.exists()
    return bool(request.META["hub.second_factor"])


def signed_in_just_now(request: HttpRequest) -> bool:
    """Whether the person signed in so recently that there is no need to ask again.

    An organization's own provider does not count: whoever runs it could sign in as any of its members, and must not
    get at the account itself that way.
    """
    age = time.time() - request.session.get(_SIGNED_IN_AT, 0)
    return age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT and sso_state.confined_to(request) is None


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest, **_: Any) -> None:
    """Remember when the session began, whatever the way in."""
    request.session[_SIGNED_IN_AT] = time.time()


@receiver(authenticator_added)
def note_second_factor(request: HttpRequest, user: Any, authenticator: Authenticator, **_: Any) -> None:
    """Whoever sets a second factor up has just shown it, and need not sign in once more to be believed."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


def _records(request: HttpRequest) -> list[dict[str, Any]]:
    return get_authentication_records(request, request.user)
