"""Sends messages to webhooks. The row is the truth: whoever sends has claimed it, and a claim ends by itself.

A message goes out at least once. Its id is the same at every try, so that it takes effect once.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import standardwebhooks
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone

from hub import mail, outbound, vault
from hub.actors import Actor
from hub.domain import audit as domain_audit
from hub.domain import roles
from hub.domain import webhooks as domain
from hub.domain.actions import HubAction
from hub.domain.roles import Permission
from hub.models import AuditEvent, DeliveryState, User, Webhook, WebhookDelivery, WebhookTry
from hub.models.webhooks import OPEN
from hub.services import audit

TIMEOUT = 10.0
LEASE = timedelta(seconds=60)  # longer than a try can take; then the claim of a killed worker is over
PER_WEBHOOK = 2  # messages on their way to one receiver at the same time: a slow one holds up only itself
PARALLEL = 16
TICK_SECONDS = 45.0  # how long one run goes on while there is work
PATIENCE = timedelta(days=5)
KEEP_BYTES = 2048
MAX_HEADERS = 20
PRUNE_BATCH = 5000
_GONE = 410
_SUCCESS = range(200, 300)
_LOCK = 0x6168_7562_7768  # the advisory lock that one run at a time holds: "ahubwh"
_HIDDEN_HEADERS = {"set-cookie", "authorization", "proxy-authenticate", "www-authenticate"}


@dataclass(frozen=True)
class Outcome:
    """What came of one request."""

    at: datetime
    duration_ms: int
    status: int | None = None
    error: str = ""
    headers: dict[str, str] | None = None
    body: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the receiver took the message."""
        return self.status in _SUCCESS

    @property
    def retry_after(self) -> timedelta | None:
        """How long the receiver asks to be left alone, if it says so in seconds."""
        asked = (self.headers or {}).get("retry-after", "")
        return timedelta(seconds=min(int(asked), 10**6)) if asked.isascii() and asked.isdigit() else None


def deliver_due(seconds: float = TICK_SECONDS) -> int:
    """Send what is due, and what becomes due within `seconds`, to many receivers at the same time. Returns how much was tried.

    One run at a time: slow receivers never take more than one place of a worker. A second run ends at once.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        try:
            return _deliver(time.monotonic() + seconds)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def due(now: datetime, limit: int = PARALLEL) -> list[int]:
    """The ids of deliveries to claim, the longest waiting first, and of each webhook no more than may be on their way."""
    place = Window(RowNumber(), partition_by="webhook_id", order_by=["due_at", "id"])
    rows = _open(now).annotate(place=place).filter(place__lte=PER_WEBHOOK).order_by("due_at", "id")
    return list(rows.values_list("id", flat=True)[:limit])


def attempt(
    delivery_id: int, *, clock: Callable[[], datetime] = timezone.now, luck: Callable[[], float] = random.random
) -> WebhookDelivery | None:
    """Claim the delivery, send it once, and note what came of it; None if it is not to be sent now, or by another."""
    claimed = claim(delivery_id, now=clock())
    if claimed is None:
        return None
    settle(claimed, send(claimed, clock=clock), luck=luck)
    return claimed


def claim(delivery_id: int, *, now: datetime) -> WebhookDelivery | None:
    """Take the delivery for `LEASE`, with its body written; None if it is not due, or its receiver has enough on the way."""
    with transaction.atomic():
        webhook_id = _open(now).filter(id=delivery_id).values_list("webhook_id", flat=True).first()
        if webhook_id is None:
            return None
        Webhook.objects.select_for_update().filter(id=webhook_id).first()
        on_the_way = WebhookDelivery.objects.filter(webhook_id=webhook_id, state=DeliveryState.SENDING, due_at__gt=now)
        if on_the_way.count() >= PER_WEBHOOK:
            return None
        taken = {"state": DeliveryState.SENDING, "lease": uuid.uuid4(), "due_at": now + LEASE, "tries": F("tries") + 1}
        if not WebhookDelivery.objects.filter(_is_due(now), id=delivery_id).update(**taken):
            return None
        delivery = WebhookDelivery.objects.select_related("webhook__namespace").get(id=delivery_id)
        return delivery if _has_body(delivery) else None


def send(delivery: WebhookDelivery, *, clock: Callable[[], datetime] = timezone.now) -> Outcome:
    """One request with the message that was claimed."""
    webhook, at, started = delivery.webhook, clock(), time.monotonic()

    def spent() -> int:
        return int((time.monotonic() - started) * 1000)

    try:
        answer = outbound.post(
            webhook.url,
            delivery.body.encode(),
            headers=headers_of(delivery, at),
            allowed_hosts=settings.WEBHOOK_ALLOWED_HOSTS,
            timeout=TIMEOUT,
            keep_bytes=KEEP_BYTES,
        )
    except (outbound.Refused, outbound.Failed) as failure:
        return Outcome(at, spent(), error=str(failure)[:300])
    except vault.Unreadable:
        return Outcome(
            at, spent(), error="The signing secret cannot be read: the hub's vault key has changed. Rotate it."
        )
    body = answer.body.decode("utf-8", "replace").replace("\0", "�")
    error = "" if answer.status in _SUCCESS else f"The receiver answered with status {answer.status}."
    return Outcome(at, spent(), answer.status, error, _shown(answer.headers), body)


def headers_of(delivery: WebhookDelivery, at: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks: id, time, and a signature by each secret in force. Raises vault.Unreadable."""
    webhook = delivery.webhook
    sealed = [webhook.sealed_secret]
    if webhook.previous_until is not None and webhook.previous_until > at:
        sealed.append(webhook.sealed_previous)
    signers = [standardwebhooks.Webhook(vault.unseal(each)) for each in sealed]
    return {
        "Content-Type": "application/json",
        "Accept": "*/*",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(one.sign(delivery.message_id, at, delivery.body) for one in signers),
    }


