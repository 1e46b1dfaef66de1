"""People's accounts."""

from __future__ import annotations

from dataclasses import replace

from django.db import IntegrityError, transaction

from hub.actors import Actor
from hub.domain import slugs
from hub.domain.actions import HubAction
from hub.domain.decisions import PermissionRefused
from hub.models import User
from hub.services import audit, namespaces
from hub.services.namespaces import NameTaken


class EmailTaken(Exception):
    """Another account has this e-mail address."""


def create(*, by: Actor, user: User) -> User:
    """Save a new `user` (username, e-mail and password are set on it) together with the namespace of that name.

    Raises InvalidName, NameTaken or EmailTaken; then nothing is stored.
    """
    user.username = slugs.check_namespace(slugs.normalize(user.username))
    user.email = slugs.normalize(user.email)
    try:
        with transaction.atomic():
            user.save()
            namespace = namespaces.claim(user.username, user=user)
            audit.record(replace(by, user=by.user or user), HubAction.ACCOUNT_CREATE, user, namespace=namespace)
    except IntegrityError:
        if User.objects.filter(email=user.email).exists():
            raise EmailTaken("An account with this e-mail address exists.") from None
        raise NameTaken(f"The name “{user.username}” is taken.") from None
    return user


def update(*, by: Actor, display_name: str) -> None:
    """Change what the actor is called beside the username; empty for the username alone. Raises PermissionRefused."""
    if by.user is None or by.token is not None:
        raise PermissionRefused("Sign in in the browser to change your account.")
    with transaction.atomic():
        # One field holds the whole name: not every name has a first and a last part.
        User.objects.filter(id=by.user.id).update(first_name=display_name, last_name="")
        data = {"display_name": display_name}
        audit.record(by, HubAction.ACCOUNT_UPDATE, by.user, namespace=by.user.namespace, data=data)
