"""What an organization lets its assistants be made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from assistants.domain import usage as domain
from assistants.domain.actions import AssistantAction
from assistants.domain.usage import Usage
from assistants.models import MAX_AGE_HOURS, UsagePolicy
from assistants.services import update_queue
from hub.actors import Actor
from hub.domain.decisions import require
from hub.domain.patterns import InvalidPattern
from hub.domain.roles import Permission
from hub.models import Namespace, Organization
from hub.policies import organizations as policies
from hub.services import audit


class InvalidPolicy(ValueError):
    """A policy that there cannot be; the message says why."""


def of(organization: Organization) -> UsagePolicy | None:
    """The policy in force; None while there is none. One query."""
    return UsagePolicy.objects.filter(namespace=organization.namespace).first()


def configure(
    *,
    by: Actor,
    organization: Organization,
    min_age_hours: int = 0,
    allowed: Iterable[str] = (),
    denied: Iterable[str] = (),
    reason: str = "",
) -> bool:
    """Decide what the organization's assistants may be made of, from now on; they are looked at anew at once.

    What is published keeps what it has locked. Returns whether anything changed. Raises PermissionRefused or InvalidPolicy.
    """
    require(policies.may(by, organization, Permission.SECURITY_MANAGE))
    said = _checked(organization.namespace, min_age_hours, allowed, denied, reason)
    values = _columns(said)
    with transaction.atomic():
        namespace = Namespace.objects.select_for_update().get(id=organization.namespace.pk)
        row = UsagePolicy.objects.filter(namespace=namespace).first()
        before = {name: getattr(row, name) for name in values} if row else {}
        if before == values or (row is None and not any(values.values())):
            return False
        said = Usage(said.namespace, row.version + 1 if row else 1, *_rest(said))
        more = {"version": said.version, "digest": said.digest, "updated_by": by.user, "updated_at": timezone.now()}
        UsagePolicy.objects.update_or_create(namespace=namespace, defaults={**values, **more})
        data = {"before": before, "after": values, "version": said.version, "digest": said.digest}
        audit.record(by, AssistantAction.USAGE_CONFIGURE, organization, namespace=namespace, data=data)
        update_queue.policy_changed(namespace)
    return True


def _checked(namespace: Namespace, hours: int, allowed: Iterable[str], denied: Iterable[str], reason: str) -> Usage:
    if not 0 <= hours <= MAX_AGE_HOURS:
        raise InvalidPolicy(f"A cool-down lasts 0 to {MAX_AGE_HOURS} hours.")
    words = " ".join(reason.split())
    if len(words) > domain.MAX_REASON:
        raise InvalidPolicy(f"The reason has at most {domain.MAX_REASON} characters.")
    try:
        return Usage(namespace.slug, 0, hours, domain.read_patterns(allowed), domain.read_patterns(denied), words)
    except InvalidPattern as error:
        raise InvalidPolicy(str(error)) from None


def _columns(said: Usage) -> dict[str, Any]:
    return {
        "min_age_hours": said.min_age_hours,
        "allowed": [str(one) for one in said.allowed],
        "denied": [str(one) for one in said.denied],
        "reason": said.reason,
    }


def _rest(said: Usage) -> tuple[Any, ...]:
    return said.min_age_hours, said.allowed, said.denied, said.reason
