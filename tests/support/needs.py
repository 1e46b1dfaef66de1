"""What tests need that Python packages cannot bring: Chromium, Node.js with the npm packages, a Redis server.

Each need belongs to a marker. As root on Debian (and its relatives) what is missing is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tests.support import npm

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
APT_SECONDS = 600


class Missing(RuntimeError):
    """Something that a test needs is not on this machine; the message says what."""


def say(line: str) -> None:
    """Print a line at once, so that it stands before what other processes print."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def chromium() -> str:
    """Return the path of Chromium. Raises Missing."""
    return _first(CHROMIUM_NAMES, "Chromium")


def redis_server() -> str:
    """Return the path of the Redis server. Raises Missing."""
    return _first(("redis-server", "valkey-server"), "a Redis server")


def wrk() -> str:
    """Return the path of the load generator that the bench uses. Raises Missing."""
    return _first(("wrk",), "wrk")


def node() -> str:
    """Return the path of Node.js, with npm and the pinned packages installed. Raises Missing."""
    try:
        npm.node_modules()
        return npm.node()
    except npm.NodeUnavailable as error:
        raise Missing(str(error)) from error


@dataclass(frozen=True)
class Need:
    """Something to look for, the Debian packages that bring it, and the marker of the tests that cannot do without."""

    marker: str
    find: Callable[[], str]
    packages: tuple[str, ...]


TESTS = (
    Need("browser", chromium, ("chromium",)),
    Need("node", node, ("nodejs", "npm")),
    Need("redis", redis_server, ("redis-server",)),
)
BENCH = (Need("bench", wrk, ("wrk",)),)


def provide(needs: tuple[Need, ...]) -> dict[str, str]:
    """Install what is missing if that can be done, and return what still is: the reason by marker."""
    missing = {need: reason for need in needs if (reason := _reason(need))}
    if missing and can_install():
        _install(sorted({package for need in missing for package in need.packages}))
        missing = {need: reason for need in missing if (reason := _reason(need))}
    return {need.marker: reason for need, reason in missing.items()}


def can_install() -> bool:
    """Whether this is root on a system with apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _reason(need: Need) -> str:
    try:
        need.find()
    except Missing as error:
        return str(error)
    return ""


def _install(packages: list[str]) -> None:
    """Install Debian packages. A failure is not fatal: what is still missing is named afterwards."""
    say(f"Installing {', '.join(packages)} with apt-get.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        try:
            done = subprocess.run(
                ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", *arguments],
                check=False,
                capture_output=True,
                text=True,
                env=environment,
                timeout=APT_SECONDS,
            )
        except subprocess.TimeoutExpired:
            say(f"apt-get {arguments[0]} did not finish within {APT_SECONDS} seconds.")
            return
        if done.returncode:
            say(f"apt-get {arguments[0]} failed: {done.stderr.strip()[-500:]}")
            return


def _first(names: tuple[str, ...], what: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    raise Missing(f"{what} is missing: none of {', '.join(names)} is on the PATH")
