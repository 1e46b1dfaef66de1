"""The forms that keep a secret. A value typed in is never written back into a page."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.models import UserSecret
from hub.services.secrets import NAME_PATTERN, VALUE_MAX_LENGTH


def _value_field(**more: object) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=_("Value"), max_length=VALUE_MAX_LENGTH, widget=widget, **more)  # type: ignore[arg-type]  # help_text and required only


class AllowedNamespacesField(forms.CharField):
    """Names of namespaces, parted by commas or blanks, as a list."""

    widget = forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"})

    def to_python(self, value: object) -> list[str]:  # type: ignore[override]  # a list is what this field is for
        """The names in the order given."""
        return (super().to_python(value) or "").replace(",", " ").split()

    def prepare_value(self, value: object) -> object:
        """The list as it is typed."""
        return ", ".join(value) if isinstance(value, list) else value

    def run_validators(self, value: object) -> None:
        """Check the text, not the list."""
        super().run_validators(self.prepare_value(value))


def _namespaces_field() -> AllowedNamespacesField:
    return AllowedNamespacesField(
        label=_("Also give it to assistants of"),
        required=False,
        max_length=2000,
        help_text=_(
            "Namespaces other than yours and those of your organizations, parted by commas, such as “starter”."
        ),
    )


class SecretForm(forms.Form):
    """A new secret, or another value for one of that name."""

    name = forms.RegexField(
        NAME_PATTERN.pattern + r"\Z",
        label=_("Name"),
        max_length=UserSecret._meta.get_field("name").max_length,
        help_text=_("As assistants ask for it, such as OPENAI_API_KEY. A secret of that name is replaced."),
        error_messages={"invalid": _("Use only letters, digits and “_”, and do not start with a digit.")},
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false", "autocomplete": "off"}),
    )
    value = _value_field()
    allowed_namespaces = _namespaces_field()


class SecretEditForm(forms.Form):
    """Another value for a secret, or other namespaces that may ask for it."""

    value = _value_field(required=False, help_text=_("Leave this empty to keep the value."))
    allowed_namespaces = _namespaces_field()
