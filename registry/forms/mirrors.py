"""The form that sets a mirror up."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.domain.mirrors import MAX_HOURS, MIN_HOURS
from registry.models import UpstreamKind, Visibility
from registry.services.mirrors import Setup

_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class MirrorForm(forms.Form):
    """What to follow, and how."""

    upstream = forms.ChoiceField(
        label=_("What it is"), choices=UpstreamKind.choices, widget=forms.RadioSelect, initial=UpstreamKind.HUB
    )
    base_url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("Where it is, as “https://hub.example.com”. It has to be open to the internet."),
        widget=forms.URLInput(_PLAIN),
    )
    patterns = forms.CharField(
        label=_("Only these packages"),
        required=False,
        max_length=10_000,
        help_text=_("Patterns of their names there, one a line: “acme/*”. Empty for all of them."),
        widget=forms.Textarea({"rows": 3, **_PLAIN}),
    )
    visibility = forms.ChoiceField(
        label=_("Who may read the copies"),
        choices=[
            (Visibility.INTERNAL, _("Members")),
            (Visibility.PRIVATE, _("Only who is granted it")),
            (Visibility.PUBLIC, _("Everybody")),
        ],
        widget=forms.RadioSelect,
        initial=Visibility.INTERNAL,
    )
    interval_hours = forms.IntegerField(
        label=_("Look for changes every so many hours"), min_value=MIN_HOURS, max_value=MAX_HOURS, initial=24
    )

    def setup(self) -> Setup:
        """What was chosen."""
        values = self.cleaned_data
        return Setup(
            values["upstream"],
            values["base_url"],
            tuple(values["patterns"].splitlines()),
            values["visibility"],
            values["interval_hours"],
        )
