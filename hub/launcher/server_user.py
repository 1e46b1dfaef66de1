"""Who runs the embedded PostgreSQL. It refuses to run as root, so root hands it to a system user."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.launcher.errors import CannotStart

SYSTEM_USER = "embedded_postgres"
PASS = stat.S_IXOTH
READ = stat.S_IROTH


@dataclass(frozen=True)
class ServerUser:
    """The user of the server's processes and files."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether the server runs as somebody else than this process."""
        return self.uid != os.geteuid()

    def process_options(self) -> dict[str, Any]:
        """What `subprocess` needs to start a process as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}


def choose(pgdata: Path) -> ServerUser:
    """The owner of an existing cluster, else this user, else (for root) a system user made for it.

    Raises CannotStart when the cluster belongs to somebody whom this process may not act for.
    """
    owner = pgdata.stat().st_uid if pgdata.exists() else os.geteuid()
    if os.geteuid() != 0 and owner != os.geteuid():
        raise CannotStart(
            f"The database folder {pgdata} belongs to user {_name(owner)}. "
            "Start as that user, or set HUB_DATA_DIR to a folder of your own."
        )
    if owner == 0:
        return _system_user()
    entry = pwd.getpwuid(owner)
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def let_in(user: ServerUser, pgdata: Path, binaries: Path) -> list[Path]:
    """Let another user pass through to the cluster and read the server's programs.

    Folders above get the right to be passed, not to be read. Returns those that were changed.
    """
    if not user.is_other:
        return []
    above = {*pgdata.parents, *binaries.parents, binaries}
    changed = [folder for folder in sorted(above) if _add(folder, PASS)]
    programs = binaries.parent
    if not programs.stat().st_mode & READ or not (binaries / "postgres").stat().st_mode & READ:
        for folder, _, files in os.walk(programs):
            _add(Path(folder), PASS | READ)
            for file in files:
                path = Path(folder, file)
                _add(path, READ | (PASS if path.stat().st_mode & stat.S_IXUSR else 0))
    return changed


def _add(path: Path, bits: int) -> bool:
    mode = path.stat().st_mode
    if mode & bits == bits:
        return False
    path.chmod(stat.S_IMODE(mode) | bits)
    return True


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _system_user() -> ServerUser:
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/sh", SYSTEM_USER]
        try:
            subprocess.run(command, check=True, capture_output=True)
            entry = pwd.getpwnam(SYSTEM_USER)
        except (OSError, subprocess.CalledProcessError, KeyError) as error:
            raise CannotStart(
                f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could not be made. "
                "Start as a normal user, or set DATABASE_URL."
            ) from error
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
