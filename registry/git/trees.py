"""Walks a commit's tree: which files there are, and what is left out, with a reason.

Nothing is written to the file system and no link is followed; a name is looked at before anything is read by it.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dulwich.errors import ObjectFormatException
from dulwich.object_store import BaseObjectStore
from dulwich.objects import Blob, ObjectID, Tree, TreeEntry

from registry.git.errors import TooLarge, Unusable
from registry.git.limits import Limits

_LINK, _SUBMODULE = 0o120000, 0o160000
_CONTROL = frozenset(
    chr(code) for code in (*range(32), 127, *range(0x80, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F))
)


@dataclass(frozen=True)
class Skipped:
    """A path that is left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Found:
    """A file that may be read."""

    path: str
    executable: bool
    _read: Callable[[], bytes]

    def content(self) -> bytes:
        """Its bytes."""
        return self._read()


class Walk:
    """All files below a tree that lies at `folder`, in the order of their paths; `skipped` fills while it goes."""

    def __init__(self, store: BaseObjectStore, root: ObjectID, folder: str, limits: Limits) -> None:
        self._store, self._root, self._limits = store, root, limits
        self._folder = f"{folder}/" if folder else ""
        self._entries = self._files = 0
        self.skipped: list[Skipped] = []

    def __iter__(self) -> Iterator[Found]:
        """The files. Raises TooLarge or Unusable."""
        return self._below(self._root, self._folder, 1)

    def _below(self, sha: ObjectID, folder: str, depth: int) -> Iterator[Found]:
        if depth > self._limits.depth:
            self._skip(folder.rstrip("/"), f"It lies more than {self._limits.depth} folders deep.")
            return
        taken: dict[str, str] = {}
        for entry in _entries(self._store, sha):
            self._entries += 1
            if self._entries > self._limits.entries:
                raise TooLarge(f"The folder has more than {self._limits.entries} entries. Choose a smaller one.")
            yield from self._entry(entry, folder, depth, taken)

    def _entry(self, entry: TreeEntry, folder: str, depth: int, taken: dict[str, str]) -> Iterator[Found]:
        raw, mode, sha = entry.path or b"", entry.mode or 0, entry.sha
        path = folder + shown(raw)
        fault = name_fault(raw) or _collision(raw, taken)
        if fault is None and len(path) > self._limits.path_length:
            fault = f"Its path has more than {self._limits.path_length} characters."
        kind = fault or _kind_fault(mode)
        if kind is not None or sha is None:
            self._skip(path, kind or "It cannot be read.")
        elif stat.S_ISDIR(mode):
            yield from self._below(sha, f"{path}/", depth + 1)
        else:
            yield from self._file(path, mode, sha)

    def _file(self, path: str, mode: int, sha: ObjectID) -> Iterator[Found]:
        self._files += 1
        if self._files > self._limits.files:
            raise TooLarge(f"The folder has more than {self._limits.files} files. Choose a smaller one.")
        yield Found(path, bool(mode & 0o100), lambda: self._content(sha))

    def _content(self, sha: ObjectID) -> bytes:
        """The file's bytes. Raises Left for what is left out."""
        if sha not in self._store:
            # The server was asked to leave large files out (`blob:limit`).
            raise Left(f"It is larger than {self._limits.file_bytes >> 20} MiB.")
        kind, data = self._store.get_raw(sha)
        if kind != Blob.type_num:
            raise Left("It is no file.")
        if len(data) > self._limits.file_bytes:
            raise Left(f"It is larger than {self._limits.file_bytes >> 20} MiB.")
        return data

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.append(Skipped(path[: self._limits.path_length], reason))


class Left(Exception):
    """The file is left out; the message says why."""


def folder_of(store: BaseObjectStore, root: ObjectID, folder: str) -> ObjectID:
    """The tree of `folder` below `root`. Raises Unusable where there is none."""
    for part in filter(None, folder.split("/")):
        wanted = part.encode()
        entry = next((one for one in _entries(store, root) if one.path == wanted), None)
        if entry is None or entry.sha is None or not stat.S_ISDIR(entry.mode or 0):
            raise Unusable(f"There is no folder “{folder}” in the repository. Change the folder, or push it.")
        root = entry.sha
    return root


def shown(raw: bytes) -> str:
    """A name as it may be shown: what is not UTF-8, or would not be seen, is escaped."""
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(f"\\x{ord(char):02x}" if char in _CONTROL else char for char in text)


def name_fault(raw: bytes) -> str | None:
    """Why nothing may be called so; None for a name that will do."""
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        return "Its name is not UTF-8. Rename it."
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        return "Its name leads elsewhere. Rename it."
    if name.casefold().rstrip(". ") in (".git", "git~1"):
        return "Its name belongs to Git itself."
    if any(char in _CONTROL for char in name):
        return "Its name has control characters. Rename it."
    return None


def _collision(raw: bytes, taken: dict[str, str]) -> str | None:
    name = raw.decode()
    first = taken.setdefault(name.casefold(), name)
    return None if first == name else f"It differs from “{first}” only in upper and lower case. Rename one."


def _kind_fault(mode: int) -> str | None:
    kind = stat.S_IFMT(mode)
    if kind == _LINK:
        return "It is a symbolic link. Links are not followed."
    if kind == _SUBMODULE:
        return "It is a submodule. Connect that repository as a source of its own."
    return None if kind in (stat.S_IFREG, stat.S_IFDIR) else "It is neither a file nor a folder."


def _entries(store: BaseObjectStore, sha: ObjectID) -> list[TreeEntry]:
    try:
        tree = store[sha]
        if not isinstance(tree, Tree):
            raise Unusable("The repository is damaged: a folder is none.")
        return sorted(tree.iteritems(), key=lambda entry: entry.path or b"")
    except (KeyError, ObjectFormatException, ValueError, OSError):
        raise Unusable("The repository is damaged, or the server sent only a part of it.") from None
