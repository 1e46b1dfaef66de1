"""Background work of the foundation."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.db.models import QuerySet
from django.utils import timezone

from hub.actors import Actor
from hub.models import ApiToken, Device, DeviceRequest, RefreshToken
from hub.services import (
    audit_retention,
    audit_seals,
    domains,
    jobs,
    notifications,
    organization_life,
    webhook_deliveries,
)

DOMAINS_SECONDS = 240  # within the time limit of tasks


def heartbeat_file() -> Path:
    """Touched by the worker on its schedule, so that readiness can be told without asking the worker."""
    return settings.DATA_DIR / "run" / "worker-heartbeat"


@shared_task
def heartbeat(**_: object) -> None:
    """Show that schedule, broker and worker all work."""
    path = heartbeat_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(time.time()))


@shared_task
def clear_expired_sessions(**_: object) -> None:
    """Delete sessions that have ended."""
    call_command("clearsessions")


@shared_task
def clear_ended_devices(**_: object) -> None:
    """Delete what is left of devices and their tokens long after their end. What they did stays in the audit log."""
    over: list[QuerySet[Any]] = [
        DeviceRequest.objects.over(),
        RefreshToken.objects.filter(expires_at__lt=timezone.now()),
        ApiToken.objects.of_devices_over(),
        Device.objects.over(),
    ]
    for rows in over:
        rows.delete()


@shared_task
def purge_organizations(**_: object) -> None:
    """Empty the organizations whose period of grace after deletion is over (`HUB_ORGANIZATION_GRACE_DAYS`)."""
    for organization in organization_life.due().select_related("namespace"):
        organization_life.purge(by=Actor(source="task"), organization=organization)


@shared_task
def check_domains(**_: object) -> None:
    """Look again for the proofs of domains. What this run does not reach in its time, the next one begins with."""
    until = time.monotonic() + DOMAINS_SECONDS
    for proof in domains.due().select_related("namespace__organization"):
        if time.monotonic() > until:
            return
        with contextlib.suppress(domains.Gone):  # removed meanwhile
            domains.recheck(by=Actor(source="task"), proof=proof)


@shared_task
def seal_audit_log(**_: object) -> None:
    """Give the audit events of the last seconds their place in the signed chain."""
    audit_seals.seal_all()


@shared_task
def prune_audit_log(**_: object) -> None:
    """Delete audit events that are older than the hub keeps them (`HUB_AUDIT_RETENTION_DAYS`)."""
    if settings.AUDIT_RETENTION_DAYS > 0:
        before = timezone.now() - timedelta(days=settings.AUDIT_RETENTION_DAYS)
        audit_retention.prune(by=Actor(source="task"), before=before)


@shared_task
def mail_notifications(**_: object) -> None:
    """Mail the notifications that are due. Also on the schedule, for those that a worker left."""
    notifications.send_due()


@shared_task
def forget_notifications(**_: object) -> None:
    """Delete notifications of long ago."""
    notifications.forget_old()


@shared_task
def deliver_webhooks(**_: object) -> None:
    """Send what is due to webhooks, also what a killed worker left half done."""
    webhook_deliveries.deliver_due()


@shared_task
def prune_webhook_log(**_: object) -> None:
    """Delete deliveries that are older than the hub keeps them (`HUB_WEBHOOK_LOG_DAYS`)."""
    webhook_deliveries.prune(before=timezone.now() - timedelta(days=settings.WEBHOOK_LOG_DAYS))


@shared_task(time_limit=3600)
def run_job(*, job_id: int, **_: object) -> None:
    """Do a job that somebody started."""
    jobs.run(job_id)


@shared_task
def sweep_jobs(**_: object) -> None:
    """Send again the jobs that a killed worker or a lost message left behind."""
    jobs.sweep()


def _send(job_id: int) -> None:
    run_job.delay(job_id=job_id)


jobs.send_through(_send)
