"""The forms that make and rotate API tokens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hub.domain.actions import Scope
from hub.domain.patterns import MAX_PATTERNS, InvalidPattern, Pattern
from hub.forms.fields import LineField
from hub.models import Organization
from hub.policies.tokens import PERSONAL_SCOPES
from hub.services.tokens import MAX_LIFE, NAME_MAX_LENGTH

UNTIL_DATE, NEVER = "date", "never"
LONGEST = MAX_LIFE - dt.timedelta(days=1)
LIFETIMES: dict[int, str | Promise] = {30: _("In 30 days"), 90: _("In 90 days"), 365: _("In a year")}
SCOPE_WORDS = {
    Scope.READ: _("read: fetch packages and assistants, private ones included"),
    Scope.PUBLISH: _("publish: make packages, publish and yank releases"),
    Scope.MANAGE: _("manage: change who sees a package, give grants, transfer and delete it"),
    Scope.ADMIN: _("admin: run organizations: members, teams, service accounts, security"),
    Scope.AUDIT: _("audit: read and export the audit log of organizations"),
    Scope.SCIM: _("scim: let an identity provider add, change and remove people"),
}
NO_OVERLAP = "0"
OVERLAPS = {
    NO_OVERLAP: _("Not at all: it ends now"),
    "1": _("1 hour"),
    "24": _("1 day"),
    "168": _("7 days"),
}


class PatternsField(forms.CharField):
    """Patterns of packages, one a line, as a list in their stored form."""

    widget = forms.Textarea(attrs={"rows": 3, "autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"})

    def to_python(self, value: object) -> list[str]:  # type: ignore[override]  # a list is what this field is for
        """The patterns in the order given; an error names its line."""
        lines = [line for line in (super().to_python(value) or "").splitlines() if line.strip()]
        if len(lines) > MAX_PATTERNS:
            raise ValidationError(_("A token takes at most %(count)d patterns."), params={"count": MAX_PATTERNS})
        errors, found = [], []
        for number, line in enumerate(lines, 1):
            try:
                found.append(str(Pattern.parse(line)))
            except InvalidPattern as error:
                errors.append(
                    ValidationError(_("Line %(number)d: %(error)s"), params={"number": number, "error": error})
                )
        if errors:
            raise ValidationError(errors)
        return list(dict.fromkeys(found))

    def run_validators(self, value: object) -> None:
        """Each line was checked on its own."""


class LimitsForm(forms.Form):
    """What a token is called, what it may do, and when it ends."""

    name = LineField(
        label=_("Name"),
        max_length=NAME_MAX_LENGTH,
        help_text=_("Where it will be used, such as “laptop” or “CI of billing”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), initial=[str(Scope.READ)], widget=forms.CheckboxSelectMultiple
    )
    patterns = PatternsField(
        label=_("Only these packages"),
        required=False,
        help_text=_(
            "One pattern a line: “acme/*”, “acme/web-*” or “acme/style”. Empty for all. What is public can be read anyway."
        ),
    )
    lifetime = forms.ChoiceField(label=_("Expires"), initial="90")
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Only for a date of your choice. The token works until the end of that day."),
    )

    def __init__(self, *args: Any, scopes: Iterable[Scope], longest: int | None = None, **kwargs: Any) -> None:
        """Take the scopes on offer and the longest life in days, besides the arguments of every form."""
        super().__init__(*args, **kwargs)
        self._choose("scopes", [(str(scope), SCOPE_WORDS[scope]) for scope in scopes])
        self._choose("lifetime", lifetimes(longest))
        if longest is not None and longest < int(self.fields["lifetime"].initial):
            self.fields["lifetime"].initial = str(longest)

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

    def refuse_life(self, reason: str) -> None:
        """Say at the field that chose it that the life is too long."""
        self.add_error("expires_on" if self.cleaned_data["lifetime"] == UNTIL_DATE else "lifetime", reason)

    def _choose(self, name: str, choices: list[tuple[str, str | Promise]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared above
        field.choices = choices


class TokenForm(LimitsForm):
    """A token of a person's own, for all organizations or one."""

    organization = forms.ChoiceField(
        label=_("Where"),
        required=False,
        help_text=_("A token for one organization reaches neither the others nor your own packages."),
    )
    field_order = ["name", "scopes", "organization", "patterns", "lifetime", "expires_on"]

    def __init__(self, *args: Any, organizations: Iterable[Organization], confined: bool, **kwargs: Any) -> None:
        """Take the organizations to choose from; `confined` leaves no choice but those."""
        super().__init__(*args, scopes=PERSONAL_SCOPES, **kwargs)
        self.organizations = {one.namespace.slug: one for one in organizations}
        everywhere = [] if confined else [("", _("Everywhere: your packages and all your organizations"))]
        self._choose("organization", [*everywhere, *((slug, one.name) for slug, one in self.organizations.items())])

    def chosen_organization(self) -> Organization | None:
        """The organization of a valid form; None for all."""
        return self.organizations.get(self.cleaned_data["organization"])


class RotateForm(forms.Form):
    """How long the old secret works beside the new one."""

    overlap = forms.ChoiceField(
        label=_("How long the old secret still works"),
        choices=list(OVERLAPS.items()),
        initial="24",
        widget=forms.RadioSelect,
        help_text=_(
            "Time to put the new secret wherever the old one is used. Choose “not at all” if it may have leaked."
        ),
    )

    def overlap_wanted(self) -> dt.timedelta:
        """The time that a valid form chose."""
        return dt.timedelta(hours=int(self.cleaned_data["overlap"]))


def lifetimes(longest: int | None) -> list[tuple[str, str | Promise]]:
    """The lives to choose from where `longest` days are allowed; None for no limit."""
    offered = {days: words for days, words in LIFETIMES.items() if longest is None or days <= longest}
    if longest is not None and longest not in offered and longest < max(LIFETIMES):
        offered[longest] = _("In %(days)d days, the most that is allowed") % {"days": longest}
    choices: list[tuple[str, str | Promise]] = [(str(days), offered[days]) for days in sorted(offered)]
    choices.append((UNTIL_DATE, _("After a date of your choice")))
    return choices if longest is not None else [*choices, (NEVER, _("Never"))]
