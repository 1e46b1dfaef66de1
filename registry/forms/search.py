"""The query of the search page."""

from __future__ import annotations

from typing import cast

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.catalogue import Search
from registry.domain.clients import CLIENTS
from registry.kinds import KINDS

SORTS = [
    ("", _("Best match")),
    ("updated", _("Recently updated")),
    ("created", _("Newest")),
    ("name", _("Name")),
]


class SearchForm(forms.Form):
    """Words and filters. All optional; what is empty does not restrict."""

    q = forms.CharField(max_length=200, required=False, label=_("Words"))
    kind = forms.ChoiceField(required=False, label=_("Kind"))
    namespace = forms.CharField(max_length=39, required=False, label=_("Namespace"))
    tag = forms.CharField(max_length=40, required=False, label=_("Tag"))
    license = forms.CharField(max_length=100, required=False, label=_("Licence"))
    client = forms.ChoiceField(choices=[("", _("All clients")), *CLIENTS.items()], required=False, label=_("Usable in"))
    verified = forms.BooleanField(required=False, label=_("Only verified namespaces"))
    sort = forms.ChoiceField(choices=SORTS, required=False, label=_("Order"))

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # passes on what Django's own signature takes
        # Kinds are complete only once every app is loaded.
        kinds = [("", _("All kinds")), *((kind.name, kind.plural) for kind in KINDS.values())]
        cast(forms.ChoiceField, self.fields["kind"]).choices = kinds

    def search(self) -> Search:
        """What is asked for."""
        values = self.cleaned_data
        return Search(
            text=values["q"],
            kind=values["kind"],
            namespace=values["namespace"],
            tag=values["tag"],
            sort=values["sort"],
            license=values["license"],
            client=values["client"],
            verified=values["verified"],
        )
