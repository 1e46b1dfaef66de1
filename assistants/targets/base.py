"""What a target is: a client's own files for a resolved assistant, and what that client cannot express."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from assistants.targets.parts import Parts


class Severity(StrEnum):
    """How much a loss matters: `severe` changes what the assistant does, `minor` how it is used, `note` is for the record."""

    SEVERE = "severe"
    MINOR = "minor"
    NOTE = "note"


@dataclass(frozen=True)
class Loss:
    """Something of an assistant that a client cannot express, and what becomes of it."""

    item: str
    field: str
    reason: str
    severity: Severity

    def as_json(self) -> dict[str, str]:
        """The form in which the API lists losses."""
        return {name: str(value) for name, value in asdict(self).items()}


@dataclass
class Rendering:
    """The files for a client by their path, and the losses. Files are texts; they are written in the order of their paths."""

    files: dict[str, str] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)

    def add(self, path: str, text: str) -> None:
        """Add a file. Two files of one path would be a mistake of the target."""
        if path in self.files:
            raise ValueError(f"{path} is written twice.")
        self.files[path] = text if text.endswith("\n") else f"{text}\n"

    def lose(self, item: str, what: str, reason: str, severity: Severity = Severity.MINOR) -> None:
        """Say that `what` of an item is lost."""
        self.losses.append(Loss(item, what, reason, severity))

    def is_severe(self) -> bool:
        """Whether something is lost that changes what the assistant does."""
        return any(loss.severity == Severity.SEVERE for loss in self.losses)

    def as_json(self) -> dict[str, Any]:
        """Files and losses for the API."""
        files = [{"path": path, "text": self.files[path]} for path in sorted(self.files)]
        return {"files": files, "losses": [loss.as_json() for loss in self.losses]}


@dataclass(frozen=True)
class Target:
    """One client: its name in addresses, what it is called, where its files go, and how they are made."""

    name: str
    title: str
    place: str
    render: Callable[[Parts], Rendering]
