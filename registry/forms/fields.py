"""Fields that several forms share."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from hub.actors import Actor
from hub.models import Namespace
from hub.policies.namespaces import managed
from registry.domain.files import SKILL, FilesRefused, FileTree, rooted, unpack
from registry.models import Visibility

VISIBILITIES = [
    (Visibility.PUBLIC, _("Public: everyone, also without signing in")),
    (Visibility.INTERNAL, _("Internal: the members of the namespace")),
    (Visibility.PRIVATE, _("Private: those whose role or grant says so")),
]

# Names, versions and source are not prose: a browser's help would change them.
PLAIN = {"spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}


class SourceField(forms.CharField):
    """A text whose lines and blanks matter. Browsers send CR LF; what is kept has LF, so that digests are those of the file."""

    def __init__(self, *, rows: int = 16, **options: Any) -> None:
        super().__init__(strip=False, widget=forms.Textarea({"rows": rows, **PLAIN}), **options)

    def to_python(self, value: Any) -> str:
        """The text with LF as the only line end."""
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


class ArchiveField(forms.FileField):
    """A folder as an archive. Its value is the files in it."""

    def __init__(self, **options: Any) -> None:
        help_text = _("The folder as zip or tar.gz, with its scripts and references.")
        widget = forms.ClearableFileInput({"accept": ".zip,.tar,.tgz,.tar.gz,.skill"})
        super().__init__(label=_("Archive"), required=False, help_text=help_text, widget=widget, **options)

    def clean(self, data: Any, initial: Any = None) -> FileTree | None:
        """The files, or None without an archive."""
        upload = super().clean(data, initial)
        if not upload:
            return None
        if upload.size > SKILL.total_bytes:
            raise forms.ValidationError(_("The archive is larger than a package may be."))
        try:
            return rooted(unpack(upload.read()))
        except FilesRefused as refused:
            raise forms.ValidationError(
                [f"{fault.file}: {fault.message} {fault.mend}" for fault in refused.faults]
            ) from None


def version_field(**options: Any) -> forms.CharField:
    """A field for a semantic version. The service judges the version itself."""
    help_text = _("A semantic version such as 1.2.0. It can never be used again.")
    return forms.CharField(
        label=_("Version"), max_length=64, help_text=help_text, widget=forms.TextInput(PLAIN), **options
    )


def visibility_field() -> forms.ChoiceField:
    """Who may read a package."""
    return forms.ChoiceField(
        label=_("Visibility"), choices=VISIBILITIES, widget=forms.RadioSelect, initial=Visibility.PRIVATE
    )


class NamespaceField(forms.ModelChoiceField):
    """One of the namespaces in which the actor publishes, by its slug."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            Namespace.objects.none(), label=_("Namespace"), to_field_name="slug", empty_label=None, **options
        )

    def offer(self, actor: Actor) -> None:
        """Offer what the actor manages, the actor's own namespace first."""
        own_first = F("organization_id").asc(nulls_first=True)
        self.queryset = managed(actor).order_by(own_first, "slug")

    def label_from_instance(self, obj: Any) -> str:
        """The slug says it."""
        return str(obj.slug)


class NewPackageForm(forms.Form):
    """Where a new package goes: namespace, name and visibility. Forms for publishing, composing and forking add to it."""

    namespace = NamespaceField()
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_(
            "Lower-case letters, digits, “-”, “_” and “.”. It is the second half of the address and cannot be changed."
        ),
        widget=forms.TextInput(PLAIN),
    )
    visibility = visibility_field()

    def __init__(self, *arguments: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*arguments, **options)
        cast(NamespaceField, self.fields["namespace"]).offer(actor)
