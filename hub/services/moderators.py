"""Who moderates the hub: named by whoever runs its machine, and by nobody else."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from hub.actors import Actor
from hub.domain.actions import HubAction
from hub.domain.decisions import PermissionRefused
from hub.models import Namespace, User
from hub.services import audit


class NotAPerson(ValueError):
    """A machine cannot moderate."""


def appoint(*, by: Actor, user: User) -> bool:
    """Make a person a moderator. Returns whether this call did it. Raises PermissionRefused or NotAPerson."""
    if user.is_service:
        raise NotAPerson("A service account cannot moderate. Name a person.")
    return _set(by, user, moderates=True)


def dismiss(*, by: Actor, user: User) -> bool:
    """Make a person a moderator no longer; what they imposed stays. Returns whether this call did it.

    Raises PermissionRefused.
    """
    return _set(by, user, moderates=False)


def everybody() -> QuerySet[User]:
    """All moderators, by name."""
    return User.objects.filter(is_moderator=True).order_by("username")


def _set(by: Actor, user: User, *, moderates: bool) -> bool:
    if by.source != "command" or by.user is not None or by.token is not None:
        raise PermissionRefused("Only whoever runs the hub's machine names moderators.")
    action = HubAction.MODERATOR_CREATE if moderates else HubAction.MODERATOR_DELETE
    with transaction.atomic():
        changed = User.objects.filter(id=user.id, is_moderator=not moderates).update(is_moderator=moderates)
        if changed:
            audit.record(by, action, user, namespace=Namespace.objects.filter(user=user).first())
    return bool(changed)
