"""The forms of a person who signs a device in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from hub.domain.devices import USER_CODE_LENGTH, normalize_user_code
from hub.models import Organization


class CodeForm(forms.Form):
    """The code that the device shows."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Eight letters, such as BCDF-GHJK. The hyphen may be left out."),
        widget=forms.TextInput(
            attrs={"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false", "autofocus": True}
        ),
    )

    def clean_code(self) -> str:
        """The letters alone."""
        code = normalize_user_code(self.cleaned_data["code"])
        if len(code) != USER_CODE_LENGTH:
            raise forms.ValidationError(_("A code has eight letters. Compare it with what the device shows."))
        return code

    def refuse(self, message: str) -> None:
        """Say what is wrong with the code."""
        self.add_error("code", message)


class AnswerForm(forms.Form):
    """Where a device shall have power."""

    organization = forms.ModelChoiceField(
        queryset=Organization.objects.none(),
        required=False,
        label=_("Where"),
        empty_label=_("Everywhere that I belong"),
        help_text=_("In one organization alone, the device does not reach your own packages or other organizations."),
    )

    def __init__(self, *args: Any, organizations: QuerySet[Organization], confined: bool, **kwargs: Any) -> None:
        """Take the organizations open to the person, besides the arguments of every form.

        A sign-in that is `confined` to one organization has no choice.
        """
        super().__init__(*args, **kwargs)
        field = self.fields["organization"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # declared above
        field.queryset = organizations
        if confined:
            field.empty_label, field.required, field.initial = None, True, organizations.first()
