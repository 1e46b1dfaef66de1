"""What a first sync takes of the worker's memory. `GIT_SYNC_FILES=10000` measures what docs/git-sources.md says; 400 are quick."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.actors import Actor
from registry import background
from registry.models import Release
from registry.services import git_syncs
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
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stderr.decode()
    figures = json.loads(done.stdout)
    with capsys.disabled():
        sys.stdout.write(f"\n{FILES} files: {figures}\n")
    run.refresh_from_db()
    assert (run.state, run.error, run.counts) == ("done", "", {"imported": FILES})
    assert Release.objects.count() == FILES
    assert figures["peak_mib"] < MOST_MIB
