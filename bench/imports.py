"""What importing a large archive costs: time, and the memory of the process that does it, and whether progress is seen.

`python -m bench.imports [FILES]` starts a hub of its own, makes an archive of that many files (10,000 if not said), has it
looked through and imported as a worker would, and prints after each step the seconds, the peak of resident memory, and what
somebody who watches the job's page saw meanwhile.
"""
# ruff: noqa: PLC0415 - what is measured imports models, which works only once Django is set up

from __future__ import annotations

import io
import itertools
import json
import random
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from tests.registry.measured_sync import peak_mib
from tests.system import hub as hubs
from tests.system.hub import ROOT

FILES = 10_000
LIMIT_MB = 300
_WORDS = "write name test module error value return check small clear before after user input output state".split()


def archive(count: int) -> bytes:
    """A zip of files as projects have them: rules of two to eight kilobytes, settings, and code that nobody imports."""
    random.seed(count)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(count):
            text = "\n".join(" ".join(random.choices(_WORDS, k=12)) + "." for _ in range(random.randint(25, 100)))
            folder = f"part-{number % 50}"
            if number % 10 == 9:
                made.writestr(f"{folder}/code-{number}.py", f"# {text}")
            elif number % 10 == 8:
                servers = {f"server-{number}": {"command": "npx", "args": [f"tool-{number}@1.0.0"]}}
                made.writestr(f"{folder}/{number}/.mcp.json", json.dumps({"mcpServers": servers}))
            else:
                front = f"---\ndescription: Rule {number}\nglobs: src/{number}/**\n---\n"
                made.writestr(f"{folder}/rule-{number}.mdc", front + text)
    return packed.getvalue()


def main(count: int) -> None:
    """Measure in a process of its own, on a hub of its own."""
    with hubs.running(DJANGO_SETTINGS_MODULE="bench.settings") as hub:
        command = [sys.executable, "-m", "bench.imports", str(count), "worker"]
        subprocess.run(command, check=True, cwd=ROOT, env=hub.environment)


def worker(count: int) -> None:
    """Hand in, look through, import, and import again."""
    import django

    django.setup()
    from hub.actors import Actor
    from hub.models import Job, Namespace, User
    from hub.services import jobs
    from registry.models import Release
    from registry.services import import_uploads

    by = Actor(User.objects.select_related("namespace").get(username="administrator"))
    namespace = Namespace.objects.get(slug="administrator")
    # The hub's own worker must not take the jobs away.
    jobs.send_through(lambda _: None)
    _told("started")
    for dry_run in (True, False, False):
        began = time.perf_counter()
        made = import_uploads.upload(
            by=by, namespace=namespace, file_name="large.zip", chunks=[archive(count)], dry_run=dry_run
        )
        with _watched(made.job.pk) as seen:
            jobs.run(made.job.pk)
        counts = Job.objects.get(id=made.job.pk).report["counts"]
        _told("looked through" if dry_run else "imported", time.perf_counter() - began, f"{counts}, {_in_words(seen)}")
    print(f"{Release.objects.filter(package__namespace=namespace).count()} releases; the limit is {LIMIT_MB} MB.")


@contextmanager
def _watched(job_id: int) -> Iterator[list[float]]:
    """Look at the job every half second, as its page does; gives when it had got further."""
    from django.db import connection

    from hub.models import Job

    moved, over = [time.perf_counter()], threading.Event()

    def watch() -> None:
        done = 0
        while not over.wait(0.5):
            now = Job.objects.values_list("done", flat=True).get(id=job_id)
            if now != done:
                done = now
                moved.append(time.perf_counter())
        connection.close()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield moved
    finally:
        over.set()
        thread.join()


def _in_words(moved: list[float]) -> str:
    waits = [later - earlier for earlier, later in itertools.pairwise(moved)]
    return f"got further before the watcher's eyes {len(waits)} times, after {max(waits, default=0):.1f} s at most"


def _told(step: str, seconds: float = 0, more: str = "") -> None:
    print(f"{step:15} {seconds:8.1f} s  peak {peak_mib():6.0f} MiB  {more}", flush=True)


if __name__ == "__main__":
    if sys.argv[2:] == ["worker"]:
        worker(int(sys.argv[1]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else FILES)