def settle(delivery: WebhookDelivery, outcome: Outcome, *, luck: Callable[[], float] = random.random) -> None:
    """Note what came of a try. A success counts even if the claim was over meanwhile; a failure then is the other's to judge."""
    with transaction.atomic():
        # The row is gone if its webhook was deleted while the request was on its way.
        rows = WebhookDelivery.objects.select_for_update().filter(id=delivery.id)
        if not rows.exists():
            return
        _log(delivery, outcome)
        if outcome.is_success:
            done = {"state": DeliveryState.DELIVERED, "delivered_at": outcome.at, "lease": None}
            rows.exclude(state=DeliveryState.DELIVERED).update(**done)
            Webhook.objects.filter(id=delivery.webhook_id).exclude(failing_since=None).update(failing_since=None)
        else:
            _put_off(delivery, outcome, luck())
    delivery.refresh_from_db()


def prune(*, before: datetime) -> int:
    """Delete deliveries made before that moment, in steps, with their tries. Returns how many."""
    old = WebhookDelivery.objects.filter(created_at__lt=before)
    count = 0
    while ids := list(old.values_list("id", flat=True)[:PRUNE_BATCH]):
        count += len(ids)
        WebhookDelivery.objects.filter(id__in=ids).delete()
    return count


def _deliver(deadline: float) -> int:
    running: set[Future[object]] = set()
    begun: dict[int, Future[object]] = {}
    count = 0
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="webhook") as pool:
        while time.monotonic() < deadline:
            begun = {number: future for number, future in begun.items() if not future.done()}
            free = PARALLEL - len(running)
            found = [number for number in due(timezone.now(), PARALLEL) if number not in begun][:free] if free else []
            for number in found:
                begun[number] = pool.submit(_attempt_apart, number)
                running.add(begun[number])
            count += len(found)
            if not running:
                break
            done, running = wait(running, timeout=1.0, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
    for future in running:
        future.result()
    return count


def _attempt_apart(delivery_id: int) -> object:
    """`attempt` in a thread, which has a database connection of its own."""
    try:
        return attempt(delivery_id)
    finally:
        connection.close()


def _is_due(now: datetime) -> Q:
    return Q(state__in=OPEN, due_at__lte=now)


def _open(now: datetime) -> QuerySet[WebhookDelivery]:
    """What is due for webhooks that are switched on, in namespaces that are open."""
    return WebhookDelivery.objects.filter(_is_due(now), webhook__is_enabled=True, webhook__namespace__closed_at=None)


def _has_body(delivery: WebhookDelivery) -> bool:
    """Write the message's body if it has none yet. A message that has no tries left, or no event, is over."""
    if delivery.tries > domain.MAX_TRIES:
        return _give_up(delivery)
    if delivery.body:
        return True
    event = AuditEvent.objects.filter(id=delivery.event_id or 0).first()
    if event is None:
        return _give_up(delivery)
    delivery.body = domain.payload(event.action, domain_audit.moment(event.at), domain.data_of(audit.facts(event)))
    delivery.save(update_fields=["body"])
    return True


def _give_up(delivery: WebhookDelivery) -> bool:
    WebhookDelivery.objects.filter(id=delivery.id).update(state=DeliveryState.FAILED, lease=None)
    return False


def _put_off(delivery: WebhookDelivery, outcome: Outcome, luck: float) -> None:
    """Plan the next try, or give up; and switch a receiver off that wants no more, or has failed for days."""
    pause = domain.wait(delivery.tries, luck, outcome.retry_after)
    plan: dict[str, object] = {"state": DeliveryState.FAILED, "lease": None}
    if pause is not None:
        plan |= {"state": DeliveryState.WAITING, "due_at": outcome.at + pause}
    mine = WebhookDelivery.objects.filter(id=delivery.id, lease=delivery.lease, state=DeliveryState.SENDING)
    mine.update(**plan)
    webhook = Webhook.objects.filter(id=delivery.webhook_id)
    webhook.update(failing_since=Coalesce("failing_since", outcome.at))
    since = webhook.values_list("failing_since", flat=True).get()
    if outcome.status == _GONE:
        _disable(delivery.webhook, "The receiver answered 410: it wants no more messages.")
    elif since is not None and outcome.at - since >= PATIENCE:
        _disable(delivery.webhook, f"Nothing could be delivered for {PATIENCE.days} days.")


def _disable(webhook: Webhook, reason: str) -> None:
    """Switch the webhook off, say so in the audit log, and write to whoever manages it."""
    if not Webhook.objects.filter(id=webhook.id, is_enabled=True).update(is_enabled=False, disabled_reason=reason):
        return
    data = {"reason": reason}
    audit.record(Actor(source="task"), HubAction.WEBHOOK_DISABLE, webhook, namespace=webhook.namespace, data=data)
    context = {"namespace": webhook.namespace.slug, "url": webhook.url, "reason": reason, "base": settings.BASE_URL}
    for person in _managers(webhook):
        transaction.on_commit(partial(mail.send, "webhook_disabled", person.email, context))


def _managers(webhook: Webhook) -> list[User]:
    namespace = webhook.namespace
    if namespace.user_id is not None:
        people = User.objects.filter(id=namespace.user_id)
    else:
        managing = roles.with_permission(Permission.WEBHOOKS_MANAGE)
        people = User.objects.filter(
            memberships__organization=namespace.organization_id, memberships__role__in=managing, is_service=False
        )
    return list(people.exclude(email="").filter(is_active=True).order_by("id")[:50])


def _log(delivery: WebhookDelivery, outcome: Outcome) -> None:
    WebhookTry.objects.create(
        delivery_id=delivery.id,
        number=delivery.tries,
        at=outcome.at,
        duration_ms=outcome.duration_ms,
        status=outcome.status,
        error=outcome.error,
        response_headers=outcome.headers or {},
        response_body=outcome.body,
    )


def _shown(headers: dict[str, str]) -> dict[str, str]:
    """The answer's headers that the log keeps: a few, short, and none that carries a credential."""
    kept = [(name, value) for name, value in headers.items() if name not in _HIDDEN_HEADERS]
    return {name[:60]: _storable(value)[:200] for name, value in kept[:MAX_HEADERS]}


def _storable(text: str) -> str:
    """`text` as a database can hold it."""
    return text.replace("\0", "�").encode("utf-8", "replace").decode()
