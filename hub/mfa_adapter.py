"""Ties allauth's second factors to the hub: how they are named, and how their secrets are kept. Set by MFA_ADAPTER."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub import vault

SITE_NAME = "Assistant Hub"


class SecondFactorAdapter(DefaultMFAAdapter):
    """What the database holds of a second factor is of no use without the vault's key."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        # One sentence for both, so that nobody learns that a guess was right but late.
        "incorrect_code": gettext_lazy("This code is wrong, or was used before. Wait for the next one and type that."),
        "passkey_refused": gettext_lazy("This passkey was not accepted. Try again, or choose another way."),
        "unverified_email": gettext_lazy(
            "Confirm your email address first. Otherwise nobody knows whose account this is."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Seal an app's key, or the seed of recovery codes."""
        return vault.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open what `encrypt` sealed. Raises `vault.Unreadable`."""
        return vault.unseal(encrypted_text)

    def get_totp_issuer(self) -> str:
        """The name that an app lists: with the host, for those who use two hubs."""
        return f"{SITE_NAME} ({urlsplit(settings.BASE_URL).hostname})"

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        """A name to start from: “Passkey”, then “Passkey 2”."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey") if number == 1 else _("Passkey %(number)d") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """For whom a passkey is made: this host, without the port."""
        return {"id": host_of(context.request), "name": SITE_NAME}


def host_of(request: HttpRequest) -> str:
    """The name in the browser's address bar, without the port."""
    return split_domain_port(request.get_host())[0]


def passkey_obstacle(request: HttpRequest) -> str:
    """Why no browser would use a passkey at the address that it is at, in a sentence; empty if it would."""
    host = host_of(request)
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "" if request.is_secure() or host == "localhost" else _("Passkeys need an encrypted connection (https).")
    return _("Passkeys are tied to a name, and this site is open under a number, %(host)s. Open it under its name.") % {
        "host": host
    }
