"""The forms about an organization's single sign-on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.domain import slugs
from hub.domain.identities import GROUP_MAX_LENGTH
from hub.forms.fields import LineField
from hub.forms.organizations import ROLE_WORDS
from hub.models import Organization, Role, Team
from hub.services.sso import MAX_HOURS, Setup

_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class OrganizationNameForm(forms.Form):
    """Asks whose single sign-on to go through."""

    organization = forms.CharField(
        label=_("Organization"),
        max_length=slugs.NAMESPACE_MAX_LENGTH,
        help_text=_("Its name, as in “name/package”."),
        widget=forms.TextInput(_PLAIN),
    )


class ConnectionForm(forms.Form):
    """An OpenID Connect provider."""

    issuer = forms.CharField(
        label=_("Issuer"),
        max_length=500,
        help_text=_("The provider's address, under which it has /.well-known/openid-configuration."),
        widget=forms.URLInput(_PLAIN),
    )
    client_id = forms.CharField(label=_("Client ID"), max_length=255, widget=forms.TextInput(_PLAIN))
    secret = forms.CharField(
        label=_("Client secret"),
        max_length=1000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    groups_claim = LineField(
        label=_("Claim with the groups"),
        required=False,
        max_length=GROUP_MAX_LENGTH,
        help_text=_("Often “groups”. Empty, if groups give nothing here."),
    )
    jit_enabled = forms.BooleanField(
        label=_("Let new people in"),
        required=False,
        initial=True,
        help_text=_("Whoever the provider signs in becomes a member. Otherwise only who is one already comes in."),
    )
    default_role = forms.ChoiceField(label=_("As what, unless their groups say more"), widget=forms.RadioSelect)
    session_hours = forms.IntegerField(
        label=_("Ask the provider again after so many hours"), min_value=1, max_value=MAX_HOURS, initial=12
    )

    def __init__(self, *args: Any, roles: Iterable[Role], has_secret: bool, **kwargs: Any) -> None:
        """Take the roles that the viewer may give, and whether a secret is kept already."""
        super().__init__(*args, **kwargs)
        field = self.fields["default_role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared above
        field.choices = [(role.value, ROLE_WORDS[role]) for role in roles if role != Role.OWNER]
        if has_secret:
            self.fields["secret"].help_text = _("One is kept. Leave it empty to go on with it.")

    def setup(self) -> Setup:
        """What a valid form asks for."""
        asked = dict(self.cleaned_data)
        return Setup(**{**asked, "secret": asked["secret"] or None})


class MappingForm(forms.Form):
    """What a group of the provider gives."""

    group = LineField(label=_("Group"), max_length=GROUP_MAX_LENGTH, help_text=_("As the provider writes it."))
    role = forms.ChoiceField(label=_("Role"), required=False)
    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), required=False, to_field_name="slug")

    def __init__(self, *args: Any, organization: Organization, roles: Iterable[Role], **kwargs: Any) -> None:
        """Take the organization, whose teams are offered, and the roles that the viewer may give."""
        super().__init__(*args, **kwargs)
        field, team = self.fields["role"], self.fields["team"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared above
        assert isinstance(team, forms.ModelChoiceField)  # noqa: S101  # declared above
        field.choices = [("", _("none")), *((role.value, role.label) for role in roles if role != Role.OWNER)]
        team.queryset = organization.teams.all()
