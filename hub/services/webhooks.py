"""Makes, changes and ends webhooks. What they are told is sent by `hub.services.webhook_deliveries`."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from hub import outbound, vault
from hub.actors import Actor
from hub.domain import audit as domain_audit
from hub.domain import webhooks as domain
from hub.domain.actions import HubAction
from hub.domain.decisions import require
from hub.models import DeliveryState, Namespace, Webhook, WebhookDelivery
from hub.policies import webhooks as policies
from hub.services import audit

MAX_WEBHOOKS = 20
URL_MAX_LENGTH = 1000
DESCRIPTION_MAX_LENGTH = 200
MAX_OVERLAP = timedelta(days=7)


class InvalidUrl(ValueError):
    """The address cannot be sent to; the message says why."""


class InvalidDescription(ValueError):
    """The description is too long, or more than a line."""


class TooMany(Exception):
    """The namespace has as many webhooks as it can have."""


class Gone(Exception):
    """The webhook was deleted a moment ago."""


class Disabled(Exception):
    """A webhook that is switched off is sent nothing."""


class InvalidOverlap(ValueError):
    """The overlap of a rotation is too long."""


class StillOpen(Exception):
    """A delivery that is still being tried needs no replay."""


@dataclass(frozen=True)
class NewSecret:
    """A webhook with its new signing secret, which is not shown again."""

    webhook: Webhook
    secret: str = field(repr=False)


def create(*, by: Actor, namespace: Namespace, url: str, events: Iterable[str], description: str = "") -> NewSecret:
    """Have the events of `namespace` that `events` covers sent to `url`.

    Raises PermissionRefused, InvalidUrl, InvalidDescription, domain.InvalidEvents or TooMany.
    """
    require(policies.may_manage(by, namespace))
    chosen = domain.check_patterns(events)
    require(policies.may_choose(by, namespace, chosen))
    url, description = _checked_url(url), _checked_description(description)
    secret = _new_secret()
    with transaction.atomic():
        Namespace.objects.select_for_update().get(id=namespace.id)
        if Webhook.objects.filter(namespace=namespace).count() >= MAX_WEBHOOKS:
            raise TooMany(f"A namespace has at most {MAX_WEBHOOKS} webhooks. Delete one first.")
        webhook = Webhook.objects.create(
            namespace=namespace,
            url=url,
            description=description,
            events=chosen,
            sealed_secret=vault.seal(secret),
            created_by=by.user,
        )
        audit.record(by, HubAction.WEBHOOK_CREATE, webhook, namespace=namespace, data=_facts(webhook))
    return NewSecret(webhook, secret)


def update(
    *, by: Actor, webhook: Webhook, url: str, events: Iterable[str], description: str, is_enabled: bool
) -> Webhook:
    """Change a webhook, or switch it off and on again. What waits while it is off is sent when it is on.

    Raises PermissionRefused, InvalidUrl, InvalidDescription, domain.InvalidEvents or Gone.
    """
    require(policies.may_change(by, webhook))
    chosen = domain.check_patterns(events)
    require(policies.may_choose(by, webhook.namespace, chosen))
    url, description = _checked_url(url), _checked_description(description)
    with transaction.atomic():
        now = _locked(by, webhook)
        before = _facts(now)
        if now.url != url or is_enabled:
            now.failing_since, now.disabled_reason = None, ""
        now.url, now.events, now.description, now.is_enabled = url, chosen, description, is_enabled
        now.save()
        data = {"before": before, "after": _facts(now)}
        audit.record(by, HubAction.WEBHOOK_UPDATE, now, namespace=now.namespace, data=data)
    return now


def delete(*, by: Actor, webhook: Webhook) -> None:
    """Delete a webhook with its log. Nothing more is sent. Raises PermissionRefused or Gone."""
    require(policies.may_change(by, webhook))
    with transaction.atomic():
        now = _locked(by, webhook)
        audit.record(by, HubAction.WEBHOOK_DELETE, now, namespace=now.namespace, data=_facts(now))
        now.delete()


def rotate(*, by: Actor, webhook: Webhook, overlap: timedelta = timedelta(days=1)) -> NewSecret:
    """Give the webhook a new signing secret. Until `overlap` is over, messages carry the signatures of both.

    Raises PermissionRefused, InvalidOverlap or Gone.
    """
    require(policies.may_change(by, webhook))
    if not timedelta() <= overlap <= MAX_OVERLAP:
        raise InvalidOverlap(f"The overlap is at most {MAX_OVERLAP.days} days.")
    secret = _new_secret()
    with transaction.atomic():
        now = _locked(by, webhook)
        now.sealed_previous = now.sealed_secret if overlap else ""
        now.previous_until = timezone.now() + overlap if overlap else None
        now.sealed_secret = vault.seal(secret)
        now.save()
        data = {"overlap_seconds": int(overlap.total_seconds())}
        audit.record(by, HubAction.WEBHOOK_ROTATE, now, namespace=now.namespace, data=data)
    return NewSecret(now, secret)


def test(*, by: Actor, webhook: Webhook) -> WebhookDelivery:
    """Have a test message sent. Raises PermissionRefused, Disabled or Gone."""
    require(policies.may_change(by, webhook))
    with transaction.atomic():
        now = _locked(by, webhook)
        _require_enabled(now)
        at = timezone.now()
        data = {"namespace": now.namespace.slug, "text": "This is a test. Nothing has happened."}
        delivery = WebhookDelivery.objects.create(
            webhook=now,
            event_type=domain.TEST_EVENT,
            body=domain.payload(domain.TEST_EVENT, domain_audit.moment(at), data),
            due_at=at,
            created_at=at,
        )
        audit.record(by, HubAction.WEBHOOK_TEST, now, namespace=now.namespace, data={"message": delivery.message_id})
    return delivery


def replay(*, by: Actor, delivery: WebhookDelivery) -> None:
    """Send a delivery that is over once more, with the same id and the same body. Raises as `test`, or StillOpen."""
    webhook = delivery.webhook
    require(policies.may_change(by, webhook))
    with transaction.atomic():
        now = _locked(by, webhook)
        _require_enabled(now)
        over = WebhookDelivery.objects.filter(id=delivery.id, state__in=(DeliveryState.DELIVERED, DeliveryState.FAILED))
        fresh = {"state": DeliveryState.WAITING, "tries": 0, "due_at": timezone.now(), "lease": None}
        if not over.update(**fresh):
            raise StillOpen("This delivery is still being tried, or is gone.")
        audit.record(by, HubAction.WEBHOOK_REPLAY, now, namespace=now.namespace, data={"message": delivery.message_id})


def _locked(by: Actor, webhook: Webhook) -> Webhook:
    """The webhook as it is now, against changes at the same time; its events may have become more meanwhile."""
    rows = Webhook.objects.select_for_update(of=("self",)).select_related("namespace__organization")
    now = rows.filter(id=webhook.id).first()
    if now is None:
        raise Gone("This webhook is deleted.")
    require(policies.may_change(by, now))
    return now


def _require_enabled(webhook: Webhook) -> None:
    if not webhook.is_enabled:
        raise Disabled("This webhook is switched off. Switch it on first.")


def _checked_url(url: str) -> str:
    if len(url) > URL_MAX_LENGTH:
        raise InvalidUrl(f"An address has at most {URL_MAX_LENGTH} characters.")
    try:
        outbound.target(url, allowed_hosts=settings.WEBHOOK_ALLOWED_HOSTS)
    except outbound.Refused as error:
        raise InvalidUrl(str(error)) from None
    return url


def _checked_description(text: str) -> str:
    text = text.strip()
    if len(text) > DESCRIPTION_MAX_LENGTH or not text.isprintable():
        raise InvalidDescription(f"Write at most {DESCRIPTION_MAX_LENGTH} characters, on one line.")
    return text


def _new_secret() -> str:
    return domain.secret_of(secrets.token_bytes(domain.SECRET_BYTES))


def _facts(webhook: Webhook) -> dict[str, object]:
    """What the audit log says of a webhook: of its address the host alone, as paths of some services are secrets."""
    return {"host": urlsplit(webhook.url).netloc, "events": webhook.events, "is_enabled": webhook.is_enabled}
