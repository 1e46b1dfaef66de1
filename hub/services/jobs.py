"""Jobs: started in somebody's request, run by a worker, watched on a page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from hub.actors import Actor
from hub.models import ApiToken, Job, JobState, Namespace
from hub.policies.namespaces import managed

logger = logging.getLogger(__name__)

# A worker that was heard of more recently is still at it.
SILENCE = timedelta(minutes=2)
WAITING = timedelta(seconds=30)
MAX_TRIES = 3
KEPT = timedelta(days=90)

type Handler = Callable[[Job, Actor], Mapping[str, Any]]
_handlers: dict[str, Handler] = {}
_enqueue: list[Callable[[int], None]] = []


class Stopped(Exception):
    """The job cannot go on; the message is for whoever started it."""


def register(kind: str, handler: Handler) -> None:
    """Let jobs of `kind` be done by `handler(job, by)`, which returns the report, and may be called again for the same job."""
    _handlers[kind] = handler


def send_through(enqueue: Callable[[int], None]) -> None:
    """Tell how a job's id reaches a worker (`hub.tasks` does)."""
    _enqueue[:] = [enqueue]


def start(*, by: Actor, kind: str, namespace: Namespace, data: Mapping[str, Any]) -> Job:
    """Put a job into the queue, as part of a deed that the caller has allowed and records. A worker gets it on commit."""
    if by.user is None:
        raise ValueError("A job acts for a person or a service account.")
    job = Job.objects.create(
        kind=kind,
        namespace=namespace,
        data=dict(data),
        user=by.user,
        token=by.token,
        through_token=by.token is not None,
        sso=sorted(by.sso),
        second_factor=by.second_factor,
        confined_to_id=by.confined_to,
        request_id=by.request_id[:64],
    )
    transaction.on_commit(lambda: _send(job.id))
    return job


def visible_to(actor: Actor) -> QuerySet[Job]:
    """The jobs that the actor may look at: those of namespaces in which it publishes."""
    return Job.objects.filter(namespace__in=managed(actor)).select_related("namespace", "user")


def run(job_id: int) -> None:
    """Do the job, unless somebody else is at it or it is over."""
    job = _claim(job_id)
    if job is None:
        return
    try:
        report = _handlers.get(job.kind, _unknown)(job, actor_of(job))
        _finish(job, JobState.DONE, report=dict(report))
    except Stopped as stopped:
        _finish(job, JobState.FAILED, error=str(stopped)[:500])
    except Exception:
        logger.exception("Job %s failed.", job.id)
        _retry_or_fail(job)


def actor_of(job: Job) -> Actor:
    """Whoever started the job, with the power that they have now. Raises Stopped if that is none."""
    if not job.user.is_active:
        raise Stopped("Whoever started this no longer has an account here.")
    token = ApiToken.objects.in_force().select_related("user").filter(id=job.token_id).first() if job.token_id else None
    if job.through_token and token is None:
        raise Stopped("The token that started this is no longer in force.")
    return Actor(
        user=job.user,
        token=token,
        request_id=job.request_id,
        sso=frozenset(job.sso),
        second_factor=job.second_factor,
        confined_to=job.confined_to_id,
        source="task",
    )


def progress(job: Job, *, done: int, total: int | None = None, note: str = "") -> None:
    """Say how far a job is, and that its worker is alive. Raises Stopped if another worker has taken it over."""
    job.done, job.note = done, note[:300]
    if total is not None:
        job.total = total
    changes = {"done": job.done, "total": job.total, "note": job.note, "beat_at": timezone.now()}
    if not Job.objects.filter(id=job.id, state=JobState.RUNNING, tries=job.tries).update(**changes):
        raise Stopped("Another worker goes on with this.")


def sweep() -> int:
    """Send again what no worker is at, and forget what is long over. Returns how many were sent."""
    now = timezone.now()
    silent = Q(state=JobState.RUNNING, beat_at__lt=now - SILENCE)
    waiting = Q(state=JobState.QUEUED, created_at__lt=now - WAITING)
    ids = list(Job.objects.filter(silent | waiting, finished_at=None).order_by("id").values_list("id", flat=True)[:200])
    for job_id in ids:
        _send(job_id)
    Job.objects.filter(finished_at__lt=now - KEPT).delete()
    return len(ids)


def _unknown(job: Job, by: Actor) -> Mapping[str, Any]:
    raise Stopped("This hub no longer does work of this kind.")


def _send(job_id: int) -> None:
    for enqueue in _enqueue:
        enqueue(job_id)


def _claim(job_id: int) -> Job | None:
    """The job, if this call is the one to do it. Of two workers at once exactly one gets it."""
    now = timezone.now()
    free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, beat_at__lt=now - SILENCE)
    rows = Job.objects.filter(free, id=job_id)
    rows.filter(tries__gte=MAX_TRIES).update(
        state=JobState.FAILED, finished_at=now, error="It was tried several times, and its worker died each time."
    )
    changes = {"state": JobState.RUNNING, "beat_at": now, "started_at": now, "tries": F("tries") + 1}
    if not rows.filter(tries__lt=MAX_TRIES).update(**changes):
        return None
    return Job.objects.select_related("namespace__organization", "user", "confined_to").get(id=job_id)


def _finish(job: Job, state: JobState, **outcome: Any) -> None:
    mine = Job.objects.filter(id=job.id, state=JobState.RUNNING, tries=job.tries)
    mine.update(state=state, finished_at=timezone.now(), note="", **outcome)


def _retry_or_fail(job: Job) -> None:
    if job.tries < MAX_TRIES:
        mine = Job.objects.filter(id=job.id, state=JobState.RUNNING, tries=job.tries)
        mine.update(state=JobState.QUEUED, created_at=timezone.now())
    else:
        _finish(
            job, JobState.FAILED, error="Something went wrong in the hub. Its operator finds the reason in the log."
        )
