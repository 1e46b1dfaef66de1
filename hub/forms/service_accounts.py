"""The forms about service accounts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.domain import slugs
from hub.domain.actions import Scope
from hub.domain.roles import Role
from hub.forms.fields import LineField
from hub.forms.tokens import LimitsForm
from hub.services.service_accounts import DESCRIPTION_MAX_LENGTH

ROLE_WORDS = {
    Role.MEMBER: _("Member: reads what is internal, and what grants give it"),
    Role.MAINTAINER: _("Maintainer: makes packages and publishes in all of them"),
    Role.AUDITOR: _("Auditor: reads everything, the audit log too"),
}


class ServiceAccountForm(forms.Form):
    """What a service account is for and what it may do."""

    description = LineField(
        label=_("What it is for"),
        required=False,
        max_length=DESCRIPTION_MAX_LENGTH,
        help_text=_("Where it runs and whom to ask about it."),
    )
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect, initial=Role.MEMBER.value)

    def __init__(self, *args: Any, roles: Iterable[Role], **kwargs: Any) -> None:
        """Take the roles that the viewer may give, besides the arguments of every form."""
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared above
        field.choices = [(role.value, ROLE_WORDS[role]) for role in roles]


class NewServiceAccountForm(ServiceAccountForm):
    """A service account and its name."""

    name = forms.CharField(
        label=_("Name"),
        max_length=slugs.NAMESPACE_MAX_LENGTH,
        help_text=_("Such as “ci” or “deploy-bot”. It is used once: later accounts cannot have it."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    field_order = ["name", "description", "role"]


class ServiceTokenForm(LimitsForm):
    """A token of a service account: any scope, one organization."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer every scope, besides what every form about limits takes."""
        super().__init__(*args, scopes=Scope, **kwargs)
