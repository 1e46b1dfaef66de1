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
from hub.models import Organization, Role, SsoConnection, SsoProtocol, Team
from hub.services.sso import MAX_HOURS, Setup
from hub.sso import saml

_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class OrganizationNameForm(forms.Form):
    """Asks whose single sign-on to go through."""

    organization = forms.CharField(
        label=_("Organization"),
        max_length=slugs.NAMESPACE_MAX_LENGTH,
        help_text=_("Its name, as in “name/package”."),
        widget=forms.TextInput(_PLAIN),
    )


class PolicyForm(forms.Form):
    """What happens to people who come from a provider, whatever it speaks."""

    protocol = SsoProtocol.OIDC

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

    def __init__(self, *args: Any, roles: Iterable[Role], connection: SsoConnection | None, **kwargs: Any) -> None:
        """Take the roles that the viewer may give, and what is set up already."""
        super().__init__(*args, **kwargs)
        self.connection = connection
        field = self.fields["default_role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared above
        field.choices = [(role.value, ROLE_WORDS[role]) for role in roles if role != Role.OWNER]

    def setup(self) -> Setup:
        """What a valid form asks for."""
        return Setup(**{**self.cleaned_data, "protocol": self.protocol.value})


class OidcForm(PolicyForm):
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

    field_order = ("issuer", "client_id", "secret")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say that a secret is kept, if one is."""
        super().__init__(*args, **kwargs)
        if self.connection is not None and self.connection.sealed_secret:
            self.fields["secret"].help_text = _("One is kept. Leave it empty to go on with it.")

    def clean_secret(self) -> str | None:
        """Nothing typed changes nothing."""
        return self.cleaned_data["secret"] or None


class SamlForm(PolicyForm):
    """A SAML provider."""

    protocol = SsoProtocol.SAML

    metadata = forms.CharField(
        label=_("The provider's metadata (XML)"),
        required=False,
        max_length=saml.MAX_BYTES,
        help_text=_("Save without it first if the provider wants the hub's addresses before it shows any."),
        widget=forms.Textarea({**_PLAIN, "rows": 8, "class": "mono"}),
    )

    field_order = ("metadata",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Use the words of SAML, and say that metadata is kept, if it is."""
        super().__init__(*args, **kwargs)
        self.fields["groups_claim"].label = _("Attribute with the groups")
        if self.connection is not None and self.connection.certificates:
            self.fields["metadata"].help_text = _(
                "It is kept. Leave this empty to go on with it, or paste anew when the provider changes its certificate."
            )


FORMS: dict[str, type[PolicyForm]] = {SsoProtocol.OIDC.value: OidcForm, SsoProtocol.SAML.value: SamlForm}


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
