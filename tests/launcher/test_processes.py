"""Processes end when asked, by force when they do not listen, and only if they are ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hub.launcher import processes
from hub.launcher.processes import Children, end_leftovers, wait_until_gone

DEAF = """
import signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
threading.Event().wait()
"""


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    children = Children(tmp_path / "children.json", tmp_path, {**os.environ, "HUB_DATA_DIR": str(tmp_path)})
    yield children
    children.stop()


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.5)


def test_a_process_that_does_not_listen_is_ended_by_force(children: Children) -> None:
    child = children.start("deaf", [sys.executable, "-c", DEAF])
    children.stop()
    assert child.has_ended()
    assert json.loads(children.record.read_text()) == []


def test_the_log_of_the_run_before_is_kept(children: Children) -> None:
    for text in ("first", "second"):
        children.start("echo", [sys.executable, "-c", f"print('{text}')"]).process.wait()
    assert (children.log_dir / "echo.log.1").read_text() == "first\n"
    assert (children.log_dir / "echo.log").read_text() == "second\n"


def test_leftovers_are_ended_and_named(children: Children, tmp_path: Path) -> None:
    child = children.start("deaf", [sys.executable, "-c", DEAF])
    left = psutil.Process(child.process.pid)
    assert end_leftovers(children.record, tmp_path) == ["deaf"]
    assert wait_until_gone([left], 0) == []
    assert not children.record.exists()


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"pid": 1}', '[{"pid": 999999999, "name": "web", "created": 0}]'])
def test_a_record_that_says_nothing_useful_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "children.json").write_text(text)
    assert end_leftovers(tmp_path / "children.json", tmp_path) == []


@pytest.mark.parametrize("own_folder", [True, False])
def test_another_program_with_a_recorded_number_is_left_alone(tmp_path: Path, own_folder: bool) -> None:
    environment = {**os.environ, "HUB_DATA_DIR": str(tmp_path if own_folder else tmp_path / "other")}
    other = subprocess.Popen(
        [sys.executable, "-c", DEAF], env=environment, start_new_session=True, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout
        assert other.stdout.readline()
        created = psutil.Process(other.pid).create_time() + (3600 if own_folder else 0)
        row = {"name": "web", "pid": other.pid, "created": created}
        (tmp_path / "children.json").write_text(json.dumps([row]))
        assert end_leftovers(tmp_path / "children.json", tmp_path) == []
        assert other.poll() is None
    finally:
        other.kill()
        other.communicate()
