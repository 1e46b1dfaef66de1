"""The life of a launcher: start, report, stop, and what happens when something goes wrong."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from hub.launcher import database
from hub.launcher.processes import wait_until_gone
from tests.launcher.conftest import Run

pytestmark = [pytest.mark.system, pytest.mark.enable_socket]
Launch = Callable[..., Run]
# Asked in a process of its own: no socket of the test stays open when the server is killed.
ASK = """
import sys, psycopg
with psycopg.connect(sys.argv[1]) as connection:
    result = connection.execute(sys.argv[2])
    print(result.fetchall() if result.description else "")
"""


def get(port: int, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    connection.getresponse()
    connection.close()


def psql(url: str, statement: str) -> str:
    command = [sys.executable, "-c", ASK, url, statement]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything(launch: Launch, number: int) -> None:
    run = launch()
    printed = run.wait_for("Ctrl-C")
    assert f"http://127.0.0.1:{run.port}" in printed
    started = run.descendants()
    assert len(started) >= 4

    run.process.send_signal(number)

    assert run.errors() == ""
    assert run.process.returncode == 0
    assert wait_until_gone(started, 0) == []
    assert database.running_url(run.data_dir) is None


def test_a_second_launcher_is_refused_and_the_first_goes_on(launch: Launch, free_port: int) -> None:
    first = launch()
    first.wait_for("Ctrl-C")

    second = launch(PORT=str(free_port + 1))

    errors = second.errors()
    assert second.process.returncode == 1
    assert errors.count("\n") == 1
    assert f"process {first.process.pid}" in errors
    get(first.port, "/readyz")


def test_nothing_is_lost_after_the_launcher_was_killed(launch: Launch) -> None:
    run = launch()
    run.wait_for("Ctrl-C")
    url = database.running_url(run.data_dir)
    assert url
    psql(url, "CREATE TABLE kept AS SELECT 42 AS answer")

    run.process.kill()
    again = launch()
    again.wait_for("Ctrl-C")

    url = database.running_url(run.data_dir)
    assert url
    assert "42" in psql(url, "SELECT answer FROM kept")


def test_processes_that_outlived_their_launcher_are_ended(launch: Launch) -> None:
    run = launch()
    run.wait_for("Ctrl-C")
    children = psutil.Process(run.process.pid).children()
    for child in children:
        child.suspend()  # a stopped process does not notice the signal that its parent's end sends

    run.process.kill()
    again = launch()

    assert "earlier run" in again.wait_for("Ctrl-C")
    assert wait_until_gone(children, 0) == []


def test_a_web_process_that_ends_is_named_with_its_last_words(launch: Launch) -> None:
    run = launch()
    run.wait_for("Ctrl-C")
    started = run.descendants()

    get(run.port, "/crash")

    errors = run.errors()
    assert run.process.returncode == 1
    assert "the last words" in errors
    assert "The web process ended with code 3" in errors
    assert wait_until_gone(started, 0) == []


@pytest.mark.parametrize("name", ["prepare", "web", "worker"])
def test_a_process_that_cannot_start_is_named(launch: Launch, name: str) -> None:
    run = launch(STAND_IN_FAILS=name)

    errors = run.errors()

    assert run.process.returncode == 1
    assert f"{name} cannot work" in errors
    assert f"The {name} process ended with code 1" in errors
    assert "Traceback" not in errors


def test_the_launcher_stops_when_the_process_that_started_it_is_killed(launch: Launch) -> None:
    # `make` stands between a person and the launcher; killing it must not leave the hub running.
    run = launch("tests.launcher.like_make", HUB_STOP_WITH_PARENT="1")
    run.wait_for("Ctrl-C")
    started = run.descendants()

    run.process.kill()

    assert wait_until_gone(started, 15) == []


def test_an_outside_database_is_used_and_left_running(launch: Launch, place: Path) -> None:
    url = database.start(place / "outside")
    try:
        run = launch(DATABASE_URL=url)
        run.wait_for("Ctrl-C")
        assert (run.data_dir / "prepared").read_text() == url
        assert not (run.data_dir / "postgres").exists()
        run.process.terminate()
        assert run.errors() == ""
        assert database.running_url(place / "outside") == url
    finally:
        database.stop(place / "outside")
