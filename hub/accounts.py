"""Ties allauth's sign-up and password pages to the hub's own services."""

from __future__ import annotations

import logging
import smtplib
from dataclasses import replace
from typing import Any, cast

from allauth.account import signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal import stagekit
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import Signal, receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from hub import sign_in_events, sign_in_state
from hub.actors import Actor
from hub.context import client_ip
from hub.domain import slugs
from hub.domain.actions import HubAction
from hub.models import Namespace, User
from hub.services import accounts, audit, devices, invitations, namespaces

logger = logging.getLogger(__name__)
_PROOFS = {
    "mfa_reauthenticate": _("Use a code"),
    "mfa_reauthenticate:webauthn": _("Use a passkey"),
}


class AccountAdapter(DefaultAccountAdapter):
    """Names are checked against the shared name space, and every change of an account is audited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether strangers may sign up (`HUB_SIGNUP_OPEN`). Who was invited may in any case."""
        return settings.SIGNUP_OPEN or _invited_address(request) is not None

    def clean_email(self, email: str) -> str:
        """The address in its usual form. Where only the invited sign up, it is the one that was invited."""
        email = super().clean_email(email)
        request = context.request
        if request is not None and not settings.SIGNUP_OPEN and not request.user.is_authenticated:
            invited = _invited_address(request)
            if invited is not None and email.lower() != invited:
                raise ValidationError(_("Use the address that was invited."))
        return email

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address by which allauth limits attempts to sign in: the one that the audit log names, also behind a proxy."""
        return client_ip(request) or super().get_client_ip(request)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whether to ask again before a sensitive step: not right after signing in."""
        request = context.request
        fresh = request is not None and sign_in_state.signed_in_just_now(request)
        return not fresh and super().is_reauthentication_required(app=app, **kwargs)

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """Stop every way in, whatever was proved, for accounts that are switched off and for those of machines."""
        if user.is_service:
            stagekit.clear_login(request)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The ways in which `user` can prove who it is, in the hub's words."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [{**way, "description": _PROOFS.get(way["id"], way["description"])} for way in ways]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail. A mail server that is down is the operator's to notice; what the person did has happened."""
        try:
            super().send_mail(template_prefix, email, context)
        except (smtplib.SMTPException, OSError):
            # Without the text of the error: it may quote the address, or what the mail was to say.
            logger.error("The mail server did not take a mail (%s).", template_prefix)  # noqa: TRY400  # the line above says why

    def clean_username(self, username: str, shallow: bool = False) -> str:  # noqa: FBT001, FBT002  # allauth's signature
        """A username that is free among people and organizations alike."""
        username = slugs.normalize(username)
        try:
            slugs.check_namespace(username)
        except slugs.InvalidName as error:
            raise ValidationError(str(error)) from None
        if not shallow and Namespace.objects.filter(slug=username).exists():
            raise ValidationError(f"The name “{username}” is taken.")
        return username

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:  # noqa: FBT001, FBT002
        """Create the account and its namespace together. Losing a race for the name leads back to the form."""
        user = super().save_user(request, user, form, commit=False)
        if commit:
            try:
                accounts.create(by=_actor(request), user=user)
            except (namespaces.NameTaken, accounts.EmailTaken) as error:
                messages.error(request, str(error))
                raise ImmediateHttpResponse(redirect("account_signup")) from None
        return user

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Record that somebody asked for it, then send the link. Neither happens without an account, or for a machine's."""
        if user.is_service:
            return
        sign_in_events.record_password_reset_request(self.request, user)
        super().send_password_reset_mail(user, email, context)

    def set_password(self, user: Any, password: str) -> None:
        """Store a new password and record that it changed."""
        with transaction.atomic():
            super().set_password(user, password)
            person = cast(User, user)
            by = Actor(user=person, ip_address=client_ip(self.request) if self.request else None)
            # As with browsers: who knew the old password may have signed something in with it.
            devices.end_all(by=by, user=person)
            audit.record(by, HubAction.ACCOUNT_PASSWORD_CHANGE, person, namespace=person.namespace)


@receiver([signals.email_added, signals.email_removed, signals.email_changed, signals.email_confirmed])
def audit_email(signal: Signal, request: HttpRequest, **details: Any) -> None:
    """Record what a person does with e-mail addresses. allauth tells it in no other way than by signal.

    The address itself stays out of the log. hub/urls.py opens the transaction in which deed and record are written.
    """
    address = details.get("email_address") or details["to_email_address"]
    by = replace(_actor(request), user=address.user)
    data = {"change": _EMAIL_CHANGES[signal]}
    with transaction.atomic():
        audit.record(by, HubAction.ACCOUNT_EMAIL_CHANGE, address.user, namespace=address.user.namespace, data=data)


_EMAIL_CHANGES = {
    signals.email_added: "added",
    signals.email_removed: "removed",
    signals.email_changed: "made primary",
    signals.email_confirmed: "confirmed",
}


def _invited_address(request: HttpRequest) -> str | None:
    """The address of the open invitation whose link this browser has followed."""
    secret = request.session.get(invitations.SESSION_KEY, "")
    invitation = invitations.find(secret) if secret else None
    return invitation.email if invitation is not None and not invitations.obstacle(invitation) else None


def _actor(request: HttpRequest) -> Actor:
    return Actor(request_id=request.META.get("hub.request_id", ""), ip_address=client_ip(request))
