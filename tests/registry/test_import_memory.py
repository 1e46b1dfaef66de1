"""What an import takes of the worker's memory does not grow much with the number of files: `python -m bench.imports` has 10,000."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hub.actors import Actor
from hub.models import Job, Namespace
from hub.services import jobs
from registry.models import Release
from registry.services import import_uploads
from tests.registry.git import rule, worker_environment

ROOT = Path(__file__).resolve().parents[2]
FEW, MANY = 40, 440
MOST_MIB = 300
FILES = 10_000


@pytest.mark.django_db(transaction=True)
def test_an_import_of_ten_thousand_files_would_stay_small(
    acme: Namespace, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_enqueue", [])
    small = peak_of_import(owner, acme, range(FEW))
    large = peak_of_import(owner, acme, range(FEW, FEW + MANY))
    assert Release.objects.count() == FEW + MANY
    for_each = max(0.0, large - small) / (MANY - FEW)
    assert large + for_each * (FILES - MANY) < MOST_MIB, f"{small} MiB for {FEW} files, {large} MiB for {MANY}"


def peak_of_import(by: Actor, namespace: Any, numbers: range) -> float:
    """The most memory, in MiB, of a process that imports rules of three kilobytes each."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for number in numbers:
            text = "Say what it is for, and show how it is used. " * 65
            made.writestr(f"part-{number % 10}/rule-{number}.mdc", rule(f"rule-{number}", f"{number} {text}"))
    upload = import_uploads.upload(
        by=by, namespace=namespace, file_name="many.zip", chunks=[packed.getvalue()], dry_run=False
    )
    command = [sys.executable, "-m", "tests.registry.measured_import", str(upload.run_job_id)]
    done = subprocess.run(
        command, cwd=ROOT, env=worker_environment(), capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    job = Job.objects.get(id=upload.run_job_id)
    assert (job.state, job.error, job.done) == ("done", "", len(numbers))
    return float(done.stdout)
