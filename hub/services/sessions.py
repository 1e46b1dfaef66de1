"""Browser sessions, ended from afar."""

from __future__ import annotations

from collections.abc import Collection

from allauth.usersessions.models import UserSession
from django.db import transaction

from hub.actors import Actor
from hub.domain.actions import HubAction
from hub.domain.browsers import browser_name
from hub.domain.decisions import PermissionRefused
from hub.services import audit


def end(*, by: Actor, sessions: Collection[UserSession]) -> None:
    """Sign the actor out where `sessions` run; the next request from there is a stranger's. Raises PermissionRefused."""
    if by.user is None or not by.is_person_in_browser or any(session.user_id != by.user.id for session in sessions):
        raise PermissionRefused("Only whose sessions they are ends them, in the browser.")
    with transaction.atomic():
        for session in sessions:
            data = {"browser": browser_name(session.user_agent), "address": session.ip}
            audit.record(by, HubAction.SESSION_END, by.user, namespace=by.user.namespace, data=data)
            session.end()
