"""What the processes write: the last lines after a failure, and errors and mails while they run."""

from __future__ import annotations

import re
from pathlib import Path

# A new record begins with a time or a bracket; anything else continues the record before it.
RECORD = re.compile(r"^(\[|\d{4}-\d\d-\d\d)")
SERIOUS = re.compile(r"\b(ERROR|CRITICAL|FATAL|PANIC)\b")
MAIL_BEGINS = "Content-Type: "  # the first header of a mail that is written to the console
MAIL_ENDS = "-" * 79


def last_lines(log: Path, count: int = 15) -> list[str]:
    """The last lines of a log that say something."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if line.strip()][-count:]


class Tail:
    """Reads what was added to a log and picks what a person at the terminal must see."""

    def __init__(self, log: Path) -> None:
        self._file = log.open("rb")
        self._rest = b""
        self._shown = False
        self._in_mail = False

    def new_lines(self) -> list[str]:
        """Every complete line that was added since the last call."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def worth_showing(self) -> list[str]:
        """Of the new lines: errors with what follows them, and mails."""
        return [line for line in self.new_lines() if self._is_shown(line)]

    def _is_shown(self, line: str) -> bool:
        if self._in_mail:
            self._in_mail = line != MAIL_ENDS
            return True
        if line.startswith(MAIL_BEGINS):
            self._in_mail = True
            self._shown = False
            return True
        if RECORD.match(line):
            self._shown = bool(SERIOUS.search(line[:80]))
        elif line.startswith("Traceback "):
            self._shown = True
        return self._shown

    def close(self) -> None:
        """Close the log."""
        self._file.close()
