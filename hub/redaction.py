"""Keeps tokens out of the log, wherever somebody put one: an address, a header, the text of an error."""

from __future__ import annotations

import logging
import re

from hub.domain.tokens import PREFIX, SCANNER_PATTERN

_TOKEN = re.compile(SCANNER_PATTERN.replace(r"\b", ""))


class RedactingFormatter(logging.Formatter):
    """Formats a record, traceback included, with every token cut down to its prefix."""

    def format(self, record: logging.LogRecord) -> str:
        """The line or lines to write."""
        return _TOKEN.sub(f"{PREFIX}…", super().format(record))
