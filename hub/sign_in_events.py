"""Writes into the audit log how people sign in and out. Django and allauth tell it in no other way than by signal.

A receiver that fails makes the request fail, and a failed request keeps no session: who cannot be recorded is not let in.
`one_transaction` undoes what an unrecorded change of a second factor would leave behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver

from hub.actors import Actor
from hub.context import client_ip
from hub.domain.actions import HubAction
from hub.models import User
from hub.services import audit

_CHANGES = {HubAction.AUTHENTICATOR_ADD, HubAction.AUTHENTICATOR_REMOVE}


@receiver(user_logged_in)
def record_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    """A session began. What was shown for it: a password, a passkey, a code, a provider's word."""
    records = get_authentication_records(request, user) if hasattr(request, "session") else []
    methods = [str(record.get("provider") or record.get("type") or record.get("method")) for record in records]
    _record(request, HubAction.SESSION_CREATE, user, by=user, data={"with": methods})


@receiver(user_logged_out)
def record_sign_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Somebody signed out, or was signed out."""
    if user is not None:
        _record(request, HubAction.SESSION_DELETE, user, by=user)


@receiver(user_login_failed)
def record_refusal(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """A password was wrong. A name that belongs to no account is not kept: people type passwords into the wrong field."""
    typed = str(credentials.get("email") or credentials.get("username") or "").lower()
    user = User.objects.filter(Q(username=typed) | Q(email=typed)).first() if typed and "\0" not in typed else None
    _record(request, HubAction.SESSION_REFUSE, user, data={"at": "password", "account": user is not None})


@receiver(mfa_signals.authentication_failed)
def record_wrong_code(request: HttpRequest, user: User, **details: Any) -> None:
    """A second factor was wrong."""
    kind = getattr(details.get("authenticator"), "type", "")
    _record(request, HubAction.SESSION_REFUSE, user, data={"at": "second factor", "type": kind})


@receiver(mfa_signals.authenticator_used)
def record_use(request: HttpRequest, user: User, authenticator: Authenticator, **details: Any) -> None:
    """A second factor was right: for signing in, or `again` before a dangerous step."""
    data = {"type": authenticator.type, "again": bool(details.get("reauthenticated"))}
    _record(request, HubAction.AUTHENTICATOR_USE, user, by=user, data=data)


@receiver(post_save, sender=Authenticator)
def record_new_authenticator(instance: Authenticator, *, created: bool, **_: Any) -> None:
    """A second factor came. allauth's own signal comes after the commit, when there is nothing left to undo."""
    if created:
        _record_change(HubAction.AUTHENTICATOR_ADD, instance)


@receiver(post_delete, sender=Authenticator)
def record_gone_authenticator(instance: Authenticator, **_: Any) -> None:
    """A second factor went."""
    _record_change(HubAction.AUTHENTICATOR_REMOVE, instance)


def _record_change(action: HubAction, authenticator: Authenticator) -> None:
    """What a second factor consists of stays out of the log."""
    request = context.request
    user = User.objects.filter(pk=authenticator.user_id).select_related("namespace").first()
    by = request.user if request is not None and isinstance(request.user, User) else None
    _record(request, action, user, by=by, data={"type": authenticator.type})


def record_password_reset_request(request: HttpRequest | None, user: User) -> None:
    """Somebody asked for a link to set a new password of `user`."""
    _record(request, HubAction.PASSWORD_RESET_REQUEST, user)


def one_transaction(patterns: Iterable[URLPattern | URLResolver]) -> None:
    """Put each view of `patterns` into a transaction: allauth changes second factors first, and signals by itself afterwards."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            one_transaction(pattern.url_patterns)
        else:
            pattern.callback = transaction.atomic(pattern.callback)


def _record(
    request: HttpRequest | None,
    action: HubAction,
    user: User | None,
    *,
    by: User | None = None,
    data: dict[str, object] | None = None,
) -> None:
    """One event about `user` (None: an account that does not exist) in the user's own namespace."""
    actor = Actor(
        user=by,
        request_id=request.META.get("hub.request_id", "") if request else "",
        ip_address=client_ip(request) if request else None,
        source="browser" if request else "",
    )
    target = user or User(username="unknown account")
    write = audit.record if action in _CHANGES else audit.record_read
    with transaction.atomic():
        write(actor, action, target, namespace=getattr(user, "namespace", None), data=data)
