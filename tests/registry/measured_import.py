"""An import in a process of its own, which prints the most memory that it held: `python -m tests.registry.measured_import JOB`."""

from __future__ import annotations

import sys

from tests.registry.measured_sync import peak_mib


def main(job_id: int) -> None:
    """Do the job as a worker does, and print the process's peak memory in MiB."""
    import django

    django.setup()
    import registry.services.import_uploads  # noqa: F401 - tells what a job of this kind does
    from hub.services import jobs

    jobs.run(job_id)
    sys.stdout.write(f"{peak_mib():.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
