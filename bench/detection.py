"""`python -m bench.detection [--corpus FOLDER] [--json FILE]`: what the checks find, and what they find wrongly.

Precision and recall over the labelled texts of tests/labelled, line by line, and every finding in a folder of texts that
are taken to be clean, to be judged one by one. The folder can also be given as DETECTION_CORPUS.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import betterleaks

from registry.checks import CHECKS, Finding, Subject, Text
from registry.checks.running import scan
from registry.domain import literals
from tests.labelled import secrets, unicode
from tests.labelled.case import Case

type Detector = Callable[[Case], set[int]]

# The rules were looked at with the first; the second has keys that nobody has looked at.
SEEDS = (secrets.SEED, secrets.SEED + 1000)
# Licences are not what anybody publishes as a rule or a skill.
PASSED = ("LICENSE",)


@dataclass(frozen=True)
class Score:
    """How many labelled lines one detector found and missed, and how many others it named."""

    name: str
    found: int
    wrong: int
    missed: int
    misses: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()

    @property
    def precision(self) -> float:
        """How much of what it names is right."""
        return self.found / (self.found + self.wrong) if self.found + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """How much of what is there it finds."""
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0


def findings_of(check: str, case: Case) -> list[Finding]:
    """What a check finds in one labelled text, beside an empty manifest."""
    subject = Subject("acme/labelled", "skill", "1.0.0", {}, (Text("manifest.yaml", ""), Text(case.file, case.text)))
    return list(CHECKS[check].run(subject))


def lines(check: str, *severities: str) -> Detector:
    """The lines on which a check finds something of these severities."""
    return lambda case: {one.line for one in findings_of(check, case) if one.severity in severities}


def known_forms(case: Case) -> set[int]:
    """The lines on which our own list of forms finds something."""
    return {fault.place.line for fault in literals.in_text(case.text, case.file)}


def betterleaks_alone(case: Case) -> set[int]:
    """The lines on which Betterleaks finds something, as it comes."""
    return {max(1, found.location.start_line) for found in betterleaks.scan_string(case.text.replace("\0", " "))}


def score(name: str, detector: Detector, cases: Iterable[Case]) -> Score:
    """Compare a detector with the labels."""
    found = wrong = missed = 0
    misses, mistakes = [], []
    for case in cases:
        named = detector(case)
        found += len(named & case.bad)
        if gone := case.bad - named:
            missed += len(gone)
            misses.append(case.name)
        if extra := named - case.bad:
            wrong += len(extra)
            mistakes.append(case.name)
    return Score(name, found, wrong, missed, tuple(misses), tuple(mistakes))


def scores() -> Iterator[Score]:
    """Every figure."""
    for seed in SEEDS:
        cases = [*secrets.positives(seed), *secrets.negatives(seed)]
        yield score(f"secrets, errors and warnings, seed {seed}", lines("secrets", "error", "warning"), cases)
        yield score(f"secrets, errors alone, seed {seed}", lines("secrets", "error"), cases)
        yield score(f"  our known forms alone, seed {seed}", known_forms, cases)
        yield score(f"  Betterleaks alone, seed {seed}", betterleaks_alone, cases)
    cases = [*unicode.positives(), *unicode.negatives()]
    yield score("hidden-unicode, errors and warnings", lines("hidden-unicode", "error", "warning"), cases)
    yield score("hidden-unicode, errors alone", lines("hidden-unicode", "error"), cases)


def in_folder(folder: Path) -> Iterator[Finding]:
    """Every finding in every text below a folder, each looked at as a file of a release."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in PASSED:
            name = str(path.relative_to(folder))
            texts = (Text("manifest.yaml", ""), Text.of_bytes(name, path.read_bytes()))
            yield from scan(Subject("acme/clean", "skill", "1.0.0", {}, texts)).findings


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection", description=__doc__)
    usual = os.environ.get("DETECTION_CORPUS")
    parser.add_argument("--corpus", type=Path, default=Path(usual) if usual else None, help="a folder of clean texts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args(arguments)
    results = list(scores())
    print(f"{'':<56} precision  recall  found  missed  wrong")
    for one in results:
        figures = f"{one.precision:9.1%} {one.recall:7.1%} {one.found:6} {one.missed:7} {one.wrong:6}"
        print(f"{one.name:<56} {figures}")
        for word, names in (("missed", one.misses), ("wrong", one.mistakes)):
            if names and not one.name.startswith("  "):
                print(f"    {word}: {'; '.join(names[:20])}{' …' if len(names) > 20 else ''}")
    clean: list[Finding] = []
    if options.corpus:
        started = time.perf_counter()
        clean = list(in_folder(options.corpus))
        print(f"\n{len(clean)} findings in {options.corpus.name}, in {time.perf_counter() - started:.1f} s")
        for found in clean:
            print(f"  {found.file}:{found.line}:{found.column} {found.severity} {found.check}: {found.message}")
    if options.json:
        document = {
            "scores": [dataclasses.asdict(one) | {"precision": one.precision, "recall": one.recall} for one in results],
            "clean": [found.as_json() for found in clean],
        }
        options.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
