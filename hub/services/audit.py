"""Writes the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from hub.actors import Actor
from hub.domain import audit as domain
from hub.domain import audit_keys
from hub.models import AuditEvent, Namespace
from hub.shortcache import forget_on_change

# Who acts where no account does, by the kind of interface.
NOBODY = {"command": "operator", "task": "the hub"}


def record(
    by: Actor,
    action: StrEnum,
    target: models.Model,
    *,
    namespace: Namespace | None = None,
    data: Mapping[str, object] | None = None,
) -> AuditEvent:
    """Add one event about `target`; the caller's transaction must be open, so that deed and record stand or fall together.

    `data` is a small JSON object for the reader of the log: what changed as `before` and `after`, or what it was about.
    It must not hold secrets. Raises RuntimeError outside a transaction.
    """
    _require_transaction(action)
    forget_on_change()
    return _write(by, action, target, namespace=namespace, data=data)


def record_read(
    by: Actor,
    action: StrEnum,
    target: models.Model,
    *,
    namespace: Namespace | None = None,
    data: Mapping[str, object] | None = None,
) -> AuditEvent:
    """As `record`, for what changes nobody's power, as reading or signing in: remembered decisions stay."""
    _require_transaction(action)
    return _write(by, action, target, namespace=namespace, data=data)


@dataclass(frozen=True)
class Entry:
    """One event for `record_all`, in the words of `record`."""

    action: StrEnum
    target: models.Model
    data: Mapping[str, object]


def record_all(by: Actor, entries: Sequence[Entry], *, namespace: Namespace | None = None) -> None:
    """As `record` for each of `entries`, in one query: for deeds that touch many people at once."""
    if not entries:
        return
    _require_transaction(entries[0].action)
    forget_on_change()
    events = [_event(by, one.action, one.target, namespace=namespace, data=one.data) for one in entries]
    if len(events) == 1:
        events[0].save(force_insert=True)
    else:
        AuditEvent.objects.bulk_create(events)


def facts(event: AuditEvent) -> dict[str, object]:
    """All that an event says, in the form that its digest is taken of and that an export shows."""
    return {
        "uid": str(event.uid),
        "at": domain.moment(event.at),
        "action": event.action,
        "actor_id": event.actor_id,
        "actor": event.actor_label,
        "token_id": event.token_id,
        "token": event.token_label,
        "on_behalf_of": event.on_behalf_of,
        "source": event.source,
        "namespace_id": event.namespace_id,
        "namespace": event.namespace_label,
        "target_type": event.target_type,
        "target_id": event.target_id,
        "target": event.target_label,
        "request_id": event.request_id,
        "ip_address": domain.address(event.ip_address),
        "data": event.data,
    }


def digest(event: AuditEvent) -> str:
    """The digest of what an event says."""
    return domain.digest(facts(event))


def keys() -> list[audit_keys.AuditKey]:
    """The hub's audit keys. The first one marks and signs; all of them verify."""
    return [audit_keys.from_secret(secret) for secret in settings.AUDIT_KEYS]


def publics() -> dict[str, str]:
    """The public halves of the keys, by fingerprint."""
    return {key.fingerprint: key.public for key in keys()}


def is_ours(event: AuditEvent) -> bool:
    """Whether the hub wrote the event as it is now."""
    found = digest(event)
    return any(key.has_marked(found, event.mark) for key in keys())


def _require_transaction(action: StrEnum) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError(f"{action} is recorded outside the transaction of its deed.")


def _write(
    by: Actor, action: StrEnum, target: models.Model, *, namespace: Namespace | None, data: Mapping[str, object] | None
) -> AuditEvent:
    event = _event(by, action, target, namespace=namespace, data=data)
    event.save(force_insert=True)
    return event


def _event(
    by: Actor, action: StrEnum, target: models.Model, *, namespace: Namespace | None, data: Mapping[str, object] | None
) -> AuditEvent:
    event = AuditEvent(
        at=timezone.now(),
        action=str(action),
        actor=by.user,
        actor_label=_actor_label(by),
        token=by.token,
        token_label=_text(by.token.name, "token_label") if by.token else "",
        on_behalf_of=_text(by.on_behalf_of, "on_behalf_of"),
        source=_text(by.source, "source"),
        namespace=namespace,
        namespace_label=namespace.slug if namespace else "",
        target_type=target._meta.label_lower,
        target_id=target.pk if isinstance(target.pk, int) else None,
        target_label=_text(target, "target_label"),
        request_id=_text(by.request_id, "request_id"),
        ip_address=domain.address(by.ip_address),
        data=domain.plain(dict(data or {})),
    )
    event.mark = keys()[0].mark(digest(event))
    return event


def _actor_label(by: Actor) -> str:
    nobody = by.user is None and by.token is None
    return _text(NOBODY.get(by.source, by.label) if nobody else by.label, "actor_label")


def _text(value: object, column: str) -> str:
    """`value` as text that its column can hold."""
    length = AuditEvent._meta.get_field(column).max_length  # type: ignore[union-attr]  # a column, never a relation
    return str(domain.plain(str(value)))[:length]
