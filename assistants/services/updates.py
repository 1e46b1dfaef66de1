"""What those who manage an assistant decide about its updates."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils import timezone

from assistants.domain.actions import AssistantAction
from assistants.domain.updating import Merges, Mode
from assistants.models import MAX_AGE_HOURS, UpdatePolicy
from assistants.services import update_queue
from hub.actors import Actor
from hub.domain.decisions import require
from hub.services import audit
from registry import policies
from registry.models import MirroredPackage, Package
from registry.services import packages
from registry.services.packages import PackageGone

__all__ = ["InvalidSettings", "PackageGone", "Settings", "configure", "settings_of"]


class InvalidSettings(ValueError):
    """Settings that there cannot be; the message says why."""


@dataclass(frozen=True)
class Settings:
    """How an assistant follows what it uses. What is here holds where nobody decided anything."""

    mode: str = Mode.LOCKED.value
    min_age_hours: int = 0
    proposes: bool = True
    beyond_range: bool = False
    merges: str = Merges.NONE.value

    def checked(self) -> Settings:
        """The settings. Raises InvalidSettings."""
        if self.mode not in list(Mode) or self.merges not in list(Merges):
            raise InvalidSettings(
                f"The mode is one of {', '.join(Mode)}; what is merged by policy, one of {', '.join(Merges)}."
            )
        if not 0 <= self.min_age_hours <= MAX_AGE_HOURS:
            raise InvalidSettings(f"A cool-down lasts 0 to {MAX_AGE_HOURS} hours.")
        if self.merges != Merges.NONE and not self.proposes:
            raise InvalidSettings("Without proposals there is nothing to merge by policy.")
        return self


def settings_of(package: Package) -> Settings:
    """The settings of an assistant. One query."""
    row = UpdatePolicy.objects.filter(package=package).first()
    return _settings(row) if row is not None else Settings()


def configure(*, by: Actor, package: Package, settings: Settings) -> bool:
    """Decide how an assistant follows what it uses; it is looked at anew at once. Returns whether anything changed.

    What is merged by policy is merged in the name of whoever calls this, who therefore has to be able to publish.
    Raises PermissionRefused, InvalidSettings or PackageGone.
    """
    require(policies.may_manage(by, package))
    settings.checked()
    if MirroredPackage.objects.filter(package=package).exists():
        raise InvalidSettings("This assistant is a copy of one elsewhere, and follows that.")
    if settings.merges != Merges.NONE:
        require(policies.may_release(by, package))
    with transaction.atomic():
        # Whoever brings it up to date has the row locked: they see the settings from before, or those from now.
        row = packages.lock(package)
        before = UpdatePolicy.objects.filter(package=row).first()
        if before is not None and _settings(before) == settings and before.set_by_id == (by.user and by.user.pk):
            return False
        values = {**asdict(settings), "set_by": by.user, "updated_at": timezone.now()}
        UpdatePolicy.objects.update_or_create(package=row, defaults=values)
        data = {"before": asdict(_settings(before) if before else Settings()), "after": asdict(settings)}
        audit.record(by, AssistantAction.UPDATES_CONFIGURE, row, namespace=row.namespace, data=data)
        update_queue.look_again(row)
    return True


def _settings(row: UpdatePolicy) -> Settings:
    return Settings(row.mode, row.min_age_hours, row.proposes, row.beyond_range, row.merges)
