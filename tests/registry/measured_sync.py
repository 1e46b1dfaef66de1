"""A sync in a process of its own, which prints what it took: `python -m tests.registry.measured_sync RUN_ID`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def peak_mib() -> float:
    """The most memory that this program has held, in MiB. (`getrusage` would count what the process was before it became this program.)"""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kibibytes = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kibibytes) / 1024


def main(run_id: int) -> None:
    """Work until the sync is over, and print the process's peak memory in MiB, the seconds and the steps."""
    import django

    django.setup()
    from registry.services import git_syncs

    started, steps = time.monotonic(), 1
    while git_syncs.work(run_id=run_id):
        steps += 1
    figures = {"peak_mib": round(peak_mib()), "seconds": round(time.monotonic() - started, 1), "steps": steps}
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main(int(sys.argv[1]))
