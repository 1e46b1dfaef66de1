"""The form that makes an API token."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.domain.actions import Scope
from hub.forms.fields import LineField

UNTIL_DATE, NEVER = "date", "never"
LONGEST = dt.timedelta(days=3653)


class TokenForm(forms.Form):
    """What a token is called, what it may do and when it ends."""

    name = LineField(
        label=_("Name"), max_length=100, help_text=_("Where it will be used, such as “laptop” or “CI of billing”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[
            (str(Scope.READ), _("Read: fetch what you may read, private packages included")),
            (str(Scope.PUBLISH), _("Publish: create and change packages wherever you may")),
        ],
        initial=[str(Scope.READ)],
        widget=forms.CheckboxSelectMultiple,
    )
    lifetime = forms.ChoiceField(
        label=_("Expires"),
        choices=[
            ("30", _("In 30 days")),
            ("90", _("In 90 days")),
            ("365", _("In a year")),
            (UNTIL_DATE, _("After a date of your choice")),
            (NEVER, _("Never")),
        ],
        initial="90",
    )
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Only for a date of your choice. The token works until the end of that day."),
    )

    def clean(self) -> None:
        """A date of one's choice is there, not past, and not absurd."""
        if self.cleaned_data.get("lifetime") != UNTIL_DATE or "expires_on" in self.errors:
            return
        last_day, today = self.cleaned_data.get("expires_on"), timezone.localdate()
        if last_day is None:
            self.add_error("expires_on", _("Choose the date."))
        elif not today <= last_day <= today + LONGEST:
            self.add_error("expires_on", _("Choose a day from today on, within ten years."))

    def expires_at(self) -> dt.datetime | None:
        """When a token of this valid form ends; None for never."""
        lifetime = self.cleaned_data["lifetime"]
        if lifetime == NEVER:
            return None
        if lifetime == UNTIL_DATE:
            day_after = self.cleaned_data["expires_on"] + dt.timedelta(days=1)
            return timezone.make_aware(dt.datetime.combine(day_after, dt.time.min))
        return timezone.now() + dt.timedelta(days=int(lifetime))
