"""Finds events in the audit log for those who may read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from hub import keyset
from hub.models import AuditEvent, Namespace, User

NEWEST = keyset.Order("events", ("-id",))


@dataclass(frozen=True)
class Filters:
    """What to look for. What is empty does not restrict.

    `action` is a whole action or, ending in `.` or `*`, the beginning of one. `actor`, `target` and `token` are parts of
    names, in any case. `since` is counted in, `until` is not.
    """

    actor: str = ""
    action: str = ""
    target: str = ""
    token: str = ""
    source: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def apply(self, rows: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """The rows that match."""
        for column, text in (("target_label", self.target), ("token_label", self.token)):
            rows = rows.filter(**{f"{column}__icontains": text}) if text else rows
        if self.actor:
            rows = rows.filter(Q(actor_label__icontains=self.actor) | Q(on_behalf_of__icontains=self.actor))
        if self.source:
            rows = rows.filter(source=self.source)
        if self.since:
            rows = rows.filter(at__gte=self.since)
        if self.until:
            rows = rows.filter(at__lt=self.until)
        return rows.filter(self._action()) if self.action else rows

    def used(self) -> dict[str, object]:
        """The filters that restrict, by name."""
        return {name: value for name, value in vars(self).items() if value}

    def _action(self) -> Q:
        if self.action.endswith((".", "*")):
            return Q(action__startswith=self.action.rstrip("*"))
        return Q(action=self.action)


def of_namespace(namespace: Namespace, filters: Filters) -> QuerySet[AuditEvent]:
    """What happened in `namespace`, as far as `filters` let it through. Whether the reader may is for the caller to ask."""
    return filters.apply(AuditEvent.objects.filter(namespace=namespace))


def of_person(user: User, filters: Filters) -> QuerySet[AuditEvent]:
    """What `user` did, and what others did to the account, as far as `filters` let it through."""
    own = Q(actor=user) | Q(target_type=User._meta.label_lower, target_id=user.pk)
    return filters.apply(AuditEvent.objects.filter(own))
