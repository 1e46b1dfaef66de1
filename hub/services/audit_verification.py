"""Checks the whole audit log against its seals, and names what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Count, Exists, Max, Min, OuterRef
from django.utils import timezone

from hub.domain import audit as domain
from hub.domain.actions import HubAction
from hub.domain.audit_checks import Chain, Comparison, Fault, Finding
from hub.models import AuditEvent, AuditSeal, AuditUnsealed
from hub.services import audit, audit_seals
from hub.services.audit_seals import LATE, Checkpoint

# Seals whose events are read by one query.
SEALS_AT_ONCE = 100
MAX_STRAYS = 10_000
STRAYS = """
SELECT event.*, waiting.event_id IS NOT NULL AS waits
FROM hub_auditevent event
LEFT JOIN hub_auditunsealed waiting ON waiting.event_id = event.id
LEFT JOIN (SELECT unnest(ids) AS id FROM hub_auditseal) sealed ON sealed.id = event.id
WHERE sealed.id IS NULL
ORDER BY event.id LIMIT %s
"""


@dataclass
class Report:
    """What a verification looked at and found."""

    events: int = 0
    seals: int = 0
    pruned_through: int = 0
    waiting: int = 0
    checkpoint: Checkpoint | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify() -> Report:
    """Compare every event and every seal. Changes nothing; events that happen meanwhile do not disturb it."""
    report = Report(checkpoint=audit_seals.checkpoint())
    chain, comparison = Chain(audit.publics()), Comparison()
    at_checkpoint = None
    for batch in _batches():
        found = _digests(batch)
        for seal in batch:
            report.findings += chain.check(seal)
            comparison.compare(seal, found)
            if report.checkpoint and seal.number == report.checkpoint.number:
                at_checkpoint = seal.hash
    report.events, report.seals = comparison.compared, chain.count
    report.findings += _against_checkpoint(report.checkpoint, at_checkpoint)
    report.pruned_through = pruned_through()
    strays = _strays()
    digests = {event.id: audit.digest(event) for event in strays}
    report.findings += comparison.findings(strays=digests, pruned_through=report.pruned_through)
    unexplained = [event for event in strays if comparison.moved_from(digests[event.id]) is None]
    for event in unexplained:
        finding = _about_stray(event)
        report.findings += [finding] if finding else []
        report.waiting += finding is None
    report.findings += [*_copies(), *_gone_unsealed()]
    return report


def faults_of(*, after: int, through: int) -> list[Finding]:
    """What is wrong with the events of the seals from `after` (not counted) to `through`."""
    comparison = Comparison()
    for batch in _batches(after=after, through=through):
        found = _digests(batch)
        for seal in batch:
            comparison.compare(seal, found)
    return list(comparison.findings(strays={}))


def pruned_through() -> int:
    """The number of the last seal whose events were pruned, by the hub's own record of it; 0 if none were."""
    records = AuditEvent.objects.filter(action=HubAction.AUDIT_PRUNE).order_by("-id")
    ours = (int(event.data["through_seal"]) for event in records if audit.is_ours(event))
    return max(ours, default=0)


def _batches(*, after: int = 0, through: int | None = None) -> Iterator[list[domain.Seal]]:
    batch: list[domain.Seal] = []
    for seal in audit_seals.seals(after=after, through=through):
        batch.append(seal)
        if len(batch) == SEALS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _digests(batch: list[domain.Seal]) -> dict[int, str]:
    """The digests of those events of the seals that are there, as they are now."""
    ids = [number for seal in batch for number in seal.ids or ()]
    return {event.id: audit.digest(event) for event in AuditEvent.objects.filter(id__in=ids).iterator(chunk_size=1000)}


def _strays() -> list[AuditEvent]:
    """Events that are in no seal, with whether they wait for one, as one statement sees both. Not more than can be read."""
    return list(AuditEvent.objects.raw(STRAYS, [MAX_STRAYS]))


def _about_stray(event: AuditEvent) -> Finding | None:
    """What is wrong with an event without a seal; None if it only waits for one."""
    name = f"event {event.id}"
    if not audit.is_ours(event):
        return Finding(Fault.INSERTED, name, "was not written by this hub, or was changed before it was sealed")
    if not getattr(event, "waits", False):
        return Finding(Fault.INSERTED, name, "is in no seal and does not wait for one")
    if event.at < timezone.now() - LATE:
        return Finding(
            Fault.UNSEALED, name, f"has waited for its seal since {domain.moment(event.at)}: does the worker run?"
        )
    return None


def _copies() -> Iterator[Finding]:
    """Events that stand there twice. Only without the database's unique index can that be."""
    doubles = AuditEvent.objects.order_by().values("uid").annotate(times=Count("id"), first=Min("id"), last=Max("id"))
    for row in doubles.filter(times__gt=1):
        yield Finding(Fault.INSERTED, f"event {row['last']}", f"is a copy of event {row['first']}")


def _gone_unsealed() -> Iterator[Finding]:
    """Events that were deleted while they waited for their seal."""
    there = AuditEvent.objects.filter(id=OuterRef("event_id"))
    for row in AuditUnsealed.objects.filter(~Exists(there)).order_by("event_id"):
        yield Finding(Fault.DELETED, f"event {row.event_id}", "is gone, and had not been sealed yet")


def _against_checkpoint(kept: Checkpoint | None, actual: str | None) -> Iterator[Finding]:
    """Whether the chain still has the seal that was last kept outside the database."""
    if kept is None or actual == kept.hash:
        return
    if actual is None:
        last = AuditSeal.objects.aggregate(last=Max("number"))["last"] or 0
        detail = f"is gone: the log ends at seal {last}, and reached seal {kept.number} at {kept.at}"
        yield Finding(Fault.TRUNCATED, f"seal {kept.number}", detail)
    else:
        yield Finding(Fault.BAD_SEAL, f"seal {kept.number}", "is another one than the checkpoint outside the database")
