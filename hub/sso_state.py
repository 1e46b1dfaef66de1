"""What a browser session has proved by single sign-on: for which organizations, and until when."""

from __future__ import annotations

import time
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest

from hub.models import SsoConnection

_PROVED = "hub.sso"
_CONFINED = "hub.sso-only"
_WAITING = "hub.sso-waiting"
_WAIT_SECONDS = 600


def note(session: SessionBase, organization_id: int, *, seconds: int, began_session: bool) -> None:
    """Remember that the session has passed the organization's provider, for `seconds`.

    `began_session` says that nothing else was proved: such a session has power in this organization alone, because
    whoever runs the provider could have made it.
    """
    session[_PROVED] = {**session.get(_PROVED, {}), str(organization_id): time.time() + seconds}
    if began_session:
        session[_CONFINED] = organization_id


def note_on_sign_in(session: SessionBase, organization_id: int, *, user_id: int, seconds: int) -> None:
    """Remember it as soon as `user_id` is signed in, which may take a second factor yet."""
    until = time.time() + _WAIT_SECONDS
    session[_WAITING] = {"user": user_id, "organization": organization_id, "seconds": seconds, "until": until}


def proved(request: HttpRequest) -> frozenset[int]:
    """The ids of the organizations whose provider this session has passed, as far as that still counts.

    It does not after its time, once the provider is switched off, or once the person's identity there is unlinked. At most
    one query a request, and none for sessions that have passed no provider.
    """
    now = time.time()
    entries: dict[str, Any] = request.session.get(_PROVED, {})
    passed = frozenset(int(key) for key, until in entries.items() if until > now)
    if not passed:
        return passed
    if "hub.sso" not in request.META:
        request.META["hub.sso"] = live(request.user.pk)
    return passed & request.META["hub.sso"]


def live(user_id: int | None) -> frozenset[int]:
    """The organizations at whose enabled provider the person has an identity now. One query."""
    identities = SocialAccount.objects.filter(user=user_id).values("provider")
    rows = SsoConnection.objects.filter(is_enabled=True, key__in=identities)
    return frozenset(rows.values_list("organization", flat=True))


def confined_to(request: HttpRequest) -> int | None:
    """The only organization in which this session has power; None for a session that did not begin by single sign-on."""
    return request.session.get(_CONFINED)


@receiver(user_logged_in)
def take_up(request: HttpRequest, user: Any, **_: Any) -> None:
    """A sign-in that began at a provider is complete: note it, if it is that person's, and for nobody else."""
    waiting = request.session.pop(_WAITING, None)
    if waiting is not None and waiting["user"] == user.pk and waiting["until"] > time.time():
        note(request.session, waiting["organization"], seconds=waiting["seconds"], began_session=True)
