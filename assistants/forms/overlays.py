"""The forms that lay an assistant over others."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from assistants.models import Mode
from assistants.services.overlays import MAX_POSITION, Setup
from hub.models import Organization, Team
from registry.forms.fields import PLAIN


class OverlayForm(forms.Form):
    """How an assistant is laid over others."""

    mode = forms.ChoiceField(
        label=_("How it is laid"),
        choices=[
            (Mode.ADDED, _("Added: gives way to the assistant, which can do without it")),
            (Mode.REQUIRED, _("Required: stays, whatever the assistant says")),
        ],
        widget=forms.RadioSelect,
        initial=Mode.ADDED,
    )
    version = forms.CharField(
        label=_("Release"),
        max_length=256,
        initial="latest",
        help_text=_("“latest”, exact, or a range such as “^1.2”: then the newest that fits."),
        widget=forms.TextInput(PLAIN),
    )
    position = forms.IntegerField(
        label=_("Place in the order"),
        min_value=0,
        max_value=MAX_POSITION,
        required=False,
        help_text=_("The lowest comes first. Of two items of one name the first stays."),
    )

    def setup(self, *, is_enabled: bool = True) -> Setup:
        """What was chosen."""
        values = self.cleaned_data
        return Setup(values["version"], values["mode"], values["position"], is_enabled=is_enabled)


class OverlayChangeForm(OverlayForm):
    """The same for one that is there."""

    is_enabled = forms.BooleanField(
        label=_("In use"), required=False, help_text=_("Without it, nobody gets it for now.")
    )


class NewOverlayForm(OverlayForm):
    """Which assistant is laid over whose."""

    package = forms.CharField(
        label=_("Assistant"),
        max_length=200,
        help_text=_("Such as “acme/base”. Public, or internal to this organization, so that every member may read it."),
        widget=forms.TextInput(PLAIN),
    )
    team = forms.ModelChoiceField(
        Team.objects.none(),
        label=_("For"),
        to_field_name="slug",
        required=False,
        empty_label=_("All members of the organization"),
    )
    field_order = ("package", "team", "mode", "version", "position")

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        """Take the organization whose teams can be chosen, besides the arguments of every form."""
        super().__init__(*args, **kwargs)
        teams = cast("forms.ModelChoiceField[Team]", self.fields["team"])
        teams.queryset = organization.teams.order_by("slug", "id")
