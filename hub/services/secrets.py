"""People's secrets: kept encrypted, given only to their owner's clients."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from hub import vault
from hub.actors import Actor
from hub.domain import slugs
from hub.domain.actions import HubAction
from hub.domain.decisions import PermissionRefused
from hub.models import Namespace, UserSecret
from hub.policies import namespaces
from hub.services import audit

NAME_PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
VALUE_MAX_LENGTH = 8192
MAX_ALLOWED_NAMESPACES = 50
# What a box says of a secret without giving it out.
FOUND, NOT_ALLOWED, MISSING = "yours", "not-allowed", "missing"


class InvalidSecret(ValueError):
    """The name or the value cannot be used; the message says why without repeating the value."""


class UnknownNamespace(ValueError):
    """A namespace that nobody holds. Its name could be taken later, by somebody who must not get the secret."""


def put(*, by: Actor, name: str, value: str, allowed_namespaces: Iterable[str] = ()) -> UserSecret:
    """Keep or replace a secret of the actor. Raises PermissionRefused, InvalidSecret or UnknownNamespace."""
    if by.user is None or by.token is not None:
        raise PermissionRefused("Sign in in the browser to keep secrets.")
    if not NAME_PATTERN.fullmatch(name):
        raise InvalidSecret("A secret's name has only letters, digits and “_”, and does not start with a digit.")
    if not value or len(value) > VALUE_MAX_LENGTH or not value.isascii() or not value.isprintable():
        raise InvalidSecret(f"A secret is 1 to {VALUE_MAX_LENGTH} printable ASCII characters on one line.")
    allowed = _existing(allowed_namespaces)
    with transaction.atomic():
        secret, created = UserSecret.objects.update_or_create(
            user=by.user,
            name=name,
            defaults={"ciphertext": vault.box().encrypt(value.encode()), "allowed_namespaces": allowed},
        )
        data = {"name": name, "new": created, "allowed_namespaces": allowed}
        audit.record(by, HubAction.SECRET_SET, secret, namespace=by.user.namespace, data=data)
    return secret


def allow(*, by: Actor, secret: UserSecret, allowed_namespaces: Iterable[str]) -> None:
    """Change who else's assistants may ask for a secret of the actor; its value stays.

    Raises PermissionRefused, InvalidSecret or UnknownNamespace.
    """
    if by.user is None or secret.user_id != by.user.id or by.token is not None:
        raise PermissionRefused("Only its owner decides about a secret.")
    allowed = _existing(allowed_namespaces)
    with transaction.atomic():
        UserSecret.objects.filter(id=secret.id).update(allowed_namespaces=allowed, updated_at=timezone.now())
        data = {"name": secret.name, "new": False, "allowed_namespaces": allowed}
        audit.record(by, HubAction.SECRET_SET, secret, namespace=by.user.namespace, data=data)


def delete(*, by: Actor, secret: UserSecret) -> None:
    """Forget a secret of the actor. Raises PermissionRefused."""
    if by.user is None or secret.user_id != by.user.id or by.token is not None:
        raise PermissionRefused("Only its owner deletes a secret.")
    with transaction.atomic():
        audit.record(by, HubAction.SECRET_DELETE, secret, namespace=by.user.namespace, data={"name": secret.name})
        secret.delete()


@dataclass(frozen=True)
class SecretBox:
    """One person's secrets for one request, decrypted only when asked for by an assistant that may have them."""

    rows: dict[str, UserSecret]
    trusted: frozenset[str]

    def value(self, name: str, *, namespace: str) -> str | None:
        """The secret `name` for an assistant of `namespace`; None if there is none or it is not meant for that namespace."""
        row = self.rows.get(name)
        if row is None or self.state(name, namespace=namespace) != FOUND:
            return None
        return vault.box().decrypt(bytes(row.ciphertext)).decode()

    def state(self, name: str, *, namespace: str) -> str:
        """Whether `value` would give something: FOUND, NOT_ALLOWED or MISSING. Nothing is decrypted."""
        row = self.rows.get(name)
        if row is None:
            return MISSING
        return FOUND if namespace in self.trusted or namespace in row.allowed_namespaces else NOT_ALLOWED


def open_box(actor: Actor) -> SecretBox:
    """The secrets of the actor, for assistants of namespaces that count for this sign-in. At most two queries."""
    user = actor.reader
    rows = {row.name: row for row in UserSecret.objects.filter(user=user)} if user else {}
    trusted = namespaces.belonging(actor).values_list("slug", flat=True) if rows else ()
    return SecretBox(rows, frozenset(trusted))


def _existing(wanted: Iterable[str]) -> list[str]:
    """The names in their stored form, sorted, each known to belong to somebody."""
    names = sorted({slugs.normalize(slug) for slug in wanted if slug.strip()})
    if len(names) > MAX_ALLOWED_NAMESPACES:
        raise InvalidSecret(f"A secret is shared with at most {MAX_ALLOWED_NAMESPACES} namespaces.")
    unknown = set(names).difference(Namespace.objects.filter(slug__in=names).values_list("slug", flat=True))
    if unknown:
        raise UnknownNamespace(f"There is no namespace “{min(unknown)}” here.")
    return names
