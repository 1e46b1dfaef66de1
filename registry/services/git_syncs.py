"""Syncs of Git sources: asked for, worked on in steps, found again when a worker is gone.

The row of a sync is the truth. A worker takes it by an update that one of several wins, shows at every step that it is
still at it, and may be given up: then the next one starts over, and finds what was published already unchanged.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from hub import vault
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused, require
from hub.policies.namespaces import may_publish
from hub.services import audit
from registry import background, policies
from registry.domain.actions import RegistryAction
from registry.git import repository
from registry.git.errors import Unusable
from registry.models import GitSource, SyncRun
from registry.services import git_reports, source_import
from registry.services.git_sources import place_of

STALE = timedelta(seconds=120)  # a worker that was not heard of for so long is gone
LOST_AFTER = timedelta(seconds=60)  # a sync that waits longer was lost on its way to a worker
MAX_LOSSES = 3
UNEXPECTED = "Something went wrong in the hub. Its log has more; whoever runs it can tell."
logger = logging.getLogger(__name__)


class Stopped(Exception):
    """The source may not be synced: the message says why. It stays off until somebody who may turns it on."""


def ask(*, by: Actor, source: GitSource) -> SyncRun:
    """Have the source synced now, also what seemed unchanged. Returns the sync that waits, an earlier one if there is one.

    Raises PermissionRefused.
    """
    require(policies.may_see_sources(by, source.namespace))
    with transaction.atomic():
        run = _queued(source, SyncRun.Trigger.MANUAL, by)
        data = {"url": source.url, "sync": run.id, "trigger": "manual"}
        audit.record(by, RegistryAction.GIT_SOURCE_SYNC, source, namespace=source.namespace, data=data)
    return run


def announce(*, source: GitSource) -> SyncRun | None:
    """A webhook says that there may be something new. However often it says so, one sync waits. None for one that is off."""
    if not source.is_enabled or source.namespace.closed_at is not None:
        return None
    with transaction.atomic():
        return _queued(source, SyncRun.Trigger.WEBHOOK, None)


def sweep() -> int:
    """Queue what is due, and hand out again what was lost or left behind. Returns how many syncs were handed out."""
    now = timezone.now()
    GitSource.objects.filter(namespace__organization__purged_at__isnull=False).delete()
    due = GitSource.objects.filter(is_enabled=True, next_sync_at__lte=now, namespace__closed_at=None)
    for source in due.select_related("namespace")[:500]:
        later = now + timedelta(minutes=source.interval_minutes) if source.interval_minutes else None
        with transaction.atomic():
            mine = GitSource.objects.filter(id=source.id, next_sync_at=source.next_sync_at)
            if mine.update(next_sync_at=later):
                _queued(source, SyncRun.Trigger.SCHEDULE, None)
    lost = Q(state=SyncRun.State.QUEUED, created_at__lt=now - LOST_AFTER)
    left = Q(state=SyncRun.State.RUNNING) & (Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - STALE))
    found = list(SyncRun.objects.filter(lost | left).order_by("id").values_list("id", flat=True)[:500])
    for run_id in found:
        _send(run_id)
    return len(found)


def work(*, run_id: int) -> bool:
    """Work on a sync for one step. Returns whether there is more to do. Doing it twice, or at once, does it once."""
    run = _claimed(run_id)
    if run is None:
        return False
    report = git_reports.Report(run)
    try:
        _sync(run, report)
    except git_reports.Paused:
        return report.leave()
    except git_reports.Superseded:
        logger.info("Another worker took over sync %s.", run_id)
    except (Stopped, PermissionRefused) as error:
        _fail(report, str(error), stop=True)
    except Unusable as error:
        _fail(report, str(error))
    except vault.Unreadable:
        _fail(report, "The credential cannot be opened any more. Give it again.", stop=True)
    except Exception:
        logger.exception("Sync %s failed.", run_id)
        _fail(report, UNEXPECTED)
    return False


def actor_for(source: GitSource) -> Actor:
    """Who a sync acts as: the person who answers for the source, in its namespace alone.

    As a service account, a source needs no proof of sign-in: whoever connected it had given it, and what counts from then
    on is that the person still may publish there. Raises Stopped.
    """
    person = source.connected_by
    if person is None or not person.is_active:
        raise Stopped("Who connected this source is not here any more. Somebody who may has to save its settings.")
    organization = source.namespace.organization_id
    actor = Actor(
        user=person,
        sso=frozenset({organization} if organization else ()),
        second_factor=True,
        confined_to=organization,
        source="task",
        on_behalf_of=person.username,
    )
    if not may_publish(actor, source.namespace):
        raise Stopped(
            f"{person.username}, who connected this source, may not publish in “{source.namespace.slug}” any more. "
            "Somebody who may has to save its settings."
        )
    return actor


def _sync(run: SyncRun, report: git_reports.Report) -> None:
    source = run.source
    by, place, hosts = actor_for(source), place_of(source), settings.GIT_ALLOWED_HOSTS
    ref = repository.head(place, allowed_hosts=hosts)
    if ref == source.last_ref and run.trigger != SyncRun.Trigger.MANUAL:
        _finish(report, by, ref, source.last_commit)
        return
    with repository.checkout(place, allowed_hosts=hosts, alive=report.alive) as fetched:
        files = report.gather(fetched)
    origin = {"repository": source.url, "commit": fetched.commit}
    rows = source_import.publish(
        by=by,
        namespace=source.namespace,
        files=files,
        origin=origin,
        visibility=source.visibility,
        progress=report.progress,
    )
    for row in rows:
        report.add(row)
    report.add_gone()
    _finish(report, by, fetched.ref, fetched.commit)


def _claimed(run_id: int) -> SyncRun | None:
    """The sync, if it is this worker's now."""
    now = timezone.now()
    rows = SyncRun.objects.filter(id=run_id)
    left = rows.filter(state=SyncRun.State.RUNNING)
    taken = {"heartbeat_at": now, "attempt": F("attempt") + 1}
    try:
        with transaction.atomic():
            mine = (
                rows.filter(state=SyncRun.State.QUEUED).update(state=SyncRun.State.RUNNING, started_at=now, **taken)
                or left.filter(heartbeat_at=None).update(**taken)
                or left.filter(heartbeat_at__lt=now - STALE).update(losses=F("losses") + 1, **taken)
            )
    except IntegrityError:
        return None  # another sync of the source is under way, and hands this one out when it is over
    if not mine:
        return None
    run = SyncRun.objects.select_related("source__namespace", "source__connected_by").get(id=run_id)
    if run.losses >= MAX_LOSSES:
        _fail(git_reports.Report(run), f"{MAX_LOSSES} workers ended while they worked on it. Try a smaller folder.")
        return None
    return run


