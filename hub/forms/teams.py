"""The forms about teams."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hub.domain import slugs
from hub.forms.fields import LineField
from hub.models import Organization, User

_NAME = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class TeamForm(forms.Form):
    """A team."""

    slug = forms.CharField(
        label=_("Name"),
        max_length=slugs.NAMESPACE_MAX_LENGTH,
        help_text=_("Such as “platform”. It stands in addresses."),
        widget=forms.TextInput(attrs=_NAME),
    )
    name = LineField(
        label=_("Display name"), required=False, max_length=100, help_text=_("If you leave it empty, the name.")
    )
    description = LineField(label=_("Description"), required=False, max_length=300)


class TeamMemberForm(forms.Form):
    """Who is put into a team. `cleaned_data["username"]` is the person or service account."""

    username = forms.CharField(
        label=_("Username"),
        max_length=2 * slugs.NAMESPACE_MAX_LENGTH + 1,
        help_text=_("Of a member of the organization, or “organization/name” of a service account."),
        widget=forms.TextInput(attrs=_NAME),
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        """Take the organization whose members can be named, besides the arguments of every form."""
        super().__init__(*args, **kwargs)
        self.organization = organization

    def clean_username(self) -> User:
        """The member of that name."""
        username = slugs.normalize(self.cleaned_data["username"])
        user = User.objects.filter(username=username, memberships__organization=self.organization).first()
        if user is None:
            raise ValidationError(
                _("“%(name)s” is not a member of the organization. Let them in first."), params={"name": username}
            )
        return user
