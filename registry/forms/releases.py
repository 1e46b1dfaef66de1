"""Publishing, yanking."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.forms.fields import NewPackageForm, SourceField, version_field
from registry.services.releases import Notes


class ReleaseForm(forms.Form):
    """A release of a package that is there."""

    version = version_field()
    manifest = SourceField(label=_("Manifest"))
    readme = SourceField(
        label=_("README"), rows=10, required=False, help_text=_("Markdown: what it is for, when to use it.")
    )
    changelog = SourceField(label=_("Changelog"), rows=4, required=False, help_text=_("Markdown: what is different."))

    def notes(self) -> Notes:
        """The texts beside the manifest."""
        return Notes(self.cleaned_data["readme"], self.cleaned_data["changelog"])


class PackageForm(NewPackageForm, ReleaseForm):
    """A new package with its first release."""

    field_order = ("namespace", "name", "visibility", "version", "manifest", "readme", "changelog")

    def package_values(self) -> dict[str, Any]:
        """What a service needs for the package itself."""
        return {name: self.cleaned_data[name] for name in ("namespace", "name", "visibility")}


class YankForm(forms.Form):
    """Why a release is yanked."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("Shown to everybody who has this release locked."),
        widget=forms.TextInput,
    )
