"""Fields that several forms share."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def check_one_line(text: str) -> None:
    """Refuse line breaks, control characters and marks that turn the direction of writing: they forge what is shown."""
    if not text.isprintable():
        raise ValidationError(_("Write this on one line, without invisible characters."), code="unprintable")


class LineField(forms.CharField):
    """Words on one line, shown to others."""

    default_validators = [check_one_line]
