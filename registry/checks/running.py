"""Runs the checks over one release: each within bounds, and none that can stop the others."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from registry.checks import CHECKS
from registry.checks.base import MAX_CHARACTERS, SEVERITIES, Check, Finding, Subject, Text

GROUP = "assistant_hub.checks"
# So many findings of one check are kept. More help nobody, and a hostile text could ask for millions.
MAX_FINDINGS = 50
MAX_WORDS = 500
# After so long a check is cut off. Ours take milliseconds, and seconds for the worst text; this is for what others bring.
SECONDS = 15.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scan:
    """What all checks found, the gravest first, and which checks in which versions looked."""

    findings: tuple[Finding, ...]
    checks: Mapping[str, int]

    @property
    def errors(self) -> list[Finding]:
        """What refuses a publication."""
        return [finding for finding in self.findings if finding.severity == "error"]

    def counts(self) -> dict[str, dict[str, int]]:
        """For each check that looked, how many findings of each severity; empty for one that found nothing."""
        found: dict[str, dict[str, int]] = {name: {} for name in self.checks}
        for (check, severity), count in Counter((one.check, one.severity) for one in self.findings).items():
            found.setdefault(check, {})[severity] = count
        return found


@dataclass(frozen=True)
class Broken:
    """A check of others that could not be loaded, and why."""

    name: str
    why: str


@functools.cache
def entries() -> tuple[importlib.metadata.EntryPoint, ...]:
    """What is installed beside us. Found once: looking through all distributions takes longer than most scans."""
    return tuple(importlib.metadata.entry_points(group=GROUP))


def checks() -> tuple[dict[str, Check], list[Broken]]:
    """Our checks and those that are installed beside us, and what is installed but cannot be loaded."""
    found, broken = dict(CHECKS), []
    for entry in entries():
        if entry.name in CHECKS:
            broken.append(Broken(f"other-{entry.name}", "it has the name of a check of the hub"))
            continue
        try:
            loaded = entry.load()
        except Exception as error:
            broken.append(Broken(entry.name, f"loading it raised {type(error).__name__}"))
            continue
        if isinstance(loaded, Check) and loaded.name == entry.name:
            found[entry.name] = loaded
        else:
            broken.append(Broken(entry.name, "it is no Check of this name"))
    return found, broken


def versions() -> dict[str, int]:
    """The checks that look now, with their versions. One that cannot be loaded has version 0."""
    found, broken = checks()
    return {name: check.version for name, check in found.items()} | {one.name: 0 for one in broken}


def fingerprint(looked: Mapping[str, int]) -> str:
    """A short name for a set of checks in their versions: two scans of the same name looked for the same things."""
    words = ",".join(f"{name}={version}" for name, version in sorted(looked.items()))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def scan(subject: Subject) -> Scan:
    """Run every check. Never raises because of a check: one that fails is a finding, so that nobody takes it for a pass."""
    found, broken = checks()
    subject, findings = _cut(subject)
    findings += [_not_run(one.name, one.why, subject) for one in broken]
    for name, check in found.items():
        findings += _run(check, subject) if name in CHECKS else _run_apart(check, subject)
    looked = {name: check.version for name, check in found.items()} | {one.name: 0 for one in broken}
    return Scan(tuple(sorted(findings, key=lambda one: one.order)), looked)


def _run(check: Check, subject: Subject) -> list[Finding]:
    kept: list[Finding] = []
    until = time.monotonic() + SECONDS
    try:
        for finding in check.run(replace(subject, until=until)):
            one = _checked(check, finding)
            # Beyond what people read, one that refuses is still looked for: it must not hide behind many that do not.
            if len(kept) < MAX_FINDINGS:
                kept.append(one)
            elif any(other.severity == "error" for other in kept):
                break
            elif one.severity == "error":
                kept.append(one)
                break
            if time.monotonic() > until:
                return [*kept, _cut_off(check, subject)]
    except TimeoutError:
        return [*kept, _cut_off(check, subject)]
    except Exception as error:
        # Without the message, which may repeat what the check looked at.
        log.error("The check %s failed on %s: %s", check.name, subject.package, type(error).__name__)  # noqa: TRY400
        return [*kept, _not_run(check.name, f"it raised {type(error).__name__}", subject)]
    if len(kept) >= MAX_FINDINGS:
        kept.append(_more(check, subject))
    return kept


def _run_apart(check: Check, subject: Subject) -> list[Finding]:
    """Run a check of others in a thread, which is left behind if it does not come to an end."""
    results: list[list[Finding]] = []
    thread = threading.Thread(target=lambda: results.append(_run(check, subject)), daemon=True, name=check.name)
    thread.start()
    thread.join(SECONDS)
    return results[0] if results else [_cut_off(check, subject)]


def _checked(check: Check, finding: Any) -> Finding:
    """The finding under the check's own name, in words that can be stored and shown. Raises TypeError for what is none."""
    if not isinstance(finding, Finding) or finding.severity not in SEVERITIES:
        raise TypeError(f"{check.name} found a {type(finding).__name__}")
    return replace(
        finding,
        check=check.name,
        message=_printable(finding.message),
        mend=_printable(finding.mend),
        file=_printable(finding.file),
        line=int(finding.line),
        column=int(finding.column),
    )


def _printable(words: str) -> str:
    """What a check repeats of a text may hold what that text hides."""
    return "".join(one if one.isprintable() else "\ufffd" for one in words[:MAX_WORDS])


def _cut(subject: Subject) -> tuple[Subject, list[Finding]]:
    """The subject with no text longer than what is looked at, and a finding for each that was longer."""
    long = [text for text in subject.texts if len(text.content) > MAX_CHARACTERS]
    if not long:
        return subject, []
    texts = tuple(Text(one.file, one.content[:MAX_CHARACTERS], one.is_binary) for one in subject.texts)
    message = f"Only the first {MAX_CHARACTERS} characters of this file were looked at."
    findings = [Finding("scan", "warning", message, one.file, mend="Make it shorter.") for one in long]
    return replace(subject, texts=texts), findings


def _not_run(name: str, why: str, subject: Subject) -> Finding:
    message = f"The check “{name}” could not look at this release: {why}."
    mend = "Tell whoever runs the hub; a later scan looks again."
    return Finding(name, "warning", message, subject.manifest.file, mend=mend)


def _cut_off(check: Check, subject: Subject) -> Finding:
    if check.name not in CHECKS:
        return _not_run(check.name, f"it took longer than {SECONDS:g} seconds", subject)
    message = f"The check “{check.name}” did not come to an end within {SECONDS:g} seconds."
    return Finding(check.name, "error", message, subject.manifest.file, mend="Make the texts shorter, or try again.")


def _more(check: Check, subject: Subject) -> Finding:
    message = f"The check “{check.name}” lists the first {MAX_FINDINGS} things that it found."
    return Finding(check.name, "info", message, subject.manifest.file)
