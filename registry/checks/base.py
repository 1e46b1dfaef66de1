"""What a check is given, and what it says."""

from __future__ import annotations

import codecs
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

from registry.domain.faults import Fault, Place

type Severity = Literal["error", "warning", "info"]

# The gravest first, as people should read them.
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
# More of one text than this is not looked at; the limits of a publication are far below.
MAX_CHARACTERS = 2 * 1024 * 1024
_MANY_UNREADABLE = 0.1
_NULS = 4
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Finding:
    """One thing that a check found, where, and what to do about it. Messages never repeat a secret."""

    check: str
    severity: Severity
    message: str
    file: str
    line: int = 1
    column: int = 1
    mend: str = ""

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts findings as people read them: the gravest first, then by place."""
        return (SEVERITIES.index(self.severity), self.file, self.line, self.column, self.check, self.message)

    def as_json(self) -> dict[str, Any]:
        """How it is stored and what the API lists."""
        return asdict(self)

    def as_fault(self) -> Fault:
        """What refuses a publication."""
        return Fault(self.message, Place(self.line, self.column), self.mend, self.file)


@dataclass(frozen=True)
class Text:
    """One text of a release with the name of its file. `is_binary`: it was made of bytes that are no text."""

    file: str
    content: str
    is_binary: bool = False

    @classmethod
    def of_bytes(cls, file: str, content: bytes) -> Text:
        """A file as text. Bytes that are none become U+FFFD, so that what hides behind one odd byte is still looked at."""
        encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
        if encoding == "utf-16" and content.count(0) * _NULS < len(content):
            encoding = "utf-8"  # a mark in front of another encoding would hide everything
        text = content.decode(encoding, "replace").replace("\r\n", "\n")
        unreadable = text.count("\ufffd") + text.count("\0")
        return cls(file, text, is_binary=unreadable > _MANY_UNREADABLE * max(1, len(text)))

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends. Only LF ends one, as in every place that is shown to people."""
        return self.content.split("\n")

    def place(self, index: int) -> tuple[int, int]:
        """Line and column of a position in `content`. Its cost grows with the position: not for long loops."""
        line = self.content.count("\n", 0, index)
        return line + 1, index - self.content.rfind("\n", 0, index)


@dataclass(frozen=True)
class Subject:
    """What is looked at: one release, published or about to be.

    `value` is the parsed manifest. `texts` are the manifest, README, changelog and files, each cut at MAX_CHARACTERS.
    `popular` are names that the package could be taken for, of packages that others use.
    """

    package: str
    kind: str
    version: str
    value: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[Text, ...] = ()
    popular: tuple[str, ...] = ()
    # By time.monotonic(). Whoever asks for a text afterwards gets TimeoutError, so that no text is passed over unseen.
    until: float = math.inf

    @property
    def name(self) -> str:
        """The package's own name, without its namespace."""
        return self.package.rpartition("/")[2]

    @property
    def manifest(self) -> Text:
        """The manifest; empty if there is none."""
        return self.texts[0] if self.texts else Text("manifest.yaml", "")

    def all_texts(self) -> Iterator[Text]:
        """The texts, binary files included, while there is time."""
        for text in self.texts:
            if time.monotonic() > self.until:
                raise TimeoutError
            yield text

    def readable(self) -> Iterator[Text]:
        """The texts that are no binary files, while there is time."""
        return (text for text in self.all_texts() if not text.is_binary)


@dataclass(frozen=True)
class Check:
    """One check. A higher `version` says that it may find something in what was scanned before."""

    name: str
    version: int
    title: str
    run: Callable[[Subject], Iterable[Finding]] = field(repr=False)
