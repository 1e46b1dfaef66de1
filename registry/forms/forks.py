"""Where a fork goes."""

from __future__ import annotations

from registry.forms.fields import NewPackageForm


class ForkForm(NewPackageForm):
    """Namespace, name and visibility of the new package."""
