"""Installs the unmodified JavaScript programs that tests compare the hub with or run against it.

What is installed is pinned by `tests/npm/package-lock.json`; it lands in `.npm/`, which Git ignores.
"""

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PINNED = ROOT / "tests" / "npm"
INSTALLED = ROOT / ".npm"
OLDEST_NODE = 20
INSTALL_SECONDS = 300


class NodeUnavailable(RuntimeError):
    """Node.js or npm is missing, too old, or could not install the pinned packages."""


@functools.cache
def node() -> str:
    """Return the path of a Node.js that is new enough. Raises NodeUnavailable."""
    path = _program("node")
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        raise NodeUnavailable(f"These tests need Node.js {OLDEST_NODE} or newer; {path} is {version}.")
    return path


@functools.cache
def node_modules() -> Path:
    """Return the folder of the installed packages, installing them first if the lock file has changed.

    Any number of processes may call this at once: one installs, the others wait for it.
    Raises NodeUnavailable.
    """
    node()
    INSTALLED.mkdir(exist_ok=True)
    with _locked(INSTALLED / "lock"):
        stamp, wanted = INSTALLED / "installed.sha256", _pins()
        if not stamp.exists() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)
            _install()
            stamp.write_text(wanted)
    return INSTALLED / "node_modules"


def continue_cli() -> list[str]:
    """Return the command that runs the Continue command-line client (`cn`), installed if need be."""
    return [node(), str(node_modules() / ".bin" / "cn")]


def continue_environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment in which `cn` keeps to `home`, does not update itself and sends no telemetry."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TERM": "dumb",
        "CONTINUE_CLI_AUTO_UPDATED": "1",
        "CONTINUE_TELEMETRY_ENABLED": "0",
        **more,
    }


def _program(name: str) -> str:
    if path := shutil.which(name):
        return path
    raise NodeUnavailable(f"{name!r} is not on the PATH. These tests need Node.js {OLDEST_NODE} or newer with npm.")


def _pins() -> str:
    return hashlib.sha256(b"".join((PINNED / name).read_bytes() for name in _files())).hexdigest()


def _files() -> tuple[str, str]:
    return ("package.json", "package-lock.json")


def _install() -> None:
    for name in _files():
        shutil.copyfile(PINNED / name, INSTALLED / name)
    # No package here needs its install script, and none of them should get to run one.
    command = [_program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    try:
        done = subprocess.run(
            command, cwd=INSTALLED, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise NodeUnavailable(f"npm ci did not finish within {INSTALL_SECONDS} seconds.") from error
    if done.returncode:
        raise NodeUnavailable(f"npm ci failed with status {done.returncode}:\n{done.stderr[-2000:]}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
