"""What auditing costs: the same change with and without its event, in a process of its own on the running hub's database.

`python -m bench.auditing TIMES` prints the measurements as JSON.
"""
# ruff: noqa: PLC0415 - what is measured imports models, which works only once Django is set up

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from unittest import mock

from tests.system.hub import ROOT, Hub

ROUNDS = 5


@dataclass(frozen=True)
class Auditing:
    """Median milliseconds of a change with and without its event, the median ratio, and microseconds for each event after."""

    audited_ms: float
    bare_ms: float
    ratio: float
    seal_us: float
    verify_us: float


def measure(hub: Hub, times: int) -> Auditing:
    """Change a person's name again and again, audited and not, in turn; then seal and verify what came of it."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.auditing", str(times)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=hub.environment,
    )
    return Auditing(**json.loads(done.stdout.splitlines()[-1]))


def main(times: int) -> None:
    """Measure in this process."""
    import django

    django.setup()
    from hub.actors import Actor
    from hub.models import User
    from hub.services import accounts, audit_seals, audit_verification

    by = Actor(User.objects.select_related("namespace").get(username="administrator"))

    def change(number: int) -> None:
        accounts.update(by=by, display_name=f"Name {number}")

    def bare(number: int) -> None:
        with mock.patch("hub.services.audit.record"):
            change(number)

    change(0)
    bare(0)
    pairs = [_medians(change, bare, times) for _ in range(ROUNDS)]
    audit_seals.seal_all()
    for number in range(times):
        change(number)
    sealing, sealed = _spent(audit_seals.seal_all)
    verifying, report = _spent(audit_verification.verify)
    result = {
        "audited_ms": statistics.median(ours for ours, _ in pairs),
        "bare_ms": statistics.median(other for _, other in pairs),
        "ratio": statistics.median(ours / other for ours, other in pairs),
        "seal_us": sealing * 1e6 / max(sealed, 1),
        "verify_us": verifying * 1e6 / max(report.events, 1),
    }
    print(json.dumps(result))


def _medians(one: Callable[[int], None], other: Callable[[int], None], times: int) -> tuple[float, float]:
    """Median milliseconds of two changes made in turn, so that whatever else the machine does meets both alike."""
    pairs = [(_spent(partial(one, number))[0], _spent(partial(other, number))[0]) for number in range(times)]
    ours, others = zip(*pairs, strict=True)
    return statistics.median(ours) * 1000, statistics.median(others) * 1000


def _spent[T](work: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


if __name__ == "__main__":
    main(int(sys.argv[1]))
