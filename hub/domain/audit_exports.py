"""Checks an exported audit log by itself: needs the file and the hub's public key, no database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.domain.audit import Seal, canonical, digest
from hub.domain.audit_checks import Chain, Comparison, Fault, Finding
from hub.domain.audit_keys import is_signed

STATEMENT = ("number", "at", "newest_at", "first_position", "count", "entries", "previous", "key")


class NotAnExport(ValueError):
    """The file is no export of an audit log; the message says why."""


@dataclass
class ExportReport:
    """What a file holds, and what is wrong with it."""

    events: int = 0
    seals: int = 0
    waiting: int = 0
    keys: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def check(lines: Iterable[bytes], *, trusted: Mapping[str, str] | None = None) -> ExportReport:
    """Compare the events of an export with its seals, and all of it with its last line's signature.

    `trusted` are public keys by fingerprint. None takes those that the file names: it then proves only that it agrees with
    itself and with whoever holds that key. Raises NotAnExport.
    """
    return _Reader(trusted).read(lines)


class _Reader:
    """Goes through the lines, one seal with its events at a time."""

    def __init__(self, trusted: Mapping[str, str] | None) -> None:
        self.trusted = trusted
        self.report = ExportReport()
        self.comparison = Comparison()
        self.chain = Chain({})
        self.seal: Seal | None = None
        self.found: dict[int, str] = {}
        self.strays: dict[int, str] = {}
        self.ended = False

    def read(self, lines: Iterable[bytes]) -> ExportReport:
        """All of it."""
        written = hashlib.sha256()
        for number, text in enumerate(lines, 1):
            line = _parsed(text, number)
            self._take(line, number, written.hexdigest())
            written.update(text)
        if not self.report.keys:
            raise NotAnExport("The file has no lines.")
        self._close()
        if not self.ended:
            self.report.findings.append(Finding(Fault.TRUNCATED, "the file", "has no last line that signs it"))
        self.report.seals = self.chain.count
        self.report.findings += self.comparison.findings(strays=self.strays)
        self.report.findings += self._about_strays()
        return self.report

    def _take(self, line: dict[str, Any], number: int, before: str) -> None:
        kind = line.get("type")
        if (number == 1) != (kind == "export"):
            raise NotAnExport(f"Line {number} is not what stands there in an export.")
        if kind == "export":
            self.report.keys = dict(line["public_keys"] if self.trusted is None else self.trusted)
            self.chain = Chain(self.report.keys)
        elif kind == "seal":
            self._close()
            self._open(line)
        elif kind == "event":
            self._event(line)
        elif kind == "end":
            self._end(line, before)

    def _open(self, line: dict[str, Any]) -> None:
        statement = {name: line[name] for name in STATEMENT}
        ids, digests = (tuple(line[name]) if name in line else None for name in ("ids", "digests"))
        seal = Seal(**statement, ids=ids, digests=digests, signature=bytes.fromhex(line["signature"]))
        self.report.findings += self.chain.check(seal)
        exported = set(line.get("exported", ()))
        pairs = [pair for pair in zip(seal.ids or (), seal.digests or (), strict=False) if pair[0] in exported]
        here, sealed = tuple(number for number, _ in pairs), tuple(each for _, each in pairs)
        self.seal = Seal(**statement, ids=here, digests=sealed)

    def _event(self, line: dict[str, Any]) -> None:
        number, found = int(line["id"]), digest(line["event"])
        self.report.events += 1
        expected = self.seal.ids if self.seal is not None and self.seal.ids else ()
        if line["seal"] is None and line.get("ours"):
            self.report.waiting += 1
        elif self.seal is not None and line["seal"] == self.seal.number and number in expected:
            self.found[number] = found
        else:
            self.strays[number] = found

    def _close(self) -> None:
        """Compare the events of the seal that ends here."""
        if self.seal is not None:
            self.comparison.compare(self.seal, self.found)
        self.seal, self.found = None, {}

    def _end(self, line: dict[str, Any], before: str) -> None:
        self.ended = True
        signature = bytes.fromhex(line.pop("signature"))
        if not is_signed(canonical(line), signature, line["key"], self.report.keys):
            self.report.findings.append(Finding(Fault.BAD_SEAL, "the last line", "the hub's key did not sign it"))
        elif line["sha256"] != before:
            self.report.findings.append(Finding(Fault.EDITED, "the file", "is not as it was exported"))

    def _about_strays(self) -> Iterator[Finding]:
        for number, found in self.strays.items():
            if self.comparison.moved_from(found) is None:
                yield Finding(Fault.INSERTED, f"event {number}", "is in no seal of the file")


def _parsed(text: bytes, number: int) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        raise NotAnExport(f"Line {number} is not JSON.") from None
    if not isinstance(line, dict):
        raise NotAnExport(f"Line {number} is not a JSON object.")
    return line
