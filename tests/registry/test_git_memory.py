"""What a first sync takes of the worker's memory. `GIT_SYNC_FILES=10000` measures what docs/git-sources.md says; 400 are quick."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hub.actors import Actor
from registry import background
from registry.models import Release, SyncRun
from registry.services import git_syncs
from registry.services.git_reports import BEAT_SECONDS
from tests.registry.git import connected, rule, worker_environment
from tests.support import git_server

ROOT = Path(__file__).resolve().parents[2]
FILES = int(os.environ.get("GIT_SYNC_FILES", "400"))
MOST_MIB = 300


@pytest.mark.django_db(transaction=True)
def test_a_first_sync_stays_small(
    acme: Any, owner: Actor, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(background, "send", lambda task, run_id: None)
    with git_server.running(tmp_path) as server:
        settings.GIT_ALLOWED_HOSTS = [f"127.0.0.1:{server.port}"]
        remote = server.new()
        text = "Be kind, and say why. " * 100
        remote.commit({f"rules/{n % 100}/rule-{n}.mdc": rule(f"rule-{n}", f"{n} {text}") for n in range(FILES)})
        run = git_syncs.ask(by=owner, source=connected(owner, acme, remote))
        command = [sys.executable, "-m", "tests.registry.measured_sync", str(run.id)]
        environment = worker_environment(server)
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as worker:
            seen = progress_until_over(worker, run)
            figures = json.loads(worker.stdout.read() if worker.stdout else "")
    assert worker.returncode == 0
    with capsys.disabled():
        sys.stdout.write(f"\n{FILES} files: {figures}, {len(seen)} times further\n")
    run.refresh_from_db()
    assert (run.state, run.error, run.counts) == ("done", "", {"imported": FILES})
    assert Release.objects.count() == FILES
    assert figures["peak_mib"] < MOST_MIB
    # Whoever watches the page sees it get on: every few seconds, so that it is seldom still for long.
    assert seen == sorted(seen)
    assert len(seen) >= figures["seconds"] // (3 * BEAT_SECONDS)


def progress_until_over(worker: subprocess.Popen[str], run: SyncRun) -> list[int]:
    """How many files were done whenever a look at the sync's row, as its page takes one, found more of them than before."""
    seen = [0]
    while worker.poll() is None:
        done = SyncRun.objects.values_list("done", flat=True).get(id=run.pk)
        if done != seen[-1]:
            seen.append(done)
        with suppress(subprocess.TimeoutExpired):
            worker.wait(0.5)
    return seen[1:]
