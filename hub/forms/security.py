"""The form of an organization's security policy."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.services.security import LONGEST_DAYS, SecurityPolicy


class SecurityForm(forms.Form):
    """What a sign-in and a token must be like to count in the organization."""

    second_factor_required = forms.BooleanField(
        label=_("Require a second factor"),
        required=False,
        help_text=_("Sessions and tokens that were begun without one have no power here. Machines are not asked."),
    )
    sso_required = forms.BooleanField(
        label=_("Require single sign-on"),
        required=False,
        help_text=_("Sessions and tokens that did not pass the organization's provider have no power here."),
    )
    token_max_days = forms.IntegerField(
        label=_("Longest life of a token, in days"),
        required=False,
        min_value=1,
        max_value=LONGEST_DAYS,
        help_text=_("Tokens made to live longer have no power here, those made before included. Empty for no limit."),
    )

    def policy(self) -> SecurityPolicy:
        """What a valid form asks for."""
        return SecurityPolicy(**self.cleaned_data)
