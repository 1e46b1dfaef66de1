"""API tokens: making, recognising and revoking them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from hub import shortcache
from hub.actors import Actor
from hub.domain import tokens as domain
from hub.domain.actions import HubAction, Scope
from hub.domain.decisions import PermissionRefused
from hub.models import ApiToken
from hub.services import audit

# The time of last use is for people to read. Writing it more often would make every fetch a write.
LAST_USED_PRECISION = timedelta(minutes=1)


@dataclass(frozen=True)
class NewToken:
    """A token just made. `secret` exists nowhere else and is shown once."""

    token: ApiToken
    secret: str


def create(*, by: Actor, name: str, scopes: Iterable[str], expires_at: datetime | None = None) -> NewToken:
    """Make a token for the actor. Raises PermissionRefused for anonymous actors and for tokens (a token makes no tokens),
    and ValueError for an unknown scope or none.
    """
    if by.user is None or by.token is not None:
        raise PermissionRefused("Sign in in the browser to create a token.")
    wanted = sorted({str(Scope(scope)) for scope in scopes})
    if not wanted:
        raise ValueError("A token needs at least one scope.")
    secret = domain.generate()
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=by.user,
            name=name,
            digest=domain.digest(secret),
            hint=secret[-4:],
            scopes=wanted,
            expires_at=expires_at,
        )
        audit.record(by, HubAction.TOKEN_CREATE, token, namespace=by.user.namespace, data={"scopes": wanted})
    return NewToken(token, secret)


def revoke(*, by: Actor, token: ApiToken) -> bool:
    """End a token of the actor at once. Returns whether this call ended it. Raises PermissionRefused."""
    if by.user is None or token.user_id != by.user.id or by.token is not None:
        raise PermissionRefused("Only its owner revokes a token.")
    with transaction.atomic():
        ended = ApiToken.objects.filter(id=token.id, revoked_at=None).update(revoked_at=timezone.now())
        if ended:
            audit.record(by, HubAction.TOKEN_REVOKE, token, namespace=by.user.namespace)
    return bool(ended)


def find(secret: str) -> ApiToken | None:
    """The token in force whose secret this is, with its person loaded, else None. One query; a use is noted once a minute."""
    if not domain.is_well_formed(secret):
        return None
    token = ApiToken.objects.in_force().select_related("user").filter(digest=domain.digest(secret)).first()
    if token is not None:
        _note_use(token)
    return token


def find_for_reading(secret: str) -> ApiToken | None:
    """As `find`, but the answer may be up to `shortcache.TTL` seconds old (an expiry is seen at once)."""
    key = ("token", domain.digest(secret))
    token = shortcache.decisions.get(key, lambda: find(secret))
    return token if token is not None and not token.is_expired() else None


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    stale = now - LAST_USED_PRECISION
    if token.last_used_at is None or token.last_used_at < stale:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=stale)
        ApiToken.objects.filter(unnoted, id=token.id).update(last_used_at=now)
