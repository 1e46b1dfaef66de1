"""`python -m bench [--quick] [--json FILE]`: one run, one machine, ratios that can be compared."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

from bench import auditing, catalogue, load, memory, resolution, scoped
from bench.load import Measure, Sample, Target
from bench.report import Comparison, Report, show
from tests.support import needs
from tests.system import hub as hubs
from tests.system.hub import Hub

BUNDLE = "/api/v1/assistants/starter/audit/bundle"
SMALL_BODY = 2  # bytes: an answer without a body is compared with hardly any
SETTLE_SECONDS = 5
UNLIMITED = str(10**9)


@dataclasses.dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int
    seconds: float
    fetches: int
    resolutions: int
    changes: int


FULL = Effort(rounds=5, seconds=5, fetches=10_000, resolutions=40, changes=300)
QUICK = Effort(rounds=2, seconds=1, fetches=500, resolutions=5, changes=40)


def main(arguments: list[str]) -> int:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a short run that shows that it works; no figures to quote"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args(arguments)
    missing = needs.provide(needs.BENCH)
    if missing:
        print(f"Measuring with threads of Python instead of wrk, because {missing['bench']}.")
    measure = load.with_threads if missing else load.with_wrk(needs.wrk())
    limits = {"HUB_API_RATE_PER_MINUTE": UNLIMITED, "HUB_API_ANONYMOUS_RATE_PER_MINUTE": UNLIMITED}
    with hubs.running(DJANGO_SETTINGS_MODULE="bench.settings", **limits) as hub:
        report = _measure(hub, measure, QUICK if options.quick else FULL, tool="threads" if missing else "wrk")
    show(report)
    if options.json:
        options.json.write_text(json.dumps(dataclasses.asdict(report), indent=2) + "\n")
    return 0


def _measure(hub: Hub, measure: Measure, effort: Effort, *, tool: str) -> Report:
    time.sleep(SETTLE_SECONDS)  # what the start left running comes to rest
    idle = _census(hub)
    token = {"Authorization": f"Bearer {hub.first_run['token']}"}
    bundle = Target(hub.url + BUNDLE, token)
    size = load.check(bundle)
    fresh = Target(bundle.url, {**token, "If-None-Match": _etag(hub, hub.first_run["token"])}, status=304)
    comparisons = [
        _compare("bundle by name", bundle, _constant(hub, size, token), measure, effort, goal=0.35),
        _compare("the same, 304", fresh, _constant(hub, SMALL_BODY, token), measure, effort, goal=0.45),
    ]
    comparisons += _scopes(hub, measure, effort)
    catalogue.publish_rules(hub, resolution.MANY)
    resolved = resolution.measure(hub, effort.resolutions)
    audited = auditing.measure(hub, effort.changes)
    before = _census(hub)
    load.fetch(bundle, effort.fetches)
    after = _census(hub)
    return Report(_machine(tool), size, comparisons, resolved, audited, effort.fetches, idle, before, after)


def _scopes(hub: Hub, measure: Measure, effort: Effort) -> list[Comparison]:
    """The same for somebody on whom an organization and a team lay something, so that the bundle is that scope's."""
    secret = scoped.token_of(hub)
    token = {"Authorization": f"Bearer {secret}"}
    bundle = Target(hub.url + BUNDLE, token)
    fresh = Target(bundle.url, {**token, "If-None-Match": _etag(hub, secret)}, status=304)
    size = load.check(bundle)
    return [
        _compare("bundle for a scope", bundle, _constant(hub, size, token), measure, effort, goal=0.5),
        _compare("the same, 304", fresh, _constant(hub, SMALL_BODY, token), measure, effort, goal=0.6),
    ]


def _compare(
    name: str, target: Target, constant: Target, measure: Measure, effort: Effort, *, goal: float
) -> Comparison:
    """Measure both in turn, so that whatever else the machine does meets both alike."""
    for each in (target, constant):
        load.check(each)
        measure(each, 1)
    pairs = [(measure(target, effort.seconds), measure(constant, effort.seconds)) for _ in range(effort.rounds)]
    ratio = statistics.median(ours.rate / theirs.rate for ours, theirs in pairs)
    return Comparison(name, _middle([ours for ours, _ in pairs]), _middle([theirs for _, theirs in pairs]), ratio, goal)


def _middle(samples: list[Sample]) -> Sample:
    return sorted(samples, key=lambda sample: sample.rate)[len(samples) // 2]


def _constant(hub: Hub, size: int, headers: dict[str, str]) -> Target:
    return Target(f"{hub.url}/-/constant/{size}", headers)


def _etag(hub: Hub, token: str) -> str:
    answer = hub.api("GET", BUNDLE, token=token)
    return str(answer.headers["ETag"])


def _machine(tool: str) -> str:
    today = time.strftime("%Y-%m-%d")
    return f"{today}, {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, load by {tool}"


def _census(hub: Hub) -> memory.Census:
    return memory.census(hub.process.pid, hub.data_dir)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
