"""A launcher whose processes are small stand-ins, so that its behaviour is tested in a second or two.

`python -m tests.launcher.stand_in` runs the launcher; the database is the real one. The part after it is
what the launcher starts: `prepare`, `web PORT` or `worker`. `STAND_IN_FAILS` names the one that fails.
"""

from __future__ import annotations

import http.server
import os
import signal
import sys
import threading
from pathlib import Path

from hub.launcher import lock, processes, report, settings
from hub.launcher.commands import Commands
from hub.launcher.errors import CannotStart
from hub.launcher.supervisor import StopRequest, Supervisor


class Ready(http.server.BaseHTTPRequestHandler):
    """Says that it is ready; ends its process when asked to."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
        if self.path == "/crash":
            sys.stdout.write("the last words\n")
            sys.stdout.flush()
            os._exit(3)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing for each request."""


def launch() -> int:
    """Run the launcher with less patience than people need."""
    lock.PATIENCE = 0.5
    processes.GRACE = 1.0
    stop = StopRequest(parent=os.getppid() if os.environ.get("HUB_STOP_WITH_PARENT") else None)
    stop.listen()
    me = [sys.executable, "-m", "tests.launcher.stand_in"]
    try:
        read = settings.read(os.environ)
        run = Commands([*me, "prepare"], [*me, "web", str(read.port)], [*me, "worker"], worker_is_ready="I am ready")
        Supervisor(read, os.environ, stop, run).run()
    except CannotStart as error:
        report.failure(error)
        return 1
    return 0


def serve(role: str, *arguments: str) -> None:
    """Be one of the processes."""
    if os.environ.get("STAND_IN_FAILS") == role:
        sys.exit(f"{role} cannot work")
    if role == "prepare":
        Path(os.environ["HUB_DATA_DIR"], "prepared").write_text(os.environ["DATABASE_URL"])
    elif role == "web":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        http.server.HTTPServer(("127.0.0.1", int(arguments[0])), Ready).serve_forever()
    else:
        sys.stdout.write("I am ready\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    if sys.argv[1:]:
        serve(*sys.argv[1:])
    else:
        sys.exit(launch())
