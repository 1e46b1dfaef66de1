"""The embedded PostgreSQL: found when it runs, recovered when it was killed, explained when it cannot start."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from hub.launcher import cluster, database
from hub.launcher.errors import CannotStart
from hub.launcher.processes import wait_until_gone

pytestmark = [pytest.mark.system, pytest.mark.enable_socket]


@pytest.fixture
def data_dir(place: Path) -> Iterator[Path]:
    yield place / "Data of O'Hara"
    database.stop(place / "Data of O'Hara")


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = (
            connection.execute(query).fetchone() if query.startswith(("SELECT", "SHOW")) else connection.execute(query)
        )
    return row[0] if isinstance(row, tuple) else None


def test_several_starts_at_once_give_one_server(data_dir: Path) -> None:
    assert database.running_url(data_dir) is None
    with ThreadPoolExecutor(3) as pool:
        urls = set(pool.map(lambda _: database.start(data_dir), range(3)))
    assert urls == {database.running_url(data_dir)}
    (url,) = urls
    assert ask(url, "SELECT current_database()") == "assistant_hub"
    assert ask(url, "SHOW shared_buffers") == "32MB"
    assert ask(url, "SHOW listen_addresses") == ""
    assert (data_dir / "postgres").stat().st_mode & 0o077 == 0


def test_data_outlives_a_stop_and_a_killed_server(data_dir: Path) -> None:
    ask(database.start(data_dir), "CREATE TABLE kept AS SELECT 42 AS answer")
    database.stop(data_dir)
    assert database.running_url(data_dir) is None

    database.start(data_dir)
    server = database.running(cluster.folder(data_dir))
    assert server
    server.process.kill()
    wait_until_gone([server.process], 10)

    assert ask(database.start(data_dir), "SELECT answer FROM kept") == 42


def test_a_process_id_that_is_now_somebody_elses_does_not_count(data_dir: Path) -> None:
    database.start(data_dir)
    database.stop(data_dir)
    # As after a restart of the machine: the file is left, and the number belongs to another program.
    left = f"{os.getpid()}\n{cluster.folder(data_dir)}\n1\n5432\n{cluster.folder(data_dir)}\n\n1 1\nready\n"
    (cluster.folder(data_dir) / "postmaster.pid").write_text(left)

    assert database.running_url(data_dir) is None
    assert database.start(data_dir) == database.running_url(data_dir)


def test_a_cluster_that_was_not_finished_is_made_anew(data_dir: Path) -> None:
    half_made = data_dir / "postgres.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")

    assert database.start(data_dir)
    assert not half_made.exists()


@pytest.mark.parametrize("name", ["deep" * 30, "one, two"])
def test_a_path_that_cannot_hold_a_socket_is_no_obstacle(place: Path, name: str) -> None:
    url = database.start(place / name)
    assert ask(url, "SELECT 1") == 1
    server = database.running(cluster.folder(place / name))
    assert server
    server.process.kill()
    database.start(place / name)
    assert not Path(server.socket_folder).exists()
    database.stop(place / name)
    assert database.running_url(place / name) is None


def test_a_cluster_of_another_version_is_explained(data_dir: Path) -> None:
    cluster.folder(data_dir).mkdir(parents=True)
    (cluster.folder(data_dir) / "PG_VERSION").write_text("16\n")
    with pytest.raises(CannotStart, match="written by PostgreSQL 16") as caught:
        database.start(data_dir)
    assert "\n" not in str(caught.value)


def test_a_server_that_cannot_start_says_why_and_leaves_no_socket_folder(place: Path) -> None:
    data_dir = place / ("deep" * 30)
    with pytest.raises(CannotStart, match=r"FATAL: .*no_such_library"):
        database.start(data_dir, settings={**cluster.SMALL, "shared_preload_libraries": "no_such_library"})
    configured = (cluster.folder(data_dir) / cluster.INCLUDED).read_text()
    socket_folder = configured.partition(f'"{tempfile.gettempdir()}/{cluster.SHORT_FOLDER}')[2].partition('"')[0]
    assert socket_folder
    assert not Path(tempfile.gettempdir(), cluster.SHORT_FOLDER + socket_folder).exists()
