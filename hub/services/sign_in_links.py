"""Links that sign somebody in once, for whoever runs the hub's machine."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.urls import reverse
from django.utils.http import base36_to_int, int_to_base36

from hub.actors import Actor
from hub.domain.actions import HubAction
from hub.domain.decisions import PermissionRefused
from hub.models import User
from hub.services import audit


class _SignInTokens(PasswordResetTokenGenerator):
    """Django's own construction: signed, dated, and void once the person has signed in or changed the password."""

    key_salt = "hub.services.sign_in_links"


_tokens = _SignInTokens()


def create(*, by: Actor, user: User) -> str:
    """A link that signs `user` in, once, within PASSWORD_RESET_TIMEOUT seconds. The act of making it is audited.

    Raises PermissionRefused for a service account.
    """
    if user.is_service:
        raise PermissionRefused("A service account cannot sign in; make a token for it.")
    with transaction.atomic():
        audit.record(by, HubAction.ACCOUNT_SIGN_IN_LINK, user, namespace=user.namespace)
    path = reverse("sign-in-link", args=[int_to_base36(user.pk), _tokens.make_token(user)])
    return f"{settings.BASE_URL}{path}"


def find(uid: str, token: str) -> User | None:
    """The person whom a link signs in, or None if it is spent, too old or made up."""
    try:
        user = User.objects.filter(pk=base36_to_int(uid), is_active=True, is_service=False).first()
    except ValueError:
        return None
    return user if user is not None and _tokens.check_token(user, token) else None
