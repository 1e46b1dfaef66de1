"""Carrying changes between a fork and its upstream."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.forms.proposals import text_field
from registry.services import proposals


class MergeUpstreamForm(forms.Form):
    """Up to which release of upstream; the latest if empty."""

    version = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)


class ProposeBackForm(forms.Form):
    """What to say to those who publish in the upstream."""

    title = forms.CharField(
        label=_("Title"), max_length=proposals.TITLE_MAX_LENGTH, help_text=_("What changes, in one line.")
    )
    message = text_field(label=_("Message"), required=False, help_text=_("Markdown: why upstream should have it too."))
