"""The form that trusts a CI job."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from registry.domain.publishers import GITHUB, GITLAB, MAX_LENGTH, PROVIDERS
from registry.forms.fields import PLAIN

KNOWN = {GITHUB: "GitHub Actions", GITLAB: "GitLab.com"}


class PublisherForm(forms.Form):
    """Which job may publish."""

    provider = forms.ChoiceField(
        label=_("Provider"),
        choices=[(key, provider.title) for key, provider in PROVIDERS.items()],
        widget=forms.RadioSelect,
        initial="github",
    )
    issuer = forms.ChoiceField(label=_("Issuer"), help_text=_("Who signs the identity tokens of the jobs."))
    repository = forms.CharField(
        label=_("Repository"),
        max_length=MAX_LENGTH,
        help_text=_("Such as “acme/rules”; for another issuer the subject of its tokens."),
        widget=forms.TextInput(PLAIN),
    )
    workflow = forms.CharField(
        label=_("Workflow"),
        max_length=MAX_LENGTH,
        required=False,
        help_text=_("GitHub: a file under .github/workflows, such as “release.yml”. GitLab: “.gitlab-ci.yml”."),
        widget=forms.TextInput(PLAIN),
    )
    environment = forms.CharField(
        label=_("Environment"),
        max_length=MAX_LENGTH,
        required=False,
        help_text=_("If jobs must run in one, so that its protection rules hold. Empty: any."),
        widget=forms.TextInput(PLAIN),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        field = self.fields["issuer"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # declared above
        field.choices = [(issuer, KNOWN.get(issuer, issuer)) for issuer in settings.TRUSTED_ISSUERS]
