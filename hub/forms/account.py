"""The form on a person's profile."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.forms.fields import LineField


class ProfileForm(forms.Form):
    """How a person is shown."""

    display_name = LineField(
        label=_("Display name"),
        required=False,
        max_length=150,
        help_text=_("Shown beside your username to people in your organizations."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
