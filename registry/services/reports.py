"""Reports: readers tell the moderators what is wrong, and moderators decide."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from hub.actors import Actor
from hub.domain.decisions import require
from hub.models import User
from hub.policies.moderation import may_moderate
from hub.services import audit
from registry import policies
from registry.domain import lifecycle as domain
from registry.domain.actions import RegistryAction
from registry.domain.lifecycle import InvalidWords
from registry.models import Package, Release, Report, ReportState
from registry.models.reports import REASON_MAX_LENGTH
from registry.services.packages import PackageGone

MOST_A_DAY = 20  # for each person
__all__ = [
    "AlreadyReported",
    "Decided",
    "InvalidWords",
    "PackageGone",
    "TooMany",
    "dismiss",
    "file",
    "queue",
    "resolve",
]


class AlreadyReported(Exception):
    """The same person has reported the same thing, and nobody has decided yet."""


class TooMany(Exception):
    """The person has reported as much as one may in a day."""


class Decided(Exception):
    """Another moderator decided meanwhile."""


def file(*, by: Actor, package: Package, release: Release | None = None, reason: str) -> Report:
    """Tell the moderators what is wrong with a package that the actor can read, or with one release.

    The event is in the reporter's own log and not in the namespace's: who is reported is not told by whom.
    Raises PermissionRefused, InvalidWords, AlreadyReported, TooMany or PackageGone.
    """
    require(policies.may_report(by))
    assert by.user is not None  # noqa: S101  # the policy says so
    words = domain.words(reason, field="reason", longest=REASON_MAX_LENGTH)
    try:
        with transaction.atomic():
            # Two reports at once are counted one after the other.
            person = User.objects.select_for_update(no_key=True).get(id=by.user.pk)
            if not Package.objects.known_to(by).filter(id=package.id).exists():
                raise PackageGone(f"“{package}” is no longer there.")
            since = timezone.now() - timedelta(days=1)
            if Report.objects.filter(reporter=person, created_at__gt=since).count() >= MOST_A_DAY:
                raise TooMany(f"You have made {MOST_A_DAY} reports within a day. Go on tomorrow.")
            made = Report.objects.create(package=package, release=release, reporter=person, reason=words)
            data = {"version": release.version} if release else {}
            audit.record(by, RegistryAction.REPORT_CREATE, made, data={**data, "reason": words})
    except IntegrityError:
        raise AlreadyReported("You have reported this already. The moderators will look at it.") from None
    return made


def resolve(*, by: Actor, report: Report) -> None:
    """Note that a report was right and something was done. Raises PermissionRefused or Decided."""
    _decide(by, report, ReportState.RESOLVED, RegistryAction.REPORT_RESOLVE)


def dismiss(*, by: Actor, report: Report) -> None:
    """Note that there is nothing to do about a report. Raises PermissionRefused or Decided."""
    _decide(by, report, ReportState.DISMISSED, RegistryAction.REPORT_DISMISS)


def queue(actor: Actor) -> QuerySet[Report]:
    """The reports that wait for a moderator; nothing for anybody else."""
    if not may_moderate(actor):
        return Report.objects.none()
    rows = Report.objects.filter(state=ReportState.OPEN, package__in=Package.objects.present())
    return rows.select_related("package__namespace", "release__package__namespace", "reporter")


def _decide(by: Actor, report: Report, state: ReportState, action: RegistryAction) -> None:
    require(may_moderate(by))
    with transaction.atomic():
        waiting = Report.objects.filter(id=report.id, state=ReportState.OPEN)
        if not waiting.update(state=state, decided_by=by.user, decided_at=timezone.now()):
            raise Decided("Another moderator has decided about this report.")
        audit.record(by, action, report, data={"reason": report.reason})
