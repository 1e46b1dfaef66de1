"""The form that invites somebody."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.forms.organizations import RoleForm
from hub.models import Organization, Team


class InvitationForm(RoleForm):
    """Whom to invite, and what they are to be."""

    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("Only an account with this address can accept. Who has none yet makes one on the way."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    teams = forms.ModelMultipleChoiceField(
        queryset=Team.objects.none(),
        label=_("Teams"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        to_field_name="slug",
    )
    field_order = ["email", "role", "teams"]

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        """Take the organization, whose teams are offered, besides what `RoleForm` takes."""
        super().__init__(*args, **kwargs)
        field = self.fields["teams"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101  # declared above
        field.queryset = organization.teams.all()
        if not organization.teams.exists():
            del self.fields["teams"]
