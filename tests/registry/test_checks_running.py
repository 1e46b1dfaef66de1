"""Running the checks: nothing that one of them does stops the others, and none passes silently."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from registry.checks import CHECKS, Check, Finding, Subject, Text, running
from registry.checks.base import MAX_CHARACTERS

SUBJECT = Subject("acme/style", "rule", "1.0.0", {}, (Text("manifest.yaml", "name: x\n"),))


def polite(subject: Subject) -> Iterator[Finding]:
    yield Finding("another name", "warning", "A word\u202e is missing.", subject.manifest.file, mend="Add it.")


def broken(subject: Subject) -> Iterator[Finding]:
    raise RuntimeError("the text was: " + subject.manifest.content)


def confused(subject: Subject) -> list[Any]:
    return ["something"]


def unsure(subject: Subject) -> list[Finding]:
    return [Finding("unsure", "perhaps", "Hm.", "a")]  # type: ignore[arg-type]  # what others write is not checked


never = threading.Event()


def endless(subject: Subject) -> list[Finding]:
    never.wait()
    return []


POLITE = Check("polite", 3, "Words", polite)
BROKEN = Check("broken", 1, "Broken", broken)
CONFUSED = Check("confused", 1, "Confused", confused)
UNSURE = Check("unsure", 1, "Unsure", unsure)
ENDLESS = Check("endless", 1, "Endless", endless)
SECRETS = Check("secrets", 9, "In place of ours", polite)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Installs checks of others: `installed("polite")`."""

    def install(*names: str) -> None:
        points = tuple(EntryPoint(name, f"{__name__}:{name.upper()}", running.GROUP) for name in names)
        monkeypatch.setattr(running, "entries", lambda: points)

    return install


def of(scan: running.Scan, check: str) -> list[Finding]:
    return [one for one in scan.findings if one.check == check]


def test_a_check_of_others_looks_too(installed: Callable[..., None]) -> None:
    installed("polite")
    scan = running.scan(SUBJECT)
    [one] = of(scan, "polite")
    assert (one.severity, one.message) == ("warning", "A word\ufffd is missing.")
    assert scan.checks == {name: check.version for name, check in CHECKS.items()} | {"polite": 3}
    assert scan.counts()["polite"] == {"warning": 1}
    assert scan.counts()["secrets"] == {}


@pytest.mark.parametrize("name", ["broken", "confused", "unsure", "missing"])
def test_a_broken_check_is_a_finding_and_stops_nothing(installed: Callable[..., None], name: str) -> None:
    installed(name, "polite")
    scan = running.scan(SUBJECT)
    [one] = of(scan, name)
    assert one.severity == "warning"
    assert "could not look" in one.message
    assert "name: x" not in one.message
    assert of(scan, "polite")
    assert scan.errors == []


def test_a_check_that_does_not_end_is_left_behind(
    installed: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed("endless", "polite")
    monkeypatch.setattr(running, "SECONDS", 0.2)
    monkeypatch.setattr(running, "CHECKS", {})
    scan = running.scan(SUBJECT)
    never.set()
    assert "longer than" in of(scan, "endless")[0].message
    assert of(scan, "polite")


def test_nobody_takes_the_place_of_our_checks(installed: Callable[..., None]) -> None:
    installed("secrets")
    scan = running.scan(SUBJECT)
    assert scan.checks["secrets"] == CHECKS["secrets"].version
    assert "has the name of a check of the hub" in of(scan, "other-secrets")[0].message


def test_an_error_does_not_hide_behind_many_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    def many(subject: Subject) -> Iterator[Finding]:
        for line in range(1, 1000):
            yield Finding("many", "error" if line == 900 else "warning", "Odd.", "a", line)

    monkeypatch.setattr(running, "CHECKS", {"many": Check("many", 1, "Many", many)})
    scan = running.scan(SUBJECT)
    assert [one.line for one in scan.errors] == [900]
    assert len(scan.findings) == running.MAX_FINDINGS + 2


def test_a_check_of_ours_that_runs_out_of_time_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(subject: Subject) -> Iterator[Finding]:
        for text in subject.readable():
            yield Finding("slow", "info", "Seen.", text.file)

    monkeypatch.setattr(running, "CHECKS", {"slow": Check("slow", 1, "Slow", slow)})
    monkeypatch.setattr(running, "SECONDS", -1.0)
    [refusal] = running.scan(SUBJECT).errors
    assert "did not come to an end" in refusal.message


def test_no_more_of_a_text_is_looked_at_than_the_limit() -> None:
    long = Text("a.txt", "x\n" * (MAX_CHARACTERS // 2 + 10))
    scan = running.scan(Subject("acme/style", "skill", "1.0.0", {}, (Text("SKILL.md", ""), long)))
    [one] = of(scan, "scan")
    assert (one.severity, one.file) == ("warning", "a.txt")


def test_the_fingerprint_changes_with_any_version(installed: Callable[..., None]) -> None:
    before = running.fingerprint(running.versions())
    installed("polite")
    assert running.fingerprint(running.versions()) != before
    assert running.fingerprint({"a": 1}) != running.fingerprint({"a": 2})
