"""Handing in an archive."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.actors import Actor
from registry.forms.fields import NamespaceField, visibility_field


class ImportForm(forms.Form):
    """An archive, and where its packages go."""

    file = forms.FileField(
        label=_("Archive or file"),
        help_text=_("A zip, tar or tar.gz of at most 32 MiB, or a single file such as mcp.json."),
    )
    namespace = NamespaceField()
    visibility = visibility_field()
    source = forms.CharField(
        label=_("Where it comes from"),
        max_length=200,
        required=False,
        help_text=_("A name such as the project's, if you import from several places. Say the same the next time."),
    )

    def __init__(self, *arguments: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*arguments, **options)
        cast(NamespaceField, self.fields["namespace"]).offer(actor)
        self.fields["visibility"].help_text = _("Of new packages; those that are there keep theirs.")
