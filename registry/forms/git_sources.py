"""The forms of Git sources. A credential typed in is never written back into a page."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.forms.fields import PLAIN, VISIBILITIES
from registry.git.repository import MAX_BRANCH_LENGTH, MAX_FOLDER_LENGTH
from registry.models import SyncEntry, Visibility
from registry.services import git_sources as services

EVERY = {
    0: _("Only by hand and by webhook"),
    15: _("Every 15 minutes"),
    60: _("Every hour"),
    360: _("Every 6 hours"),
    1440: _("Every day"),
}


class _SetupForm(forms.Form):
    """What is synced, when, and with which credential."""

    branch = forms.CharField(
        label=_("Branch or tag"),
        required=False,
        max_length=MAX_BRANCH_LENGTH,
        help_text=_("Empty: the branch that the repository itself names."),
        widget=forms.TextInput(PLAIN),
    )
    folder = forms.CharField(
        label=_("Folder"),
        required=False,
        max_length=MAX_FOLDER_LENGTH,
        help_text=_("Such as “ai/rules”. Empty: the whole repository."),
        widget=forms.TextInput(PLAIN),
    )
    visibility = forms.ChoiceField(
        label=_("Who may read new packages"),
        choices=VISIBILITIES,
        widget=forms.RadioSelect,
        initial=Visibility.PRIVATE,
        help_text=_("Packages that are there already keep what they have."),
    )
    interval_minutes = forms.TypedChoiceField(
        label=_("Look for changes"), choices=list(EVERY.items()), coerce=int, initial=60
    )
    username = forms.CharField(
        label=_("User name"),
        required=False,
        max_length=200,
        help_text=_("As the deploy token asks for it. Empty: “git”."),
        widget=forms.TextInput(PLAIN),
    )
    token = forms.CharField(
        label=_("Deploy token"),
        required=False,
        max_length=services.MAX_CREDENTIAL_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def setup(self) -> services.Setup:
        """What was chosen, without the credential."""
        return services.Setup(**{name: self.cleaned_data[name] for name in self._names() if name in self.cleaned_data})

    def _names(self) -> list[str]:
        return list(vars(services.Setup()))


class GitSourceForm(_SetupForm):
    """Connects a repository."""

    url = forms.CharField(
        label=_("Repository"),
        max_length=services.MAX_URL_LENGTH,
        help_text=_("Its address for cloning, such as “https://git.example.com/acme/rules.git”."),
        widget=forms.TextInput({**PLAIN, "inputmode": "url"}),
    )
    field_order = ("url",)

    def credential(self) -> services.Credential:
        """The credential; an empty one for a public repository."""
        return services.Credential(self.cleaned_data["token"], self.cleaned_data["username"])


class GitSourceEditForm(_SetupForm):
    """Changes a source. The credential stays unless another one is given, or it is to be forgotten."""

    is_enabled = forms.BooleanField(
        label=_("Sync by schedule and webhook"), required=False, help_text=_("By hand it can be synced either way.")
    )
    forget_token = forms.BooleanField(
        label=_("Forget the deploy token"), required=False, help_text=_("For a repository that is public now.")
    )

    def __init__(self, *arguments: object, has_credential: bool = False, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # as forms.Form takes them
        if has_credential:
            self.fields["token"].help_text = _("One is kept. Leave this empty to keep it.")
        else:
            del self.fields["forget_token"]

    def credential(self) -> services.Credential | None:
        """Another credential, an empty one to forget it, or None to keep what there is."""
        if self.cleaned_data["token"]:
            return services.Credential(self.cleaned_data["token"], self.cleaned_data["username"])
        return services.Credential() if self.cleaned_data.get("forget_token") else None


class EntryFilterForm(forms.Form):
    """Which entries of a report."""

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[
            ("", _("All")),
            (SyncEntry.Outcome.IMPORTED, _("Published")),
            (SyncEntry.Outcome.UNCHANGED, _("Unchanged")),
            (SyncEntry.Outcome.REFUSED, _("Refused")),
            (SyncEntry.Outcome.SKIPPED, _("Left out")),
            (SyncEntry.Outcome.GONE, _("No longer in the repository")),
        ],
    )
