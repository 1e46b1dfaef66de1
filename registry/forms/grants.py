"""The form that grants access to a package."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.domain import slugs
from hub.models import Team, User
from registry.forms.fields import PLAIN
from registry.models import GrantPermission, Package

PERMISSIONS = [
    (GrantPermission.READ, _("Read: see it and use it, also while it is private")),
    (GrantPermission.PUBLISH, _("Publish: also publish and yank releases")),
    (GrantPermission.MANAGE, _("Manage: also describe, open and close, grant and delete it")),
]


class GrantForm(forms.Form):
    """Who gets what. A valid form has `user` or `team` in `grantee()`."""

    username = forms.CharField(
        label=_("Username"),
        required=False,
        max_length=2 * slugs.NAMESPACE_MAX_LENGTH + 1,
        widget=forms.TextInput(PLAIN),
    )
    team = forms.ModelChoiceField(Team.objects.none(), label=_("Or a team"), required=False, to_field_name="slug")
    permission = forms.ChoiceField(
        label=_("What they may do"), choices=PERMISSIONS, widget=forms.RadioSelect, initial=GrantPermission.READ
    )

    def __init__(self, *arguments: Any, package: Package, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.user: User | None = None
        organization = package.namespace.organization
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # declared above
        if organization is not None and organization.teams.exists():
            field.queryset = organization.teams.all()
        else:
            del self.fields["team"]
        if organization is not None:
            self.fields["username"].help_text = _("Of a member, or “organization/name” of a service account.")

    def clean(self) -> dict[str, Any]:
        """Exactly one of the two, and there is such a person."""
        cleaned: dict[str, Any] = super().clean() or {}
        username, team = slugs.normalize(cleaned.get("username", "")), cleaned.get("team")
        if bool(username) == bool(team):
            raise forms.ValidationError(_("Name one person, or choose one team."))
        if username:
            self.user = User.objects.filter(username=username, is_active=True).first()
            if self.user is None:
                self.add_error("username", _("Nobody here has the username “%(name)s”.") % {"name": username})
        return cleaned
