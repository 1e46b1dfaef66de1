"""Cold resolution: over REST from outside, and by itself in a process that counts the queries.

`python -m bench.resolution TIMES` reads {"name": manifest} from its standard input and prints the measurements as JSON.
"""
# ruff: noqa: PLC0415 - what counts the queries imports models, which works only once Django is set up

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from bench.catalogue import NAMESPACE, manifest
from tests.system.hub import ROOT, Hub

FEW, MANY = 10, 50


@dataclass(frozen=True)
class Resolution:
    """Median milliseconds over REST and of the resolution alone, and the queries for many and for few requirements."""

    rest_ms: float
    alone_ms: float
    queries: int
    queries_of_few: int


def measure(hub: Hub, times: int) -> Resolution:
    """Resolve an assistant of fifty requirements anew each time: `POST /api/v1/resolve` stores and remembers nothing."""
    body = {"manifest": manifest(MANY)}
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        answer = hub.api("POST", "resolve", body, token=hub.first_run["token"])
        spent.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"resolve answered {answer.status}: {answer.text}")
    inside = _inside(hub, times)
    return Resolution(
        statistics.median(spent), inside["many"]["ms"], inside["many"]["queries"], inside["few"]["queries"]
    )


def _inside(hub: Hub, times: int) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.resolution", str(times)],
        input=json.dumps({"few": manifest(FEW), "many": manifest(MANY)}),
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=hub.environment,
    )
    measured: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return measured


def main(times: int) -> None:
    """Resolve in this process, with queries counted."""
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from assistants.services import resolving
    from hub.actors import Actor
    from hub.models import Namespace
    from registry.models import Package

    namespace = Namespace.objects.select_related("user").get(slug=NAMESPACE)
    by, into = Actor(namespace.user), Package(namespace=namespace, name="bench", kind="assistant")
    measured = {}
    for name, text in json.load(sys.stdin).items():
        spent = []
        for _ in range(times):
            began = time.perf_counter()
            with CaptureQueriesContext(connection) as queries:
                resolving.preview(by=by, into=into, version="1.0.0", manifest=text)
            spent.append((time.perf_counter() - began) * 1000)
        measured[name] = {"ms": statistics.median(spent), "queries": len(queries)}
    print(json.dumps(measured))


if __name__ == "__main__":
    main(int(sys.argv[1]))
