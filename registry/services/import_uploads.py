"""Archives that people hand in: kept sealed, looked through, imported when they say so, and forgotten."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from hub import vault
from hub.actors import Actor
from hub.domain.decisions import require
from hub.models import Job, Namespace
from hub.policies.namespaces import managed, may_publish
from hub.services import audit, jobs
from registry.domain.actions import RegistryAction
from registry.domain.files import FilesRefused
from registry.importers import archives
from registry.importers.report import ImportOutcome, Row
from registry.models import Import, ImportChunk, Visibility
from registry.services import imports

JOB = "import"
MAX_BYTES = 32 * 1024 * 1024
KEPT = timedelta(hours=24)
TELL_SECONDS = 1.0
_CHUNK = 1024 * 1024


class TooLarge(ValueError):
    """The archive is larger than the hub takes."""


class Emptied(Exception):
    """The archive's bytes are gone: it was imported, discarded, or lay there too long."""


def visible_to(actor: Actor) -> QuerySet[Import]:
    """The imports that the actor may look at: those into namespaces in which it publishes."""
    rows = Import.objects.filter(namespace__in=managed(actor))
    return rows.select_related("namespace", "plan_job", "run_job", "created_by")


def upload(
    *,
    by: Actor,
    namespace: Namespace,
    file_name: str,
    chunks: Iterable[bytes],
    visibility: str = Visibility.PRIVATE,
    source: str = "",
    dry_run: bool = True,
) -> Import:
    """Take an archive in and look through it in the background, or import it at once if it is no `dry_run`.

    Raises PermissionRefused, TooLarge, or ValueError for nothing at all or an unknown visibility.
    """
    require(may_publish(by, namespace))
    with transaction.atomic():
        made = Import.objects.create(
            namespace=namespace,
            created_by=by.user,
            file_name=file_name.replace("\0", "")[-200:] or "archive",
            source=source[:200],
            visibility=Visibility(visibility),
        )
        made.size = _keep(made, chunks)
        job = jobs.start(by=by, kind=JOB, namespace=namespace, data=_data(made, dry_run=dry_run))
        made.plan_job, made.run_job = (job, None) if dry_run else (None, job)
        made.save(update_fields=["size", "plan_job", "run_job"])
        said = {"file": made.file_name, "size": made.size, "visibility": str(made.visibility), "dry_run": dry_run}
        audit.record(by, RegistryAction.IMPORT_UPLOAD, made, namespace=namespace, data=said)
    return made


def confirm(*, by: Actor, upload: Import) -> Job:
    """Import what was looked through. A second call answers with the same job. Raises PermissionRefused or Emptied."""
    require(may_publish(by, upload.namespace))
    with transaction.atomic():
        row = Import.objects.select_for_update(of=("self",)).select_related("run_job").get(id=upload.id)
        if row.run_job is not None:
            return row.run_job
        if row.emptied_at is not None:
            raise Emptied("The archive is no longer here. Hand it in again.")
        row.run_job = jobs.start(by=by, kind=JOB, namespace=upload.namespace, data=_data(row, dry_run=False))
        row.save(update_fields=["run_job"])
        audit.record(by, RegistryAction.IMPORT_RUN, row, namespace=upload.namespace, data={"file": row.file_name})
    return row.run_job


def discard(*, by: Actor, upload: Import) -> bool:
    """Forget an archive that was not imported. Returns whether this call did it. Raises PermissionRefused."""
    require(may_publish(by, upload.namespace))
    with transaction.atomic():
        row = Import.objects.select_for_update().get(id=upload.id)
        if row.run_job_id is not None or row.emptied_at is not None:
            return False
        _empty(Import.objects.filter(id=row.id))
        audit.record(by, RegistryAction.IMPORT_DISCARD, row, namespace=upload.namespace, data={"file": row.file_name})
    return True


def perform(job: Job, by: Actor) -> Mapping[str, Any]:
    """Do the work of a job, and give its report. May be called again for the same job: what is published stays so."""
    made = Import.objects.select_related("namespace").filter(id=job.data["import"]).first()
    if made is None or made.emptied_at is not None:
        raise jobs.Stopped("The archive is no longer here. Hand it in again.")
    try:
        files = archives.sources(_bytes(made), made.file_name)
    except FilesRefused as refused:
        raise jobs.Stopped(
            "; ".join(f"{fault.file}: {fault.message} {fault.mend}" for fault in refused.faults)
        ) from None
    jobs.progress(job, done=0, note=f"{len(files)} files")
    tell = _teller(job)
    if job.data["dry_run"]:
        plan = imports.plan(by=by, namespace=made.namespace, files=files, source=made.source, progress=tell)
        return _report(list(plan.rows))
    rows = imports.run(
        by=by,
        namespace=made.namespace,
        files=files,
        visibility=made.visibility,
        source=made.source,
        progress=tell,
    )
    _empty(Import.objects.filter(id=made.id))
    return _report(rows)


def forget() -> int:
    """Delete the bytes of archives whose import is over or that nobody confirmed for a day. Returns how many."""
    over = Q(run_job__finished_at__isnull=False)
    old = Q(created_at__lt=timezone.now() - KEPT) & (Q(run_job=None) | over)
    ids = list(Import.objects.filter(over | old, emptied_at=None).values_list("id", flat=True)[:500])
    return _empty(Import.objects.filter(id__in=ids))


def _keep(made: Import, chunks: Iterable[bytes]) -> int:
    """Seal the bytes as they come, a megabyte at a time. Returns how many there were. Raises TooLarge or ValueError."""
    number, size, rest = 0, 0, bytearray()
    box = vault.box()

    def put(part: bytes) -> None:
        nonlocal number
        ImportChunk.objects.create(upload=made, number=number, sealed=box.encrypt(part))
        number += 1

    for chunk in chunks:
        size += len(chunk)
        if size > MAX_BYTES:
            raise TooLarge(f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB. Hand it in in parts.")
        rest += chunk
        while len(rest) >= _CHUNK:
            put(bytes(rest[:_CHUNK]))
            del rest[:_CHUNK]
    if rest:
        put(bytes(rest))
    if not size:
        raise ValueError("The file is empty.")
    return size


def _bytes(made: Import) -> bytes:
    box, data = vault.box(), bytearray()
    for sealed in made.chunks.order_by("number").values_list("sealed", flat=True).iterator(4):
        data += box.decrypt(bytes(sealed))
    return bytes(data)


def _empty(rows: QuerySet[Import]) -> int:
    ImportChunk.objects.filter(upload__in=rows.values("id")).delete()
    return rows.filter(emptied_at=None).update(emptied_at=timezone.now())


def _data(made: Import, *, dry_run: bool) -> dict[str, Any]:
    return {"import": made.pk, "dry_run": dry_run, "page": f"/imports/{made.pk}"}


def _teller(job: Job) -> imports.Progress:
    """Tells of the job's progress once a second, which also shows that its worker is alive: each time costs a write."""
    told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told >= TELL_SECONDS or done == total:
            jobs.progress(job, done=done, total=total)
            told = time.monotonic()

    return tell


def _report(rows: list[Row]) -> dict[str, Any]:
    counts = {str(outcome): sum(row.outcome is outcome for row in rows) for outcome in ImportOutcome}
    return {"counts": counts, "rows": [row.as_json() for row in rows]}


jobs.register(JOB, perform)
