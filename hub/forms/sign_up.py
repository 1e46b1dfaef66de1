"""allauth's sign-up form with words about what a username is here. Set by ACCOUNT_FORMS."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import SignupForm
from django.utils.translation import gettext_lazy as _

from hub.domain import slugs


class SignUpForm(SignupForm):
    """Asks for a name, an address and a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        username, email = self.fields["username"], self.fields["email"]
        username.label = _("Username")
        username.help_text = _(
            "The first part of the name of every package you publish, as in “username/package”. People and organizations"
            " share these names, and a name cannot be changed later. Lower-case letters, digits, “-”, “_” and “.”."
        )
        username.widget.attrs.update(
            autocapitalize="none", spellcheck="false", maxlength=str(slugs.NAMESPACE_MAX_LENGTH)
        )
        email.label = _("Email address")
        email.help_text = _("For signing in and for resetting your password. It is not shown to others.")
