"""`python -m hub.launcher`: what `make up` runs. Exits with 0 after a stop that was asked for, with 1 after a failure."""

from __future__ import annotations

import os
import sys

from hub.launcher import commands, report, settings
from hub.launcher.errors import CannotStart
from hub.launcher.supervisor import StopRequest, Supervisor


def main() -> int:
    """Run the hub as the environment says."""
    # `make` starts the launcher and is what a person sees: when it is killed, the hub must not stay behind.
    stop = StopRequest(parent=os.getppid() if os.environ.get("HUB_STOP_WITH_PARENT") else None)
    stop.listen()
    try:
        read = settings.read(os.environ)
        Supervisor(read, os.environ, stop, commands.of(read)).run()
    except CannotStart as error:
        report.failure(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
