"""The form that offers a package to another namespace."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.domain import slugs
from registry.forms.fields import PLAIN


class TransferForm(forms.Form):
    """Where the package is to go."""

    destination = forms.CharField(
        label=_("New namespace"),
        max_length=slugs.NAMESPACE_MAX_LENGTH,
        help_text=_("The name of a person or an organization. Somebody there has to accept."),
        widget=forms.TextInput(PLAIN),
    )
