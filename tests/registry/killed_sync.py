"""A worker that is killed in the middle of a sync: `python -m tests.registry.killed_sync RUN_ID STOP_AFTER`, in a test's database."""

from __future__ import annotations

import os
import signal
import sys


def main(run_id: int, stop_after: int) -> None:
    """Work on the sync, and die without a word after some files."""
    import django

    django.setup()
    from registry.services import git_reports, git_syncs

    progress = git_reports.Report.progress

    def counted(report: git_reports.Report, done: int, total: int) -> None:
        progress(report, done, total)
        if done == stop_after:
            os.kill(os.getpid(), signal.SIGKILL)

    git_reports.Report.progress = counted  # type: ignore[method-assign]  # a test's own end of the process
    git_syncs.work(run_id=run_id)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
