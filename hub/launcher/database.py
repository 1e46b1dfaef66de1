"""The embedded PostgreSQL: start it, stop it, find it. `make up`, the settings and the tests share this.

The server lives on its own once started, so that `kill -9` of whoever started it loses nothing:
the next `start` with the same folder finds it and uses it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from hub.launcher import cluster, server_user
from hub.launcher.cluster import SMALL
from hub.launcher.errors import CannotStart
from hub.launcher.lock import exclusive
from hub.launcher.server_user import ServerUser

DATABASE = "assistant_hub"
# Recovery after a power cut replays at most `max_wal_size` of changes.
START_TIMEOUT = 60
STOP_TIMEOUT = 30


@dataclass(frozen=True)
class Server:
    """A server that runs: its first process, where its socket is, and what it says about itself."""

    process: psutil.Process
    socket_folder: str
    status: str

    def url(self, database: str = DATABASE) -> str:
        """The address of a database on this server."""
        return f"postgresql://postgres@/{database}?host={quote(self.socket_folder, safe='/')}"


def start(data_dir: Path, *, settings: Mapping[str, str] = SMALL) -> str:
    """Start the server under `data_dir`, or find it running, and return the address of the hub's database.

    Makes the cluster and the database if they are missing. Safe to call from several processes at once.
    Raises CannotStart for a cluster of another version or owner, and if the server does not come up.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    pgdata = cluster.folder(data_dir.resolve())
    with exclusive(data_dir / "postgres.lock"):
        cluster.check_version(pgdata)
        user = server_user.choose(pgdata)
        for opened in server_user.let_in(user, pgdata, cluster.binaries()):
            print(f"Opened {opened} for passing through: the database runs as user {user.name}.", flush=True)
        if not (pgdata / "PG_VERSION").exists():
            cluster.make(pgdata, user)
        try:
            server = _ready(pgdata, user, settings)
            _ensure_database(server)
        except CannotStart:
            if running(pgdata) is not None:
                raise
            # What was found running was being killed at that moment.
            server = _ready(pgdata, user, settings)
            _ensure_database(server)
    return server.url()


def stop(data_dir: Path) -> None:
    """Stop the server under `data_dir`, if it runs, after rolling back what is unfinished."""
    pgdata = cluster.folder(data_dir.resolve())
    server = running(pgdata)
    if server is None:
        return
    user = server_user.choose(pgdata)
    fast = ["stop", "-m", "fast", "-w", "-t", str(STOP_TIMEOUT)]
    if _pg_ctl(pgdata, user, fast).returncode and running(pgdata):
        # Nothing that was committed is lost this way: the next start replays it.
        _pg_ctl(pgdata, user, ["stop", "-m", "immediate", "-w", "-t", str(STOP_TIMEOUT)])
    _remove_short_folder(Path(server.socket_folder))


def running_url(data_dir: Path) -> str | None:
    """The address of the hub's database on the server under `data_dir`, or None if none is ready."""
    server = running(cluster.folder(data_dir.resolve()))
    return server.url() if server and server.status == "ready" else None


def running(pgdata: Path) -> Server | None:
    """The server of this cluster, if there is one.

    A process id alone is no proof: after a restart of the machine or container it may be anybody's.
    """
    try:
        lines = [line.strip() for line in (pgdata / "postmaster.pid").read_text().splitlines()]
        process = psutil.Process(int(lines[0]))
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    if not _serves(process, pgdata):
        return None
    # The file grows while the server starts; the socket's folder and the status come last.
    filled = lines + [""] * 8
    return Server(process, filled[4] or str(pgdata), filled[7] or "starting")


def _serves(process: psutil.Process, pgdata: Path) -> bool:
    try:
        return (
            process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE and pgdata.samefile(process.cwd())
        )
    except (OSError, psutil.Error):
        return False


def _ready(pgdata: Path, user: ServerUser, settings: Mapping[str, str]) -> Server:
    server = running(pgdata)
    if server is None or server.status.startswith("stopping"):
        _launch(pgdata, user, settings)
    return _wait_until_ready(pgdata)


def _launch(pgdata: Path, user: ServerUser, settings: Mapping[str, str]) -> None:
    _wait_until_gone(pgdata)
    _clear_after_crash(pgdata)
    socket_folder = cluster.configure(pgdata, user, settings)
    done = _pg_ctl(pgdata, user, ["start", "-w", "-t", str(START_TIMEOUT)])
    if done.returncode:
        _remove_short_folder(socket_folder)
        raise CannotStart(f"PostgreSQL did not start: {_last_complaint(_log(pgdata))}. See {_log(pgdata)}.")


def _clear_after_crash(pgdata: Path) -> None:
    """Remove files that say that a server runs, once it is certain that none does.

    PostgreSQL itself would believe them if their number is another program's by now, or that of a process
    that nobody has collected yet.
    """
    with suppress(OSError, IndexError):
        _remove_short_folder(Path((pgdata / "postmaster.pid").read_text().splitlines()[4]))
    for leftover in ("postmaster.pid", ".s.PGSQL.5432.lock", ".s.PGSQL.5432"):
        (pgdata / leftover).unlink(missing_ok=True)


def _remove_short_folder(folder: Path) -> None:
    if folder.name.startswith(cluster.SHORT_FOLDER):
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_gone(pgdata: Path) -> None:
    """Let processes of a server that was killed or is stopping end: they still write to the cluster."""
    deadline = time.monotonic() + STOP_TIMEOUT
    while any(_serves(process, pgdata) for process in psutil.process_iter()):
        if time.monotonic() > deadline:
            raise CannotStart(f"An earlier PostgreSQL still uses {pgdata} and does not end. Stop its processes.")
        time.sleep(0.1)


def _wait_until_ready(pgdata: Path) -> Server:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        server = running(pgdata)
        if server and server.status == "ready":
            return server
        if time.monotonic() > deadline:
            raise CannotStart(f"PostgreSQL was not ready within {START_TIMEOUT} seconds. See {_log(pgdata)}.")
        time.sleep(0.05)


def _ensure_database(server: Server) -> None:
    query = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"
    psql: list[str | Path] = [cluster.binaries() / "psql", "-X", "-At", "-d", server.url("postgres")]
    for statement in (query, f"CREATE DATABASE {DATABASE}"):
        done = subprocess.run(
            [*psql, "-c", statement], check=False, capture_output=True, text=True, env=cluster.environment()
        )
        if done.returncode:
            raise CannotStart(f"PostgreSQL refused to make the database {DATABASE}: {done.stderr.strip()}")
        if done.stdout.strip() == "1":
            return


def _log(pgdata: Path) -> Path:
    return pgdata.parent / "logs" / "postgres.log"


def _pg_ctl(pgdata: Path, user: ServerUser, arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    """Run pg_ctl. What it and the server write goes to the log, which this process opens for the other user."""
    _log(pgdata).parent.mkdir(mode=0o700, exist_ok=True)
    with _log(pgdata).open("ab") as log:
        # A session of its own: Ctrl-C in the terminal must not reach the server before its clients.
        return subprocess.run(
            [cluster.binaries() / "pg_ctl", "-D", pgdata, *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=cluster.environment(),
            cwd="/",
            start_new_session=True,
            **user.process_options(),
        )


def _last_complaint(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    complaints = [line for line in lines if "FATAL:" in line or "PANIC:" in line] or lines or ["it says nothing"]
    return re.sub(r"^.*?(?=FATAL:|PANIC:)", "", complaints[-1]).strip().rstrip(".")
