"""How somebody wants to be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.models import Way
from hub.services.notifications import Kind

WAYS = [
    (Way.BOTH, _("In the site and by e-mail")),
    (Way.SITE, _("In the site")),
    (Way.EMAIL, _("By e-mail")),
    (Way.NONE, _("Not at all")),
]


class WaysForm(forms.Form):
    """One field for each kind of notification."""

    def __init__(self, *arguments: Any, kinds: Sequence[tuple[Kind, Way]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        for kind, way in kinds:
            self.fields[kind.name] = forms.ChoiceField(label=str(kind.label), choices=WAYS, initial=way)
