"""What importers take and give: files in, candidates and refusals out. Plain Python."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from registry.domain import canonical
from registry.domain.faults import Fault, ManifestInvalid

# What stands in a manifest where the name of another package of the same file will stand.
_PART = re.compile(r"part:\[([^\]\n]*)\]")
_VERSION_LINE = re.compile(r"^version: .*$", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """One file that somebody brings: where it was, and its bytes."""

    path: str
    content: bytes = field(repr=False)
    executable: bool = False

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The folder that the file is in; empty at the top."""
        return self.path.rpartition("/")[0]

    @property
    def folders(self) -> tuple[str, ...]:
        """The names of all folders above the file, outermost first."""
        return tuple(self.path.split("/")[:-1])


@dataclass(frozen=True)
class Candidate:
    """A package that a file would become. `item` tells several of one file apart; it stays the same from run to run.

    `losses` are sentences about what the file says and the package cannot. `parts` are items of the same file that the
    manifest uses; their names stand in it as `part_of(item)` until `fitted` puts them in.
    """

    path: str
    kind: str
    name: str
    manifest: str = field(repr=False)
    item: str = ""
    summary: str = ""
    readme: str = field(default="", repr=False)
    version: str = ""
    files: tuple[Source, ...] = field(default=(), repr=False)
    parts: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    line: int = 1
    is_generated: bool = False
    importer: str = ""

    @property
    def digest(self) -> str:
        """What would be published, as one value: the same digest means that there is nothing new."""
        said = [self.kind, self.manifest, self.readme, self.version]
        held = [[one.path, hashlib.sha256(one.content).hexdigest(), one.executable] for one in self.files]
        return canonical.digest(canonical.encode([said, held]))

    def fitted(self, version: str, parts: Mapping[str, str]) -> str:
        """The manifest with its version, and with `parts` (item → requirement) in place. Raises KeyError for a missing one."""
        text = _VERSION_LINE.sub(f"version: {version}", self.manifest, count=1) if self.is_generated else self.manifest
        return _PART.sub(lambda match: parts[match[1]], text) if self.parts else text


@dataclass(frozen=True)
class Refusal:
    """A file, or an item of one, that cannot become a package: why, where, and how to mend it."""

    path: str
    reason: str
    item: str = ""
    kind: str = ""
    line: int = 1
    column: int = 1
    mend: str = ""

    @property
    def sentence(self) -> str:
        """Reason and mend together."""
        return f"{self.reason} {self.mend}".strip()


class Refused(Exception):
    """Raised inside an importer to refuse what it is reading."""

    def __init__(self, reason: str, mend: str = "", line: int = 1, column: int = 1) -> None:
        super().__init__(reason)
        self.reason, self.mend, self.line, self.column = reason, mend, line, column

    @classmethod
    def because(cls, error: ManifestInvalid, first_line: int = 0) -> Refused:
        """What the first fault of a manifest says."""
        fault: Fault = error.faults[0]
        return cls(fault.message, fault.mend, fault.place.line + first_line, fault.place.column)

    def of(self, path: str, item: str = "", kind: str = "") -> Refusal:
        """The refusal of one file or item."""
        return Refusal(path, self.reason, item, kind, self.line, self.column, self.mend)


type Outcome = Candidate | Refusal


@dataclass(frozen=True)
class Importer:
    """One format. `claims(source)` says whether a file is of it; `read(source, beside)` what it becomes.

    `beside` are the files of the folder, where `takes_folder` says that the format is one of folders. What an importer
    raises as `Refused` or ManifestInvalid refuses the whole file.
    """

    name: str
    label: str
    kinds: tuple[str, ...]
    claims: Callable[[Source], bool] = field(repr=False)
    read: Callable[[Source, tuple[Source, ...]], list[Outcome]] = field(repr=False)
    takes_folder: bool = False


def part_of(item: str) -> str:
    """What stands in an assistant's manifest for another item of its file."""
    return f"part:[{item}]"
