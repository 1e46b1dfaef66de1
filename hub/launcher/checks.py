"""Questions about the outside world: is the port free, do the services answer, is the hub ready?"""

from __future__ import annotations

import errno
import http.client
import os
import socket
import subprocess
import sys
from urllib.parse import urlsplit

from hub.launcher.errors import CannotStart
from hub.launcher.settings import Settings

OLDEST_POSTGRES = 15  # the oldest that Django 6.1 works with
ASK_DATABASE = """
import os, sys, psycopg
try:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        print(connection.info.server_version)
except psycopg.Error as error:
    sys.exit(" ".join(str(error).split()))
"""


def port_is_free(settings: Settings) -> None:
    """Raises CannotStart if the hub could not listen where it is told to."""
    where = f"{settings.host}:{settings.port}"
    try:
        family, kind, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise CannotStart(f"HOST is {settings.host!r}, which is not an address of this machine.") from error
    with socket.socket(family, kind) as probe:
        # As the server does: what a closed connection leaves behind for a minute does not count as in use.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except PermissionError as error:
            raise CannotStart(
                f"Listening on port {settings.port} is not allowed here. Set PORT to 1024 or more."
            ) from error
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise CannotStart(f"HOST is {settings.host!r}, which is not an address of this machine.") from error
            raise CannotStart(
                f"{where} is in use by another program. Choose another port: PORT=8080 make up."
            ) from error


def database_answers(url: str) -> None:
    """Raises CannotStart if there is no usable PostgreSQL at `url`."""
    # Asked with the driver that the hub uses, in a process that ends again: the launcher stays small. The
    # address goes through the environment, because a list of processes shows arguments to everybody.
    done = subprocess.run(
        [sys.executable, "-c", ASK_DATABASE],
        check=False,
        capture_output=True,
        text=True,
        env={"PGCONNECT_TIMEOUT": "5", **os.environ, "DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise CannotStart(f"The database of DATABASE_URL does not answer: {lines[-1].strip().rstrip('.')}.")
    if int(done.stdout) < OLDEST_POSTGRES * 10_000:
        version = int(done.stdout) // 10_000
        raise CannotStart(f"DATABASE_URL leads to PostgreSQL {version}; the hub needs {OLDEST_POSTGRES} or newer.")


def redis_answers(url: str) -> None:
    """Raises CannotStart if nothing listens at `url`. Whether it takes the password, `/readyz` tells."""
    parts = urlsplit(url)
    family = socket.AF_UNIX if parts.scheme == "unix" else socket.AF_INET
    try:
        if family == socket.AF_UNIX:
            with socket.socket(family) as connection:
                connection.connect(parts.path)
        else:
            socket.create_connection((parts.hostname or "localhost", parts.port or 6379), timeout=5).close()
    except OSError as error:
        where = parts.path if family == socket.AF_UNIX else f"{parts.hostname}:{parts.port or 6379}"
        raise CannotStart(f"The Redis of REDIS_URL does not answer at {where}: {error.strerror or error}.") from error


def is_ready(settings: Settings) -> bool:
    """Whether the web server says that it and all it needs work."""
    connection = http.client.HTTPConnection(settings.reachable_host, settings.port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": urlsplit(settings.url).netloc})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
