"""Deprecating, quarantining, reporting."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.actors import Actor
from hub.domain import slugs
from registry import lookups, policies
from registry.domain.lifecycle import LINK_MAX_LENGTH, MESSAGE_MAX_LENGTH
from registry.forms.fields import PLAIN
from registry.models import Package
from registry.models.reports import REASON_MAX_LENGTH


class DeprecateForm(forms.Form):
    """Why to use something else, and what. `cleaned_data["successor"]` is a package or None."""

    message = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=MESSAGE_MAX_LENGTH,
        help_text=gettext_lazy("Why, in a sentence. Shown to everybody who uses it."),
    )
    successor = forms.CharField(
        label=gettext_lazy("Use instead"),
        max_length=slugs.NAMESPACE_MAX_LENGTH + slugs.PACKAGE_MAX_LENGTH + 1,
        required=False,
        help_text=gettext_lazy("A package, such as “acme/style”. Shown to those who may see it."),
        widget=forms.TextInput(PLAIN),
    )

    def __init__(self, *arguments: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.actor = actor

    def clean_successor(self) -> Package | None:
        """The package, among those that the actor may use."""
        typed = slugs.normalize(self.cleaned_data["successor"])
        if not typed:
            return None
        namespace, _slash, name = typed.partition("/")
        try:
            return lookups.package(self.actor, namespace, name)
        except (Http404, policies.Quarantined):
            message = _("There is no package “%(name)s” that you may use.") % {"name": typed}
            raise forms.ValidationError(message) from None


class QuarantineForm(forms.Form):
    """Why every use is refused."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MESSAGE_MAX_LENGTH,
        help_text=gettext_lazy("Shown to everybody who is refused."),
    )
    link = forms.CharField(
        label=gettext_lazy("Link"),
        max_length=LINK_MAX_LENGTH,
        required=False,
        help_text=gettext_lazy("A page that says more, such as an advisory. Begins with “https://”."),
        widget=forms.TextInput(PLAIN | {"inputmode": "url"}),
    )


class ReportForm(forms.Form):
    """What is wrong."""

    reason = forms.CharField(
        label=gettext_lazy("What is wrong?"),
        max_length=REASON_MAX_LENGTH,
        help_text=gettext_lazy("The moderators of this hub read it, with your name."),
        widget=forms.Textarea({"rows": 4}),
    )
