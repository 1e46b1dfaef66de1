"""What a browser session has proved by single sign-on: for which organizations, and until when."""

from __future__ import annotations

import time
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

_PROVED = "hub.sso"
_CONFINED = "hub.sso-only"


def note(session: SessionBase, organization_id: int, *, seconds: int, began_session: bool) -> None:
    """Remember that the session has passed the organization's provider, for `seconds`.

    `began_session` says that nothing else was proved: such a session has power in this organization alone, because
    whoever runs the provider could have made it.
    """
    session[_PROVED] = {**session.get(_PROVED, {}), str(organization_id): time.time() + seconds}
    if began_session:
        session[_CONFINED] = organization_id


def proved(request: HttpRequest) -> frozenset[int]:
    """The ids of the organizations whose provider this session has passed and whose time is not over."""
    now = time.time()
    entries: dict[str, Any] = request.session.get(_PROVED, {})
    return frozenset(int(key) for key, until in entries.items() if until > now)


def confined_to(request: HttpRequest) -> int | None:
    """The only organization in which this session has power; None for a session that did not begin by single sign-on."""
    return request.session.get(_CONFINED)
