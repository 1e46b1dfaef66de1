"""Publishing, yanking."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.domain.files import FilesRefused, FileTree, text_of
from registry.domain.fixes import Fix
from registry.forms.fields import ArchiveField, NewPackageForm, SourceField, version_field
from registry.forms.refusals import in_words
from registry.kinds import Kind
from registry.services.releases import Notes


def fix_field(**options: Any) -> forms.CharField:
    """A field for what a release mends."""
    return forms.CharField(max_length=500, widget=forms.TextInput, **options)


def security_field() -> forms.BooleanField:
    """Whether what a release mends is a weakness."""
    return forms.BooleanField(label=_("It mends a weakness that somebody could use"), required=False)


class ReleaseForm(forms.Form):
    """A release of a package that is there. A kind that is a folder may be handed in as an archive."""

    version = version_field()
    archive = ArchiveField()
    manifest = SourceField(label=_("Manifest"))
    readme = SourceField(
        label=_("README"), rows=10, required=False, help_text=_("Markdown: what it is for, when to use it.")
    )
    changelog = SourceField(label=_("Changelog"), rows=4, required=False, help_text=_("Markdown: what is different."))
    fixes = fix_field(
        label=_("Fixes"),
        required=False,
        help_text=_("If it mends something, what, in one line. Those who publish in forks are told."),
    )
    security = security_field()

    def __init__(self, *arguments: Any, kind: Kind, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.kind = kind
        if kind.takes_files:
            self.fields["manifest"].label = kind.main_file
            self.fields["manifest"].required = False
            self.fields["manifest"].help_text = _("For a folder of this one file. An archive brings its own.")
        else:
            del self.fields["archive"]

    def clean(self) -> dict[str, Any]:
        """The manifest out of the archive, if there is one."""
        cleaned = super().clean() or self.cleaned_data
        files: FileTree | None = cleaned.get("archive")
        if files is not None:
            try:
                cleaned["manifest"] = text_of(files, self.kind.main_file)
            except FilesRefused as refused:
                self.add_error("archive", [in_words(fault) for fault in refused.faults])
        elif not cleaned.get("manifest") and "manifest" not in self.errors and "archive" not in self.errors:
            self.add_error("manifest", _("Hand in an archive, or write the file here."))
        return cleaned

    def content(self) -> dict[str, Any]:
        """What a service needs for the release."""
        values = {name: self.cleaned_data[name] for name in ("version", "manifest")}
        return values | {"notes": self.notes(), "files": self.cleaned_data.get("archive")}

    def fix(self) -> Fix | None:
        """What the release mends."""
        said = self.cleaned_data
        return Fix(said["fixes"], said["security"]) if said["fixes"] else None

    def notes(self) -> Notes:
        """The texts beside the manifest."""
        return Notes(self.cleaned_data["readme"], self.cleaned_data["changelog"])


class PackageForm(NewPackageForm, ReleaseForm):
    """A new package with its first release."""

    field_order = ("namespace", "name", "visibility", "version", "archive", "manifest", "readme", "changelog")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # A first release mends nothing.
        del self.fields["fixes"], self.fields["security"]

    def package_values(self) -> dict[str, Any]:
        """What a service needs for the package itself."""
        return {name: self.cleaned_data[name] for name in ("namespace", "name", "visibility")}


class FixForm(forms.Form):
    """What a release mends."""

    fixes = fix_field(
        label=_("What it mends"), help_text=_("One line, shown beside the release and to those who publish in forks.")
    )
    security = security_field()

    def fix(self) -> Fix:
        """The values as one."""
        return Fix(self.cleaned_data["fixes"], self.cleaned_data["security"])


class YankForm(forms.Form):
    """Why a release is yanked."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("Shown to everybody who has this release locked."),
        widget=forms.TextInput,
    )
