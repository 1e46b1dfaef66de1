"""The filters of the audit log's pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.services.audit_reading import Filters

SOURCES = [
    ("", _("Any")),
    ("browser", _("Browser")),
    ("api", _("API")),
    ("client", _("Client")),
    ("sso", _("Single sign-on")),
    ("scim", _("SCIM")),
    ("command", _("Command")),
    ("task", _("Schedule")),
]


class ActivityForm(forms.Form):
    """What to look for in the audit log. All optional; what is empty does not restrict."""

    actor = forms.CharField(max_length=150, required=False, label=_("Who"))
    action = forms.CharField(
        max_length=60,
        required=False,
        label=_("Action"),
        help_text=_("Whole, or a beginning with a star: registry.release.*"),
    )
    target = forms.CharField(max_length=220, required=False, label=_("On"))
    token = forms.CharField(max_length=120, required=False, label=_("Token"))
    source = forms.ChoiceField(choices=SOURCES, required=False, label=_("Through"))
    since = forms.DateField(required=False, label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(
        required=False, label=_("To"), widget=forms.DateInput(attrs={"type": "date"}), help_text=_("That day included.")
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a span that ends before it begins, or beyond what a calendar holds."""
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if until == dt.date.max:
            self.add_error("until", _("Choose an earlier day."))
        elif since and until and until < since:
            self.add_error("until", _("This is before the first day."))
        return cleaned

    def filters(self) -> Filters:
        """What a valid form asks for."""
        values = self.cleaned_data
        words = {name: values[name].strip() for name in ("actor", "action", "target", "token", "source")}
        until = values["until"] + dt.timedelta(days=1) if values["until"] else None
        return Filters(**words, since=_midnight(values["since"]), until=_midnight(until))


def _midnight(day: dt.date | None) -> dt.datetime | None:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min)) if day else None
