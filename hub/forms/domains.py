"""The form that claims a domain."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.domain.domain_names import MAX_LENGTH


class DomainForm(forms.Form):
    """Which domain."""

    domain = forms.CharField(
        label=_("Domain"),
        max_length=MAX_LENGTH,
        help_text=_("Such as “example.com”. You show that it is yours in the next step."),
        widget=forms.TextInput({"spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}),
    )
