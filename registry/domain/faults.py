"""What is wrong with a file, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

MAX_FAULTS = 100


@dataclass(frozen=True, order=True)
class Place:
    """A position in a text; both numbers count from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True)
class Fault:
    """One thing wrong. `mend` says what to do about it."""

    message: str
    place: Place = Place()
    mend: str = ""
    file: str = "manifest.yaml"

    def __str__(self) -> str:
        return f"{self.file}:{self.place.line}:{self.place.column}: {self.message} {self.mend}".rstrip()

    def as_json(self) -> dict[str, Any]:
        """The form in which APIs list faults."""
        place = asdict(self.place)
        return {"message": self.message, "mend": self.mend, "file": self.file, **place}


class ManifestInvalid(ValueError):
    """A manifest that cannot be used, with what was found wrong in it: everything, up to a number that people can read."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults[:MAX_FAULTS])
        super().__init__("; ".join(str(fault) for fault in self.faults))
