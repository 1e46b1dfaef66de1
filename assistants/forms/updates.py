"""How an assistant follows what it uses, and what an organization lets its assistants be made of."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assistants.domain.updating import Merges, Mode
from assistants.domain.usage import MAX_REASON
from assistants.models import MAX_AGE_HOURS
from assistants.services.updates import Settings

_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
MODES = [
    (Mode.LOCKED.value, _("Locked: a release stays as it is")),
    (Mode.FLOATING.value, _("Floating: it follows new releases within its ranges by itself")),
]
MERGES = [
    (Merges.NONE.value, _("None")),
    (Merges.FIXES.value, _("Security fixes")),
    (Merges.PATCH.value, _("Patches")),
    (Merges.MINOR.value, _("Patches and minor releases")),
    (Merges.ALL.value, _("All")),
]


class UpdatesForm(forms.Form):
    """The settings of one assistant."""

    mode = forms.ChoiceField(
        label=_("When something that it uses is published"), choices=MODES, widget=forms.RadioSelect
    )
    min_age_hours = forms.IntegerField(
        label=_("Cool-down, in hours"),
        min_value=0,
        max_value=MAX_AGE_HOURS,
        help_text=_(
            "How old a release has to be before it is taken. Releases marked as security fixes are not held back."
        ),
    )
    proposes = forms.BooleanField(
        label=_("Propose updates"),
        required=False,
        help_text=_("One proposal for all that is newer, kept up to date."),
    )
    beyond_range = forms.BooleanField(
        label=_("Propose what a range leaves out, too"),
        required=False,
        help_text=_("As the next major version. The proposal changes the range."),
    )
    merges = forms.ChoiceField(
        label=_("Merge proposed updates by themselves"),
        choices=MERGES,
        help_text=_("In your name, once checks and approvals allow it; as long as you may publish here."),
    )

    def settings(self) -> Settings:
        """What a valid form asks for."""
        return Settings(**self.cleaned_data)


class UsagePolicyForm(forms.Form):
    """The policy of an organization."""

    min_age_hours = forms.IntegerField(
        label=_("Cool-down, in hours"),
        min_value=0,
        max_value=MAX_AGE_HOURS,
        help_text=_("Every assistant here takes releases of at least this age, longer if it says so itself."),
    )
    allowed = forms.CharField(
        label=_("Only these packages of others"),
        required=False,
        max_length=20_000,
        help_text=_("Patterns, one a line: “vendor/*”, “vendor/web-*”, “vendor/style”. Empty for all."),
        widget=forms.Textarea({"rows": 4, **_PLAIN}),
    )
    denied = forms.CharField(
        label=_("Never these packages"),
        required=False,
        max_length=20_000,
        help_text=_("Patterns, one a line. They come before what is allowed, and count for your own packages too."),
        widget=forms.Textarea({"rows": 4, **_PLAIN}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=MAX_REASON,
        help_text=_("Told to whoever is refused something."),
    )

    def policy(self) -> dict[str, Any]:
        """What a valid form asks for, in the words of the service."""
        values = self.cleaned_data
        return {**values, "allowed": values["allowed"].splitlines(), "denied": values["denied"].splitlines()}
