"""allauth's forms for second factors, with what the hub asks of them beyond. Set by MFA_FORMS."""

from __future__ import annotations

import struct
from typing import Any

from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from cryptography.exceptions import UnsupportedAlgorithm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from hub import totp, vault

# What reading a stranger's bytes as CBOR, keys and signatures raises where they are no such thing.
UNREADABLE = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, RecursionError, OverflowError,
    struct.error, UnsupportedAlgorithm,
)  # fmt: skip
CODE_MAX_LENGTH = 32


def refuse_unproved(user: Any) -> None:
    """Raise ValidationError unless an address of `user` is confirmed, or the account came without any.

    Whoever signed up with another's address could otherwise lock the owner of the address out for good.
    """
    addresses = EmailAddress.objects.filter(user_id=user.pk)
    if addresses.exists() and not addresses.filter(verified=True).exists():
        raise get_adapter().validation_error("unverified_email")


class AppForm(ActivateTOTPForm):
    """Sets an authenticator app up. Until that is done, its key waits in the session, sealed."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        # Not the parent's own: it would put the key into the session as it is.
        super(ActivateTOTPForm, self).__init__(*args, **kwargs)
        self.user = user
        self.secret = _kept_secret(context.request) if self.is_bound else _new_secret(context.request)
        _describe_code(self.fields["code"], _("Code that the app shows"))

    def clean_code(self) -> str:
        """A code of now or just before. One of the future could be used again to sign in."""
        refuse_unproved(self.user)
        code = super().clean_code()
        step = totp.step_of(self.secret, code)
        if step is None or step > totp.step_now():
            raise get_adapter().validation_error("incorrect_code")
        return code


class _SpendsCodes(BaseAuthenticateForm):
    """Takes the code of an app or a recovery code; each works once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _describe_code(self.fields["code"], _("Code"))
        self.fields["code"].help_text = _("From your authenticator app, or one of your recovery codes.")

    def clean_code(self) -> str:
        """The code, used up."""
        code = super().clean_code()
        app = Authenticator.Type.TOTP
        if self.authenticator.type == app and not totp.spend(self.authenticator.pk, code):
            self._emit_authentication_failed(self.authenticator)
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_SpendsCodes, AuthenticateForm):
    """The second step of signing in."""


class ProveByCodeForm(_SpendsCodes, ReauthenticateForm):
    """Proves once more who sits there."""


def unreadable_as_refused(read: Any) -> Any:
    """Call `read`; what cannot be read as a passkey's answer is an answer that is not accepted. Raises ValidationError."""
    refused = get_adapter().validation_error("passkey_refused")
    try:
        return read()
    except ValidationError as error:
        # allauth words it as a wrong code; what else it says (too many attempts) is right as it is.
        raise (refused if getattr(error, "code", "") == "incorrect_code" else error) from None
    except UNREADABLE:
        raise refused from None


def _describe_code(field: forms.Field, label: Any) -> None:
    field.label = label
    field.widget.attrs.update(
        {"inputmode": "numeric", "autocapitalize": "none", "spellcheck": "false", "maxlength": str(CODE_MAX_LENGTH)}
    )
    field.widget.attrs.pop("placeholder", None)


def _new_secret(request: HttpRequest) -> str:
    secret = generate_totp_secret()
    request.session[SECRET_SESSION_KEY] = vault.seal(secret)
    return secret


def _kept_secret(request: HttpRequest) -> str:
    try:
        return vault.unseal(request.session[SECRET_SESSION_KEY])
    except (KeyError, vault.Unreadable):
        return _new_secret(request)
