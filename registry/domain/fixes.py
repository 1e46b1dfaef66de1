"""What publishers say of a release that mends something."""

from __future__ import annotations

from dataclasses import dataclass

from registry.domain import lifecycle


@dataclass(frozen=True)
class Fix:
    """What a release mends, in a line, and whether that is a weakness that somebody could use."""

    note: str
    is_security: bool = False

    def checked(self) -> Fix:
        """The fix with its words as one line. Raises InvalidWords without any, and for what cannot be shown."""
        return Fix(lifecycle.words(self.note, field="note"), self.is_security)
