"""Takes old events out of the audit log, as a rule about retention may ask, without breaking the chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Func, Max, Min
from django.utils import timezone

from hub.actors import Actor
from hub.domain import audit as domain
from hub.domain.actions import HubAction
from hub.models import AuditEvent, AuditSeal
from hub.services import audit, audit_seals
from hub.services.audit_verification import faults_of, pruned_through

MAX_FAULTS = 50


class TooRecent(ValueError):
    """Only the past can be pruned."""


@dataclass(frozen=True)
class Pruned:
    """How many events went, the last seal that they belonged to (0: nothing went), and what was wrong with them before."""

    events: int = 0
    through_seal: int = 0
    faults: tuple[str, ...] = ()


def prune(*, by: Actor, before: datetime) -> Pruned:
    """Delete the events of all seals that hold nothing as new as `before`. The seals stay, and a record says what went.

    If something was wrong with those events already, the record says that too. Only whoever runs the machine comes here,
    by command or schedule. Raises TooRecent.
    """
    if before > timezone.now():
        raise TooRecent("Events of the future cannot be pruned.")
    audit_seals.seal_all()
    with transaction.atomic():
        audit_seals.lock_out_sealing()
        done, through = pruned_through(), _last_seal_before(before)
        if through <= done:
            return Pruned()
        faults = tuple(str(each) for each in faults_of(after=done, through=through)[:MAX_FAULTS])
        events = _delete(after=done, through=through, before=before)
        data = {"before": before, "through_seal": through, "events": events, "faults": faults}
        audit.record(by, HubAction.AUDIT_PRUNE, AuditSeal.objects.get(number=through), data=data)
    return Pruned(events, through, faults)


def _last_seal_before(before: datetime) -> int:
    """The last seal that, like all before it, holds only older events; 0 if there is none."""
    first_kept = AuditSeal.objects.filter(newest_at__gte=before).aggregate(first=Min("number"))["first"]
    if first_kept is not None:
        return int(first_kept) - 1
    return AuditSeal.objects.aggregate(last=Max("number"))["last"] or 0


def _delete(*, after: int, through: int, before: datetime) -> int:
    """Delete what the seals hold. The database's trigger lets this transaction, and only what is older and sealed."""
    seals = AuditSeal.objects.filter(number__gt=after, number__lte=through)
    ids = seals.annotate(each=Func(F("ids"), function="unnest")).values("each")
    _let_go_before(domain.moment(before))
    events, _ = AuditEvent.objects.filter(id__in=ids).delete()
    _let_go_before("")
    return events


def _let_go_before(moment: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('hub.audit_prune_before', %s, true)", [moment])
