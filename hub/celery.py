"""The Celery application: `celery -A hub worker --beat-thread`."""

import os
from pathlib import Path
from typing import Any

from celery import Celery, bootsteps
from celery.beat import EmbeddedService
from click import Option
from django.conf import settings

from hub import file_broker  # noqa: F401  # makes its scheme known before a connection asks for it

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

app = Celery("hub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.user_options["worker"].add(
    Option(["--beat-thread"], is_flag=True, help="Run the schedule in a thread of this worker (on one worker only).")
)

for _folder in (value for key, value in settings.CELERY_BROKER_TRANSPORT_OPTIONS.items() if "folder" in key):
    Path(_folder).mkdir(parents=True, exist_ok=True)


class BeatThread(bootsteps.StartStopStep):
    """The schedule as a thread. Celery's own `--beat` forks a process for it, which costs as much memory as the worker."""

    conditional = True

    def __init__(self, worker: Any, beat_thread: bool = False, **options: Any) -> None:  # noqa: FBT001, FBT002  # as Celery calls it
        self.enabled = beat_thread
        super().__init__(worker, **options)

    def create(self, worker: Any) -> Any:
        """What is started and stopped with the worker."""
        return EmbeddedService(worker.app, schedule_filename=worker.schedule_filename, thread=True)


app.steps["worker"].add(BeatThread)
