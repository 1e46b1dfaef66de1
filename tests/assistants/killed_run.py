"""A worker that is killed in a run: `python -m tests.assistants.killed_run RUN_ID STOP_AFTER`, in a test's database."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any


def main(run_id: int, stop_after: int) -> None:
    """Work on the run, and die without a word in the middle of an assistant's transaction."""
    import django

    django.setup()
    from assistants.services import update_runs, updating

    bring = updating.bring_up_to_date
    done = 0

    def counted(**asked: Any) -> updating.Outcome:
        nonlocal done
        outcome = bring(**asked)
        if done == stop_after:
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1
        return outcome

    updating.bring_up_to_date = counted
    update_runs.work(run_id=run_id, seconds=60)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