def _queued(source: GitSource, trigger: str, by: Actor | None) -> SyncRun:
    """The sync of the source that waits: a new one, or the one that does already. Part of the caller's transaction."""
    user = by.user if by is not None else None
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(
                source=source, trigger=trigger, requested_by=user, commit_before=source.last_commit
            )
    except IntegrityError:
        waiting = SyncRun.objects.select_for_update().filter(source=source, state=SyncRun.State.QUEUED)
        if trigger == SyncRun.Trigger.MANUAL:
            # Who asks wants everything looked at, whatever the one that waits was for.
            waiting.update(trigger=trigger, requested_by=user)
        found = waiting.first()
        # It was taken up in between: it is past waiting, so there is room for one.
        run = found if found is not None else SyncRun.objects.create(source=source, trigger=trigger, requested_by=user)
    transaction.on_commit(lambda: _send(run.id))
    return run


def _finish(report: git_reports.Report, by: Actor, ref: str, commit: str) -> None:
    run, now = report.run, timezone.now()
    with transaction.atomic():
        counts = report.close(SyncRun.State.DONE, commit_after=commit)
        GitSource.objects.filter(id=run.source_id).update(last_ref=ref, last_commit=commit, last_synced_at=now)
        if counts:
            data = {"url": run.source.url, "sync": run.id, "trigger": run.trigger, "commit": commit, "counts": counts}
            audit.record(by, RegistryAction.GIT_SOURCE_SYNC, run.source, namespace=run.source.namespace, data=data)
    _next(run)


def _fail(report: git_reports.Report, error: str, *, stop: bool = False) -> None:
    run = report.run
    try:
        with transaction.atomic():
            report.close(SyncRun.State.FAILED, error=error[:500])
            if stop:
                GitSource.objects.filter(id=run.source_id).update(is_enabled=False, stopped_because=error[:300])
    except git_reports.Superseded:
        return
    _next(run)


def _next(run: SyncRun) -> None:
    """Hand out what waited for this one to be over."""
    waiting = SyncRun.objects.filter(source=run.source_id, state=SyncRun.State.QUEUED)
    for run_id in waiting.values_list("id", flat=True):
        _send(run_id)


def _send(run_id: int) -> None:
    background.send("registry.tasks.sync_git_source", run_id=run_id)
