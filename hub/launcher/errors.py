"""The one error that the launcher shows to people."""

from __future__ import annotations


class CannotStart(Exception):
    """One line that says what is wrong and how to mend it; shown as it is, without a traceback."""


class ChildDied(CannotStart):
    """A process that had been started ended by itself. `log_lines` are the last ones it wrote."""

    def __init__(self, message: str, log_lines: list[str]) -> None:
        super().__init__(message)
        self.log_lines = log_lines
