"""The forms about organizations and their members."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hub.domain import slugs
from hub.forms.fields import LineField
from hub.models import Role, User

ROLE_WORDS = {
    Role.MEMBER: _("Member: reads what is internal, and what is granted"),
    Role.MAINTAINER: _("Maintainer: makes packages and publishes in all of them"),
    Role.AUDITOR: _("Auditor: reads everything, the audit log too"),
    Role.ADMIN: _("Admin: runs people, security and packages"),
    Role.OWNER: _("Owner: also makes owners, and reads the audit log"),
}
_NAME = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class OrganizationForm(forms.Form):
    """How an organization presents itself."""

    name = LineField(label=_("Display name"), max_length=100)
    description = LineField(label=_("Description"), required=False, max_length=300)


class NewOrganizationForm(OrganizationForm):
    """An organization and the name that it takes."""

    slug = forms.CharField(
        label=_("Name"),
        max_length=slugs.NAMESPACE_MAX_LENGTH,
        help_text=_(
            "The first part of the name of every package it publishes, as in “name/package”. People and organizations"
            " share these names."
        ),
        widget=forms.TextInput(attrs=_NAME),
    )
    name = LineField(
        label=_("Display name"), required=False, max_length=100, help_text=_("If you leave it empty, the name.")
    )
    field_order = ["slug", "name", "description"]


class RenameForm(forms.Form):
    """Another name for an organization, and its present one typed as a safeguard."""

    slug = forms.CharField(
        label=_("New name"),
        max_length=slugs.NAMESPACE_MAX_LENGTH,
        help_text=_("Addresses under the former name lead to the new one, and nobody else can take it."),
        widget=forms.TextInput(attrs=_NAME),
    )
    confirmation = forms.CharField(widget=forms.TextInput(attrs=_NAME))

    def __init__(self, *args: Any, present: str, **kwargs: Any) -> None:
        """Take the present name, besides the arguments of every form."""
        super().__init__(*args, **kwargs)
        _ask_for(self, present)

    def clean_confirmation(self) -> str:
        """What was typed, if it is the name."""
        return _typed(self)


class DeleteForm(forms.Form):
    """The name of what is to be deleted, typed as a safeguard."""

    confirmation = forms.CharField(widget=forms.TextInput(attrs=_NAME))

    def __init__(self, *args: Any, present: str, **kwargs: Any) -> None:
        """Take the name, besides the arguments of every form."""
        super().__init__(*args, **kwargs)
        _ask_for(self, present)

    def clean_confirmation(self) -> str:
        """What was typed, if it is the name."""
        return _typed(self)


def _ask_for(form: forms.Form, present: str) -> None:
    form.fields["confirmation"].label = _("Type “%(name)s” to confirm") % {"name": present}
    form.fields["confirmation"].widget.attrs["data-expected"] = present


def _typed(form: forms.Form) -> str:
    typed = slugs.normalize(form.cleaned_data["confirmation"])
    if typed != form.fields["confirmation"].widget.attrs["data-expected"]:
        raise ValidationError(_("This is another name. Nothing was changed."))
    return typed


class RoleForm(forms.Form):
    """What a member is to become."""

    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, roles: Iterable[Role], **kwargs: Any) -> None:
        """Take the roles that the viewer may give, besides the arguments of every form."""
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared above
        field.choices = [(role.value, ROLE_WORDS[role]) for role in roles]


class NewMemberForm(RoleForm):
    """Who is let in, and as what. `cleaned_data["username"]` is the person."""

    username = forms.CharField(
        label=_("Username"), max_length=slugs.NAMESPACE_MAX_LENGTH, widget=forms.TextInput(attrs=_NAME)
    )
    field_order = ["username", "role"]

    def clean_username(self) -> User:
        """The person of that name who may sign in."""
        username = slugs.normalize(self.cleaned_data["username"])
        user = User.objects.filter(username=username, is_active=True, is_service=False).first()
        if user is None:
            raise ValidationError(_("Nobody here has the username “%(name)s”."), params={"name": username})
        return user
