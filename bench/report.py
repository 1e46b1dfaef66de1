"""The figures of one run, and how they are printed."""

from __future__ import annotations

from dataclasses import dataclass

from bench.auditing import Auditing
from bench.load import CONNECTIONS, Sample
from bench.memory import Census
from bench.resolution import FEW, MANY, Resolution

MEMORY_GOAL = 500


@dataclass(frozen=True)
class Comparison:
    """An address against the constant view: the middle sample of each, and the median ratio of the pairs."""

    name: str
    sample: Sample
    constant: Sample
    ratio: float
    goal: float


@dataclass(frozen=True)
class Report:
    """Everything that one run measured."""

    machine: str
    bundle_bytes: int
    comparisons: list[Comparison]
    resolution: Resolution
    auditing: Auditing
    fetches: int
    idle: Census
    before: Census
    after: Census


def show(report: Report) -> None:
    """Print it."""
    print(f"\n{report.machine}")
    print(f"\nThroughput, {CONNECTIONS} connections, a bundle of {report.bundle_bytes} bytes, with a token")
    for one in report.comparisons:
        print(f"  {one.name:<18} {_sample(one.sample)}")
        print(f"  {'constant bytes':<18} {_sample(one.constant)}")
        print(f"  {'ratio':<18} {one.ratio:8.1%}   goal {one.goal:.0%} or more: {_word(reached=one.ratio >= one.goal)}")
    found = report.resolution
    print(f"\nCold resolution of {MANY} requirements")
    print(f"  over REST        {found.rest_ms:8.1f} ms (median)")
    print(f"  by itself        {found.alone_ms:8.1f} ms (median), {found.queries} queries")
    print(f"  {FEW} requirements: {found.queries_of_few} queries")
    cost = report.auditing
    print("\nA small change with its audit event, and without")
    print(f"  with             {cost.audited_ms:8.2f} ms (median)")
    print(f"  without          {cost.bare_ms:8.2f} ms (median)")
    print(f"  ratio            {cost.ratio:8.2f}")
    print(f"  afterwards, for each event: sealing {cost.seal_us:.0f} µs, verifying {cost.verify_us:.0f} µs")
    print("\nMemory after the start, idle, MB        resident   proportional")
    for use in sorted(report.idle.processes, key=lambda use: -use.rss):
        print(f"  {use.name:<36} {use.rss:9.1f}   {_megabytes(use.pss)}")
    reached = _word(reached=report.idle.rss <= MEMORY_GOAL)
    print(f"  {'sum':<36} {_sums(report.idle)}   goal {MEMORY_GOAL} MB or less: {reached}")
    print(f"  {'sum after the measurements above':<36} {_sums(report.before)}")
    print(f"  {f'and after {report.fetches} bundles more':<36} {_sums(report.after)}")


def _sample(sample: Sample) -> str:
    return f"{sample.rate:8.0f} requests/s   p50 {sample.p50_ms:6.2f} ms   p99 {sample.p99_ms:6.2f} ms"


def _sums(census: Census) -> str:
    return f"{census.rss:9.1f}   {_megabytes(census.pss)}"


def _megabytes(value: float | None) -> str:
    return f"{'unknown':>9}" if value is None else f"{value:9.1f}"


def _word(*, reached: bool) -> str:
    return "reached" if reached else "missed"
