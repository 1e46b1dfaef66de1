"""One run of a mirror: what changed upstream is published, yanked or noted here. It writes only to packages it has made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from hub import outbound
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import Job
from hub.services import jobs
from registry.domain import mirrors as domain
from registry.domain.faults import ManifestInvalid
from registry.domain.mirrors import Offered, Source, Unusable
from registry.domain.versions import InvalidVersion, Version
from registry.mirroring import FETCHERS, READERS
from registry.models import Mirror, MirroredPackage, Package, Release
from registry.services import packages, releases

ASSISTANT = "assistant"
MAX_NOTES = 200
OVERLAP = timedelta(hours=1)


@dataclass
class Report:
    """What a run did: counts by outcome, and why something was refused or left alone."""

    counts: Counter[str] = field(default_factory=Counter)
    notes: list[dict[str, str]] = field(default_factory=list)

    def note(self, outcome: str, name: str, why: str = "") -> None:
        """Count an outcome; with a reason it is listed too, up to a bound."""
        self.counts[outcome] += 1
        if why and len(self.notes) < MAX_NOTES:
            self.notes.append({"outcome": outcome, "name": name[:250], "why": why[:500]})

    def add(self, other: Report, *, without: Collection[str] = ()) -> None:
        """Take over what another report says, but for some outcomes."""
        self.counts.update({outcome: count for outcome, count in other.counts.items() if outcome not in without})
        kept = [note for note in other.notes if note["outcome"] not in without]
        self.notes += kept[: MAX_NOTES - len(self.notes)]

    def as_json(self) -> dict[str, Any]:
        """The report as a job and a page keep it."""
        return {"counts": dict(self.counts), "notes": self.notes}


def handle(job: Job, by: Actor) -> Mapping[str, Any]:
    """Do the job of one run. The moment from which the next one asks is kept only if this one came to its end."""
    mirror = Mirror.objects.select_related("namespace__organization").filter(id=job.data.get("mirror")).first()
    if mirror is None:
        raise jobs.Stopped("The mirror is deleted.")
    report, newest, seen = Report(), mirror.since, 0
    composed: list[Source] = []
    try:
        for source in READERS[mirror.upstream](mirror.base_url, asked_from(mirror.since)):
            seen += 1
            newest = max(newest, source.updated_at)
            jobs.progress(job, done=seen, note=source.name)
            if not domain.is_wanted(source.name, mirror.patterns):
                continue
            if source.kind == ASSISTANT:
                composed.append(source)  # after the packages that it is made of
            else:
                follow(by, mirror, source, report)
        _follow_composed(by, mirror, composed, report)
    except (outbound.Refused, outbound.Failed, Unusable) as error:
        Mirror.objects.filter(id=mirror.id).update(error=str(error)[:500], report=report.as_json())
        raise jobs.Stopped(str(error)) from None
    changes = {"since": newest[:40], "error": "", "finished_at": timezone.now(), "report": report.as_json()}
    Mirror.objects.filter(id=mirror.id).update(**changes)
    return report.as_json()


def _follow_composed(by: Actor, mirror: Mirror, sources: Sequence[Source], report: Report) -> None:
    """Assistants build on one another: whoever was refused is tried again for as long as others were published."""
    waiting = list(sources)
    while waiting:
        tried = [(source, Report()) for source in waiting]
        for source, attempt in tried:
            follow(by, mirror, source, attempt)
        moved = any(attempt.counts["published"] for _, attempt in tried)
        waiting = [source for source, attempt in tried if attempt.counts["refused"] and moved]
        for source, attempt in tried:
            report.add(attempt, without=("refused", "unchanged") if source in waiting else ())


def asked_from(since: str) -> str:
    """The moment to ask from: a little before the newest change seen, as a list moves while it is read."""
    moment = parse_datetime(since) if since else None
    return (moment - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment and moment.tzinfo else ""


def follow(by: Actor, mirror: Mirror, source: Source, report: Report) -> None:
    """Bring one package up to date, or say why not."""
    try:
        row = _row(by, mirror, source, report)
    except (Unusable, PermissionRefused) as error:
        report.note("refused", source.name, str(error))
        return
    if row is None:
        return
    if source.gone or source.deprecated is not None:
        MirroredPackage.objects.filter(id=row.id).update(state=source.gone or source.deprecated)
    if source.gone:
        for release in _releases(row.package).filter(yanked_at=None):
            _yank(by, release, source.gone, report)
        return
    for offered in source.offered:
        try:
            _bring(by, mirror, source, row.package, offered, report)
        except (
            Unusable,
            PermissionRefused,
            InvalidVersion,
            releases.VersionExists,
            releases.PackageGone,
            releases.TakesNoReleases,
        ) as error:
            report.note("refused", f"{source.name}@{offered.version}", str(error))
        except ManifestInvalid as error:
            first = error.faults[0]
            report.note("refused", f"{source.name}@{offered.version}", f"{first.message} (line {first.place.line})")


def _row(by: Actor, mirror: Mirror, source: Source, report: Report) -> MirroredPackage | None:
    """The package that mirrors `source`, made if there is none yet; None if there is nothing to do."""
    rows = MirroredPackage.objects.select_related("package__namespace__organization")
    row = rows.filter(mirror=mirror, upstream_name=source.name).first()
    if row is not None:
        if row.package.deleted_at is not None or row.package.namespace_id != mirror.namespace_id:
            report.note("left alone", source.name, "The package was deleted or handed over here.")
            return None
        return row
    if source.gone or not any(not one.withdrawn for one in source.offered):
        return None
    name = domain.local_name(source.name)
    try:
        with transaction.atomic():
            made = packages.create(
                by=by,
                namespace=mirror.namespace,
                name=name,
                kind=source.kind,
                visibility=mirror.visibility,
                summary=source.summary,
            )
            return MirroredPackage.objects.create(mirror=mirror, upstream_name=source.name, package=made)
    except packages.PackageExists:
        report.note("conflict", source.name, f"“{mirror.namespace.slug}/{name}” is a package of its own here.")
        return None
    except packages.UnknownKind as error:
        raise Unusable(str(error)) from None


def _bring(by: Actor, mirror: Mirror, source: Source, package: Package, offered: Offered, report: Report) -> None:
    version = str(Version.parse(offered.version))
    here = _releases(package).filter(version=version).first()
    if here is not None:
        # An assistant names its parts otherwise here, so its own digest is another one.
        if (here.origin or {}).get("digest", here.digest) != offered.digest:
            report.note("conflict", f"{source.name}@{version}", "The version has another manifest upstream than here.")
        elif offered.withdrawn and not here.is_yanked:
            _yank(by, here, offered.withdrawn, report)
        else:
            report.counts["unchanged"] += 1
        return
    if offered.withdrawn:
        report.counts["withdrawn"] += 1
        return
    found = FETCHERS[mirror.upstream](mirror.base_url, source, offered)
    origin = {"importer": "mirror", "url": offered.url, "digest": offered.digest, "package": source.name}
    notes = releases.Notes(found.readme, found.changelog)
    manifest = found.manifest
    if source.kind == ASSISTANT:
        manifest = domain.localised(manifest, mirror.namespace.slug)
    releases.publish(
        by=by, package=package, version=version, manifest=manifest, notes=notes, files=found.files, origin=origin
    )
    report.note("published", f"{source.name}@{version}")


def _yank(by: Actor, release: Release, reason: str, report: Report) -> None:
    if releases.yank(by=by, release=release, reason=reason):
        report.note("yanked", str(release))


def _releases(package: Package) -> Any:
    return Release.objects.filter(package=package).select_related("package__namespace__organization")
