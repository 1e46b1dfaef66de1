"""Changing and deleting a package."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.domain import slugs
from registry.forms.fields import PLAIN, visibility_field
from registry.models import Package


class SettingsForm(forms.Form):
    """What may change about a package without a release."""

    summary = forms.CharField(
        label=gettext_lazy("Summary"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("One line for lists and search."),
    )
    visibility = visibility_field()


class DeleteForm(forms.Form):
    """Asks for the package's name, so that nobody deletes by a slip."""

    confirmation = forms.CharField(
        label=gettext_lazy("Name of the package"), max_length=200, widget=forms.TextInput(PLAIN)
    )

    def __init__(self, *arguments: Any, package: Package, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.package = package
        self.fields["confirmation"].help_text = _("Type %(name)s.") % {"name": package}

    def clean_confirmation(self) -> str:
        """The full name, in any letter case."""
        typed = slugs.normalize(self.cleaned_data["confirmation"])
        if typed != str(self.package):
            raise forms.ValidationError(_("This is not the name. Type %(name)s.") % {"name": self.package})
        return typed
