"""Writes an organization's audit log as JSON Lines that can be checked without the hub.

The first line says what the file is, then come the events of each seal behind the seal, then events without one, and a
last line signs all the others. docs/audit.md has the format.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils import timezone

from hub.domain import audit as domain
from hub.models import AuditEvent, AuditSeal, Namespace
from hub.services import audit, audit_seals
from hub.services.audit_reading import Filters, of_namespace
from hub.services.audit_verification import pruned_through

SEALS_AT_ONCE = 100


def lines(namespace: Namespace | None, filters: Filters) -> Iterator[bytes]:
    """The lines of an export of `namespace` (None: of everything), each with its line break. Seals what waits, first."""
    audit_seals.seal_all()
    rows = filters.apply(AuditEvent.objects.all()) if namespace is None else of_namespace(namespace, filters)
    written = hashlib.sha256()
    events = 0
    for line in itertools.chain([_head(namespace, filters)], _sealed(rows), _unsealed(rows)):
        events += line["type"] == "event"
        text = domain.canonical(line) + b"\n"
        written.update(text)
        yield text
    key = audit.keys()[0]
    end = {"type": "end", "events": events, "sha256": written.hexdigest(), "key": key.fingerprint}
    yield domain.canonical({**end, "signature": key.sign(domain.canonical(end)).hex()}) + b"\n"


def whole_log() -> AuditSeal:
    """What an export of everything is an export of: the newest seal, for the audit log to name."""
    return AuditSeal.objects.order_by("-number").first() or AuditSeal(number=0)


def _head(namespace: Namespace | None, filters: Filters) -> dict[str, object]:
    return {
        "type": "export",
        "format": domain.FORMAT,
        "namespace": namespace.slug if namespace else None,
        "filters": domain.plain(filters.used()),
        "made_at": domain.moment(timezone.now()),
        "public_keys": audit.publics(),
        "pruned_through": pruned_through(),
    }


def _sealed(rows: QuerySet[AuditEvent]) -> Iterator[dict[str, object]]:
    """Every seal, with its list of events where some of them belong to the export, and those events."""
    for batch in itertools.batched(audit_seals.seals(), SEALS_AT_ONCE):
        wanted = {number for seal in batch for number in seal.ids or ()}
        found = {event.id: event for event in rows.filter(id__in=wanted)}
        for seal in batch:
            here = [number for number in seal.ids or () if number in found]
            yield _seal_line(seal, here)
            yield from (_event_line(found[number], seal.number) for number in here)


def _unsealed(rows: QuerySet[AuditEvent]) -> Iterator[dict[str, object]]:
    """Events that came after the sealing, or that the hub did not write and so never seals."""
    for event in rows.filter(id__in=audit_seals.waiting()).order_by("id"):
        yield {**_event_line(event, None), "ours": audit.is_ours(event)}


def _seal_line(seal: domain.Seal, here: list[int]) -> dict[str, object]:
    line: dict[str, object] = {
        "type": "seal",
        "number": seal.number,
        "at": seal.at,
        "newest_at": seal.newest_at,
        "first_position": seal.first_position,
        "count": seal.count,
        "entries": seal.entries,
        "previous": seal.previous,
        "key": seal.key,
        "signature": seal.signature.hex(),
    }
    return {**line, "ids": seal.ids, "digests": seal.digests, "exported": here} if here else line


def _event_line(event: AuditEvent, seal: int | None) -> dict[str, object]:
    return {"type": "event", "id": event.id, "seal": seal, "event": audit.facts(event)}
