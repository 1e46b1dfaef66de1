"""Makes, changes and ends mirrors, and starts their runs. What a run does is in `registry.services.mirror_runs`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet
from django.utils import timezone

from hub import outbound
from hub.actors import Actor
from hub.domain.decisions import require
from hub.models import Job, Namespace
from hub.services import audit, jobs
from registry import policies
from registry.domain import mirrors as domain
from registry.domain.actions import RegistryAction
from registry.models import Mirror, UpstreamKind, Visibility

JOB = "mirror"
MAX_MIRRORS = 20
PAUSE = timedelta(hours=domain.MIN_HOURS)


class InvalidUrl(ValueError):
    """The address cannot be followed; the message says why."""


class InvalidMirror(ValueError):
    """The interval, the upstream's kind or the visibility cannot be used."""


class MirrorExists(Exception):
    """The namespace follows this address already."""


class TooMany(Exception):
    """The namespace has as many mirrors as it can have."""


class TooSoon(Exception):
    """A run goes on, or ended less than an hour ago: upstreams are asked hourly at most."""


class Gone(Exception):
    """The mirror was deleted a moment ago."""


@dataclass(frozen=True)
class Setup:
    """What a mirror follows, and how."""

    upstream: str
    base_url: str
    patterns: tuple[str, ...] = ()
    visibility: str = Visibility.INTERNAL
    interval_hours: int = 24


def create(*, by: Actor, namespace: Namespace, setup: Setup) -> Mirror:
    """Follow an upstream from now on.

    Raises PermissionRefused, InvalidUrl, InvalidMirror, domain.InvalidPatterns, MirrorExists or TooMany.
    """
    require(policies.may_mirror(by, namespace))
    assert by.user is not None  # noqa: S101  # the policy lets in nobody else
    checked = _checked(setup)
    with transaction.atomic():
        Namespace.objects.select_for_update().get(id=namespace.id)
        if Mirror.objects.filter(namespace=namespace).count() >= MAX_MIRRORS:
            raise TooMany(f"A namespace has at most {MAX_MIRRORS} mirrors. Delete one first.")
        try:
            with transaction.atomic():
                mirror = Mirror.objects.create(
                    namespace=namespace,
                    upstream=checked.upstream,
                    base_url=checked.base_url,
                    patterns=list(checked.patterns),
                    visibility=checked.visibility,
                    interval_hours=checked.interval_hours,
                    made_by=by.user,
                    sso=sorted(by.sso),
                    second_factor=by.second_factor,
                )
        except IntegrityError:
            raise MirrorExists("This address is followed here already.") from None
        audit.record(by, RegistryAction.MIRROR_CREATE, mirror, namespace=namespace, data=_facts(mirror))
    return mirror


def delete(*, by: Actor, mirror: Mirror) -> None:
    """Follow no longer. What was mirrored stays, as packages like others. Raises PermissionRefused or Gone."""
    require(policies.may_mirror(by, mirror.namespace))
    with transaction.atomic():
        now = _locked(mirror)
        audit.record(by, RegistryAction.MIRROR_DELETE, now, namespace=now.namespace, data=_facts(now))
        now.delete()


def run_now(*, by: Actor, mirror: Mirror) -> Job:
    """Have the mirror look for changes, an hour after the last time at the soonest. Raises PermissionRefused, TooSoon or Gone."""
    require(policies.may_mirror(by, mirror.namespace))
    with transaction.atomic():
        now = _locked(mirror)
        job = _begin(by, now)
        audit.record(by, RegistryAction.MIRROR_RUN, now, namespace=now.namespace, data={"job": job.id})
    return job


def start_due(*, by: Actor) -> int:
    """Start the mirrors whose interval is over. `by` is the schedule; each run acts for whoever set its mirror up.

    Returns how many were started.
    """
    count = 0
    for mirror_id in list(due(timezone.now()).values_list("id", flat=True)[:200]):
        with transaction.atomic():
            rows = Mirror.objects.select_for_update(of=("self",), skip_locked=True).select_related(
                "made_by", "namespace"
            )
            mirror = rows.filter(id=mirror_id).first()
            if mirror is None or not due(timezone.now()).filter(id=mirror_id).exists():
                continue
            owner = Actor(
                mirror.made_by, sso=frozenset(mirror.sso), second_factor=mirror.second_factor, source=by.source
            )
            job = _begin(owner, mirror)
            audit.record(owner, RegistryAction.MIRROR_RUN, mirror, namespace=mirror.namespace, data={"job": job.id})
            count += 1
    return count


def due(now: datetime) -> QuerySet[Mirror]:
    """The mirrors to start: switched on, in open namespaces, with nothing running, their interval over."""
    interval = ExpressionWrapper(F("interval_hours") * timedelta(hours=1), output_field=DurationField())
    over = Q(started_at=None) | Q(started_at__lte=now - interval)
    idle = Q(job=None) | Q(job__finished_at__isnull=False)
    return Mirror.objects.filter(over, idle, is_enabled=True, namespace__closed_at=None, made_by__is_active=True)


def _begin(by: Actor, mirror: Mirror) -> Job:
    """Put a run into the queue. The mirror's row must be locked. Raises TooSoon."""
    now = timezone.now()
    running = Job.objects.filter(id=mirror.job_id or 0, finished_at=None).exists()
    if running or (mirror.started_at is not None and mirror.started_at > now - PAUSE):
        raise TooSoon("Upstreams are asked hourly at most. Wait until an hour after the last run.")
    job = jobs.start(by=by, kind=JOB, namespace=mirror.namespace, data={"mirror": mirror.id})
    Mirror.objects.filter(id=mirror.id).update(job=job, started_at=now)
    return job


def _locked(mirror: Mirror) -> Mirror:
    rows = Mirror.objects.select_for_update(of=("self",)).select_related("namespace__organization", "made_by")
    now = rows.filter(id=mirror.id).first()
    if now is None:
        raise Gone("This mirror is deleted.")
    return now


def _checked(setup: Setup) -> Setup:
    if setup.upstream not in UpstreamKind.values or setup.visibility not in Visibility.values:
        raise InvalidMirror("Choose what the upstream is, and who may read what is mirrored.")
    if not domain.MIN_HOURS <= setup.interval_hours <= domain.MAX_HOURS:
        raise InvalidMirror(f"Upstreams are asked every {domain.MIN_HOURS} to {domain.MAX_HOURS} hours.")
    url = setup.base_url.strip().rstrip("/")
    try:
        target = outbound.target(url, allowed_hosts=settings.MIRROR_ALLOWED_HOSTS)
    except outbound.Refused as error:
        raise InvalidUrl(str(error)) from None
    if "?" in target.path or len(url) > 500:
        raise InvalidUrl("Give the address that the upstream's own begin with, without “?”.")
    return Setup(
        setup.upstream, url, tuple(domain.check_patterns(setup.patterns)), setup.visibility, setup.interval_hours
    )


def _facts(mirror: Mirror) -> dict[str, object]:
    return {"upstream": mirror.upstream, "base_url": mirror.base_url, "patterns": mirror.patterns}


__all__ = [
    "Gone",
    "InvalidMirror",
    "InvalidUrl",
    "MirrorExists",
    "Setup",
    "TooMany",
    "TooSoon",
    "create",
    "delete",
    "due",
    "run_now",
    "start_due",
]
