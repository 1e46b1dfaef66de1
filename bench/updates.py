"""`python -m bench.updates [--assistants N] [--json FILE]`: one publication that many floating assistants follow.

A hub of its own is filled with assistants that all use one package. The next release of that package is published over REST, the
hub's own worker does the rest, and meanwhile one of these assistants is fetched, in turn with a constant view: what the
worker takes of the processor meets both alike, and what would make a fetch wait shows in the ratio.

`python -m bench.updates fill N` fills the database that the settings name; `… wait` prints how far the run is.
"""
# ruff: noqa: PLC0415 - what fills imports models, which works only once Django is set up

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import subprocess
import sys
import time
from itertools import batched
from pathlib import Path
from typing import Any

from bench import load
from bench.catalogue import NAMESPACE, RULE, SENTENCE
from bench.load import Measure, Sample, Target
from tests.support import needs
from tests.system import hub as hubs
from tests.system.hub import ROOT, Hub

UNLIMITED = str(10**9)
PACKAGE = "followed"
CHUNK = 500
ROUNDS = 5
RATIO_GOAL = 0.8  # of the ratio to the constant view while nothing else is done
LONGEST_SECONDS = 3600


@dataclasses.dataclass(frozen=True)
class Report:
    """What one run showed."""

    assistants: int
    moved: int
    locks: int
    seconds: float
    publish_ms: float
    size: int
    quiet: float
    meanwhile: float
    fetches: Sample
    fetches_meanwhile: Sample

    @property
    def ratio(self) -> float:
        """How fetches stand to the constant view during the run, to how they stand to it in quiet."""
        return self.meanwhile / self.quiet


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.updates", description=__doc__)
    parser.add_argument("--assistants", type=int, default=5000)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args(arguments)
    missing = needs.provide(needs.BENCH)
    measure = load.with_threads if missing else load.with_wrk(needs.wrk())
    limits = {"HUB_API_RATE_PER_MINUTE": UNLIMITED, "HUB_API_ANONYMOUS_RATE_PER_MINUTE": UNLIMITED}
    with hubs.running(DJANGO_SETTINGS_MODULE="bench.settings", **limits) as hub:
        report = _measure(hub, measure, options.assistants)
    _show(report)
    if options.json:
        options.json.write_text(json.dumps(dataclasses.asdict(report) | {"ratio": report.ratio}, indent=2) + "\n")
    return 0 if report.ratio >= RATIO_GOAL and report.moved == report.assistants else 1


def _measure(hub: Hub, measure: Measure, count: int) -> Report:
    hub.wait_for_worker()
    token = {"Authorization": f"Bearer {hub.first_run['token']}"}
    _publish(hub, "1.0.0", new=True)
    _inside(hub, "fill", str(count))
    target = Target(f"{hub.url}/api/v1/assistants/{NAMESPACE}/floats-{count - 1}/bundle", token)
    size = load.check(target)
    constant = Target(f"{hub.url}/-/constant/{size}", token)
    for each in (target, constant):
        measure(each, 1)
    quiet = [_pair(measure, target, constant) for _ in range(ROUNDS)]
    began = time.monotonic()
    publish_ms = _publish(hub, "1.1.0")
    meanwhile: list[tuple[Sample, Sample]] = []
    while not (state := _inside(hub, "wait"))["done"]:
        if time.monotonic() - began > LONGEST_SECONDS:
            raise RuntimeError(f"The run did not end: {state}")
        meanwhile.append(_pair(measure, target, constant))
    return Report(
        assistants=count,
        moved=state["moved"],
        locks=state["locks"],
        seconds=state["seconds"],
        publish_ms=publish_ms,
        size=size,
        quiet=_ratio(quiet),
        meanwhile=_ratio(meanwhile),
        fetches=_middle([ours for ours, _ in quiet]),
        fetches_meanwhile=_middle([ours for ours, _ in meanwhile]),
    )


def _pair(measure: Measure, target: Target, constant: Target) -> tuple[Sample, Sample]:
    return measure(target, 2), measure(constant, 2)


def _ratio(pairs: list[tuple[Sample, Sample]]) -> float:
    return statistics.median(ours.rate / theirs.rate for ours, theirs in pairs)


