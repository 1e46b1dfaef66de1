"""Writes the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.db import connection, models

from hub.actors import Actor
from hub.models import AuditEvent, Namespace
from hub.shortcache import forget_on_change


def record(
    by: Actor,
    action: StrEnum,
    target: models.Model,
    *,
    namespace: Namespace | None = None,
    data: Mapping[str, object] | None = None,
) -> AuditEvent:
    """Add one event about `target`; the caller's transaction must be open, so that deed and record stand or fall together.

    `data` is a small JSON object for the reader of the log. It must not hold secrets.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{action} is recorded outside the transaction of its deed.")
    forget_on_change()
    return AuditEvent.objects.create(
        action=action,
        actor=by.user,
        actor_label=by.label,
        token=by.token,
        namespace=namespace,
        target_type=target._meta.label_lower,
        target_id=target.pk,
        target_label=str(target)[:220],
        request_id=by.request_id,
        ip_address=by.ip_address,
        data=dict(data or {}),
    )
