"""A worker that is killed in the middle of a sync, as a real process: the sweep hands it out, and the next one ends it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from hub.actors import Actor
from registry import background
from registry.models import Package, Release, SyncEntry, SyncRun
from registry.services import git_syncs
from tests.registry.git import connected, rule, worker_environment
from tests.support import git_server
from tests.support.git_server import Server

ROOT = Path(__file__).resolve().parents[2]
FILES = 30
KILLED_AFTER = 12


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[Server]:
    """A Git server on this machine, which the operator has named."""
    with git_server.running(tmp_path) as running:
        settings.GIT_ALLOWED_HOSTS = [f"127.0.0.1:{running.port}"]
        yield running


@pytest.mark.django_db(transaction=True)
def test_a_killed_workers_sync_is_ended_by_the_next_one_with_nothing_lost_and_nothing_doubled(
    acme: Any, owner: Actor, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(background, "send", lambda task, run_id: sent.append(run_id))
    remote = server.new()
    remote.commit({f"rule-{number}.mdc": rule(f"rule-{number}") for number in range(FILES)})
    run = git_syncs.ask(by=owner, source=connected(owner, acme, remote, interval_minutes=0))

    environment = worker_environment(server)
    command = [sys.executable, "-m", "tests.registry.killed_sync", str(run.id), str(KILLED_AFTER)]
    killed = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -9, killed.stderr.decode()

    run.refresh_from_db()
    assert (run.state, run.attempt) == ("running", 1)
    assert Release.objects.count() == KILLED_AFTER
    assert git_syncs.work(run_id=run.id) is False, "it is not given up yet"
    assert Release.objects.count() == KILLED_AFTER

    SyncRun.objects.update(heartbeat_at=timezone.now() - 2 * git_syncs.STALE)
    sent.clear()
    git_syncs.sweep()
    assert sent == [run.id]
    git_syncs.work(run_id=run.id)

    run.refresh_from_db()
    assert (run.state, run.attempt, run.losses) == ("done", 2, 1)
    assert run.started_at is not None
    assert run.started_at < timezone.now() - timedelta(0)
    assert Package.objects.count() == Release.objects.count() == FILES
    assert run.counts == {"imported": FILES}, "also what the dead worker published and had no time to note"
    assert SyncEntry.objects.filter(run=run).count() == FILES