def _middle(samples: list[Sample]) -> Sample:
    return sorted(samples, key=lambda sample: sample.rate)[len(samples) // 2]


def _publish(hub: Hub, version: str, *, new: bool = False) -> float:
    """Publish a release of the package; milliseconds that it took."""
    token = hub.first_run["token"]
    if new:
        body = {"namespace": NAMESPACE, "name": PACKAGE, "kind": "rule", "visibility": "public"}
        hub.api("POST", "packages", body, token=token)
    text = RULE.format(number=1, version=version, text=SENTENCE * 8)
    began = time.perf_counter()
    answer = hub.api(
        "POST",
        f"packages/{NAMESPACE}/{PACKAGE}/releases",
        {"version": version, "manifest": text},
        token=token,
    )
    if answer.status != 201:
        raise RuntimeError(f"publishing answered {answer.status}: {answer.text}")
    return (time.perf_counter() - began) * 1000


def _inside(hub: Hub, *words: str) -> dict[str, Any]:
    """What a process on the hub's own database says."""
    command = [sys.executable, "-m", "bench.updates", *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=hub.environment)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _show(report: Report) -> None:
    each = report.seconds * 1000 / max(1, report.assistants)
    print(
        f"{report.assistants} floating assistants followed one publication in {report.seconds:.0f} s ({each:.0f} ms each)."
    )
    print(
        f"{report.moved} moved, {report.locks} locks in force; the publication itself took {report.publish_ms:.0f} ms."
    )
    quiet, busy = report.fetches, report.fetches_meanwhile
    print(
        f"Fetches: {quiet.rate:.0f}/s (p99 {quiet.p99_ms:.0f} ms), meanwhile {busy.rate:.0f}/s (p99 {busy.p99_ms:.0f} ms)."
    )
    print(
        f"Against the constant view: {report.quiet:.2f} in quiet, {report.meanwhile:.2f} meanwhile; "
        f"that is {report.ratio:.2f} of it (goal: at least {RATIO_GOAL})."
    )


def fill(count: int) -> None:
    """Assistants that float, with release and lock as publishing makes them: the first is published, the rest are like it."""
    from assistants.models import Lock, LockEntry, UpdatePolicy, UpdateState
    from hub.actors import Actor
    from hub.models import Namespace
    from registry.models import Package, Release
    from registry.services import packages, releases

    namespace = Namespace.objects.select_related("user").get(slug=NAMESPACE)
    by = Actor(namespace.user)
    first = packages.create(by=by, namespace=namespace, name="floats-0", kind="assistant", visibility="public")
    text = f"name: Floats\nversion: 1.0.0\nschema: v1\nrules:\n  - uses: {NAMESPACE}/{PACKAGE}@^1\n"
    releases.publish(by=by, package=first, version="1.0.0", manifest=text)
    lock = Lock.objects.get(release__package=first)
    entry, release = LockEntry.objects.get(lock=lock), lock.release
    for numbers in batched(range(1, count), CHUNK):
        made = Package.objects.bulk_create(
            _like(first, name=f"floats-{number}", latest_release=None) for number in numbers
        )
        shipped = Release.objects.bulk_create(_like(release, package=package) for package in made)
        for package, its in zip(made, shipped, strict=True):
            package.latest_release = its
        Package.objects.bulk_update(made, ["latest_release"])
        locks = Lock.objects.bulk_create(_like(lock, release=its) for its in shipped)
        LockEntry.objects.bulk_create(_like(entry, lock=its) for its in locks)
    UpdateState.objects.all().delete()
    every = Package.objects.filter(name__startswith="floats-")
    now = first.created_at
    UpdatePolicy.objects.bulk_create(
        UpdatePolicy(package=package, mode="floating", proposes=False, updated_at=now) for package in every
    )
    print(json.dumps({"filled": count}))


def _like(row: Any, **changes: Any) -> Any:
    """An unsaved copy of a row."""
    values = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
    }
    copy = type(row)(**{name: value for name, value in values.items() if not name.endswith("_ptr_id")})
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy


def wait() -> None:
    """How far the newest run is."""
    from assistants.models import Lock, UpdateRun

    run = UpdateRun.objects.latest("id")
    seconds = (run.finished_at - run.created_at).total_seconds() if run.finished_at else 0
    locks = Lock.objects.current().filter(number=2).count()
    told = {"done": run.state == "done", "moved": run.moved_count, "seconds": seconds, "locks": locks}
    print(json.dumps(told))


if __name__ == "__main__":
    if sys.argv[1:2] in (["fill"], ["wait"]):
        import django

        django.setup()
        fill(int(sys.argv[2])) if sys.argv[1] == "fill" else wait()
    else:
        sys.exit(main(sys.argv[1:]))
