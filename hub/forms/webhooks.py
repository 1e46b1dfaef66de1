"""The forms about webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from hub.domain import webhooks as domain
from hub.forms.fields import LineField
from hub.services.webhooks import DESCRIPTION_MAX_LENGTH, URL_MAX_LENGTH

EVERYTHING = "registry.*"
_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
OVERLAPS = {0: _("Not at all: it ends now"), 1: _("1 hour"), 24: _("1 day"), 168: _("7 days")}


class WebhookForm(forms.Form):
    """Where to send what."""

    url = forms.CharField(
        label=_("Address"),
        max_length=URL_MAX_LENGTH,
        help_text=_("Begins with “https://” and is open to the internet. Messages are posted there as JSON."),
        widget=forms.URLInput(_PLAIN),
    )
    description = LineField(
        label=_("What it is for"),
        required=False,
        max_length=DESCRIPTION_MAX_LENGTH,
        help_text=_("What happens there with the messages, and whom to ask about it."),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A star stands for every kind that there is and will be."),
    )
    is_enabled = forms.BooleanField(
        label=_("Switched on"), required=False, initial=True, help_text=_("Nothing is noted while it is off.")
    )

    def __init__(self, *args: Any, chosen: Iterable[str], reads_audit: bool, is_new: bool, **kwargs: Any) -> None:
        """Take what is chosen already, and whether the viewer may have events about people sent."""
        super().__init__(*args, **kwargs)
        field = self.fields["events"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  # declared above
        field.choices = choices(chosen, reads_audit=reads_audit)
        if is_new:
            del self.fields["is_enabled"]


class RotateWebhookForm(forms.Form):
    """How long the former secret signs as well."""

    overlap = forms.TypedChoiceField(
        label=_("The former secret goes on signing for"),
        coerce=int,
        choices=list(OVERLAPS.items()),
        initial=24,
    )

    def overlap_wanted(self) -> timedelta:
        """The overlap that was chosen."""
        return timedelta(hours=self.cleaned_data["overlap"])


def choices(chosen: Iterable[str], *, reads_audit: bool) -> list[tuple[str, str]]:
    """What can be ticked: everything about packages, each family of events, and what is chosen besides."""
    found = {EVERYTHING: _now("everything about packages")}
    for pattern, events in domain.families().items():
        if reads_audit or not domain.is_of_people(pattern):
            found[pattern] = ", ".join(event.rpartition(".")[2] for event in events)
    found |= {pattern: "" for pattern in chosen if pattern not in found}
    ordered = sorted(found.items(), key=lambda one: (one[0] != EVERYTHING, domain.is_of_people(one[0]), one[0]))
    return [(pattern, f"{pattern} ({words})" if words else pattern) for pattern, words in ordered]
