"""`python -m tests.run`: runs every test, after seeing to what Python packages cannot bring.

With arguments it is one plain run of pytest with them. What cannot be run is named at the end, never left out in silence;
where `CI` is set it is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support import needs

ROOT = Path(__file__).resolve().parent.parent
NO_TESTS = 5  # pytest's exit code when nothing was selected


@dataclass(frozen=True)
class Phase:
    """One run of pytest: what it is called, which tests it selects, and options of its own."""

    name: str
    marked: str
    options: tuple[str, ...] = ()


PHASES = (
    Phase("Unit and integration", "not browser and not system and not long", ("-n", "2")),
    # A file stays with one worker, because its tests share what takes seconds to start: a browser, a hub.
    Phase("Browser and system", "(browser or system)", ("-n", "2", "--dist", "loadfile")),
    # One by one to whoever is free: the tests of one file here take minutes together, and share nothing.
    Phase("Long explorations", "long", ("-n", "2")),
)


@dataclass(frozen=True)
class Outcome:
    """How a phase ended."""

    phase: Phase
    code: int
    seconds: float


def main(arguments: list[str]) -> int:
    """Run the tests and return the exit code: 0 only if tests ran and none failed."""
    if arguments:
        return _pytest(arguments)
    missing = needs.provide(needs.TESTS)
    outcomes = [_run(phase, missing) for phase in PHASES]
    _report(outcomes, missing)
    return int(_failed(outcomes, missing))


def _run(phase: Phase, missing: dict[str, str]) -> Outcome:
    needs.say(f"\n== {phase.name}")
    selected = " and ".join([phase.marked, *(f"not {marker}" for marker in missing)])
    began = time.monotonic()
    code = _pytest(["-q", *phase.options, "-m", selected])
    return Outcome(phase, code, time.monotonic() - began)


def _pytest(arguments: list[str]) -> int:
    # A process of its own for each run: what a browser or a worker leaves in memory reaches no other test.
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode


def _report(outcomes: list[Outcome], missing: dict[str, str]) -> None:
    needs.say("")
    for outcome in outcomes:
        words = {0: "passed", NO_TESTS: "nothing to run"}.get(outcome.code, f"FAILED (code {outcome.code})")
        needs.say(f"{outcome.phase.name + ':':<24}{outcome.seconds:6.1f} s  {words}")
    for marker, reason in missing.items():
        needs.say(f"NOT RUN: tests marked {marker!r}, because {reason}")


def _failed(outcomes: list[Outcome], missing: dict[str, str]) -> bool:
    if missing and os.environ.get("CI", "").lower() not in ("", "0", "false"):
        needs.say("In continuous integration nothing may be missing.")
        return True
    # A phase may be empty only because something is missing, and never all of them.
    accepted = (0, NO_TESTS) if missing else (0,)
    return any(outcome.code not in accepted for outcome in outcomes) or all(outcome.code for outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
