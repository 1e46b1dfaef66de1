"""allauth's forms for passkeys. Their field `credential` holds what the browser made, filled in by static/js/passkey.js."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hub.forms.second_factors import refuse_unproved, unreadable_as_refused

CREDENTIAL_MAX_LENGTH = 20_000
NAME_MAX_LENGTH = 60


class CredentialField(forms.JSONField):
    """A browser's answer as JSON, of a size and depth that no browser exceeds."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """The parsed object. Raises ValidationError."""
        if isinstance(value, str) and len(value) > CREDENTIAL_MAX_LENGTH:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            return super().to_python(value)
        except RecursionError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> None:
        """Nothing of an answer is shown again: it is good for one try."""

    def prepare_value(self, value: Any) -> str:
        """An empty field, for the browser to fill in."""
        return ""


class AddPasskeyForm(AddWebAuthnForm):
    """Adds a passkey, or a security key that only ever comes second."""

    name = forms.CharField(label=_("Name"), required=False, max_length=NAME_MAX_LENGTH)
    credential = CredentialField(label=_("Passkey"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = _("To tell it from others: the device or the password manager that keeps it.")
        alone = self.fields["passwordless"]
        alone.label, alone.initial = _("Sign in with it alone, without a password"), True
        alone.help_text = _("The device then asks for a PIN, a fingerprint or a face.")

    def clean(self) -> dict[str, Any]:
        """What is stored is what the server reads, and nothing else that came along."""
        refuse_unproved(self.user)
        cleaned: dict[str, Any] = unreadable_as_refused(super().clean)
        if cleaned.get("credential"):
            cleaned["credential"] = unreadable_as_refused(lambda: _essence(cleaned["credential"]))
        return cleaned


class RenamePasskeyForm(EditWebAuthnForm):
    """Calls a passkey something else."""

    name = forms.CharField(label=_("Name"), max_length=NAME_MAX_LENGTH)


class _ReadsAnswers(AuthenticateWebAuthnForm):
    """Takes a browser's answer made with a passkey."""

    credential = CredentialField(label=_("Passkey"))

    def clean_credential(self) -> Authenticator:
        """The passkey that made the answer."""
        found: Authenticator = unreadable_as_refused(super().clean_credential)
        return found


class PasskeyForm(_ReadsAnswers):
    """A passkey as the second step of signing in."""


class SignInByPasskeyForm(_ReadsAnswers, LoginWebAuthnForm):
    """A passkey alone."""


class ProveByPasskeyForm(_ReadsAnswers, ReauthenticateWebAuthnForm):
    """Proves once more who sits there."""


def _essence(credential: dict[str, Any]) -> dict[str, Any]:
    """The parts of a new credential that are needed again. Raises what a wrong shape raises."""
    response, extensions = credential["response"], credential.get("clientExtensionResults") or {}
    return {
        "id": credential["rawId"],
        "rawId": credential["rawId"],
        "type": "public-key",
        "response": {name: response[name] for name in ("clientDataJSON", "attestationObject")},
        "clientExtensionResults": {"credProps": {"rk": bool((extensions.get("credProps") or {}).get("rk"))}},
    }
