"""Trees of files, packed and unpacked: what a skill consists of, and what people hand in as an archive.

Nothing in an archive is trusted: names may lead elsewhere, sizes may lie, entries may be links, devices or twice there.
Everything is read into memory within limits, nothing is written to disk. Packing is deterministic: the same files give
the same bytes, so that an archive can be named by its digest.
"""

from __future__ import annotations

import gzip
import io
import re
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from registry.domain.faults import Fault, ManifestInvalid, Place

_DRIVE = re.compile(r"[A-Za-z]:")
_FORBIDDEN = re.compile(r"[\0-\x1f\x7f\\:*?\"<>|\ud800-\udfff]")
# Names that stand for devices on Windows, with any ending; a checkout there could not hold them.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """How much a tree may hold. `ratio` bounds how far an archive may expand, beyond a first megabyte."""

    files: int = 500
    file_bytes: int = 1024 * 1024
    total_bytes: int = 4 * 1024 * 1024
    path_length: int = 240
    depth: int = 12
    ratio: int = 200


SKILL = Limits()
UPLOAD = Limits(files=20_000, file_bytes=4 * 1024 * 1024, total_bytes=128 * 1024 * 1024, path_length=400, depth=40)


class FilesRefused(ManifestInvalid):
    """Files that are not taken, with what is wrong with each."""


@dataclass(frozen=True)
class File:
    """One file: its path with `/` between folders, what is in it, and whether it is to be run."""

    path: str
    content: bytes
    executable: bool = False


@dataclass(frozen=True)
class FileTree:
    """Files with safe paths, ordered by them."""

    files: tuple[File, ...]

    @property
    def total(self) -> int:
        """The bytes of all files together."""
        return sum(len(file.content) for file in self.files)

    def get(self, path: str) -> File | None:
        """The file at `path`, if there is one."""
        return next((file for file in self.files if file.path == path), None)

    def below(self, folder: str) -> FileTree:
        """The files of `folder` (without its trailing `/`), with paths that start there."""
        start = f"{folder}/" if folder else ""
        inside = (file for file in self.files if file.path.startswith(start))
        return FileTree(tuple(File(file.path[len(start) :], file.content, file.executable) for file in inside))


def tree(files: Iterable[File], limits: Limits = SKILL) -> FileTree:
    """The files as a tree. Raises FilesRefused with everything that is wrong with their paths, sizes and number."""
    kept: dict[str, File] = {}
    folded: dict[str, str] = {}
    faults: list[Fault] = []
    total = 0
    for file in files:
        total += len(file.content)
        if fault := _fault_of(file, limits) or _collision(file.path, kept, folded):
            faults.append(fault)
            continue
        kept[file.path] = file
        _remember(file.path, folded)
    if len(kept) > limits.files:
        faults.append(
            Fault(f"There are {len(kept)} files, and at most {limits.files} are kept.", file="", mend="Leave some out.")
        )
    if total > limits.total_bytes:
        message = f"The files are larger than {_size(limits.total_bytes)} together."
        faults.append(Fault(message, file="", mend="Leave out what is not needed."))
    if faults:
        raise FilesRefused(faults)
    return FileTree(tuple(kept[path] for path in sorted(kept)))


def rooted(files: FileTree) -> FileTree:
    """The tree without the one folder that holds everything, as archives of a folder have it."""
    tops = {file.path.partition("/")[0] for file in files.files}
    if len(tops) == 1 and all("/" in file.path for file in files.files):
        return files.below(tops.pop())
    return files


def text_of(files: FileTree, path: str) -> str:
    """The text of the file at `path`, with LF as the only line end. Raises FilesRefused if it is missing or no text."""
    file = files.get(path)
    if file is None:
        raise FilesRefused([Fault(f"There is no {path}.", file="", mend=f"Put a {path} at the top of the folder.")])
    try:
        return file.content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = file.content.count(b"\n", 0, error.start) + 1
        raise FilesRefused([Fault("The file is not UTF-8.", Place(line), "Save it as UTF-8.", path)]) from None


def check_path(path: str, limits: Limits = SKILL) -> str:
    """What is wrong with a path; empty if it can be kept anywhere."""
    parts = path.split("/")
    if not path or path.startswith("/") or _DRIVE.match(path):
        return "The path is not relative."
    if any(part in ("", ".", "..") for part in parts):
        return "The path leads elsewhere, or has an empty part."
    if _FORBIDDEN.search(path):
        return "The path has characters that not every system can store."
    if any(part != part.strip() or part.endswith(".") or _DEVICE.fullmatch(part) for part in parts):
        return "The path has a part that not every system can store."
    if ".git" in (part.lower() for part in parts):
        return "A repository's own data does not belong into a package."
    if len(path) > limits.path_length or len(parts) > limits.depth:
        return f"The path is longer than {limits.path_length} characters or deeper than {limits.depth} folders."
    return ""


def pack(files: FileTree) -> bytes:
    """The tree as a tar.gz in which nothing depends on who packed it or when."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for file in files.files:
            entry = tarfile.TarInfo(file.path)
            entry.size, entry.mode = len(file.content), 0o755 if file.executable else 0o644
            archive.addfile(entry, io.BytesIO(file.content))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0, compresslevel=9) as squeezed:
        squeezed.write(plain.getvalue())
    return packed.getvalue()


def unpack(data: bytes, limits: Limits = SKILL) -> FileTree:
    """The files of a zip, tar or tar.gz archive. Raises FilesRefused."""
    try:
        if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            return tree(_of_zip(data, limits), limits)
        if data[:2] == b"\x1f\x8b":
            data = _expanded(data, limits)
        return tree(_of_tar(data, limits), limits)
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        UnicodeError,
        ValueError,
    ) as error:
        if isinstance(error, FilesRefused):
            raise
        raise _refused("This is not a zip, tar or tar.gz archive, or it is damaged.", "Pack the files anew.") from None


def _of_zip(data: bytes, limits: Limits) -> Iterator[File]:
    budget = _Budget(limits, len(data))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        budget.count(len(archive.infolist()))
        for entry in archive.infolist():
            mode = entry.external_attr >> 16
            if entry.is_dir():
                continue
            if entry.flag_bits & 0x1:
                raise _refused("The archive is encrypted.", "Pack it without a password.", entry.filename)
            if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
                raise _refused("A link or a device is not taken.", "Pack the file itself.", entry.filename)
            with archive.open(entry) as content:
                yield File(entry.filename, budget.read(content, entry.filename), bool(mode & 0o111))


def _of_tar(data: bytes, limits: Limits) -> Iterator[File]:
    budget = _Budget(limits, len(data))
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for number, entry in enumerate(archive, 1):
            budget.count(number)
            if entry.isdir():
                continue
            content = archive.extractfile(entry) if entry.isreg() and not entry.issparse() else None
            if content is None:
                raise _refused("A link or a device is not taken.", "Pack the file itself.", entry.name)
            yield File(entry.name.removeprefix("./"), budget.read(content, entry.name), bool(entry.mode & 0o111))


def _expanded(data: bytes, limits: Limits) -> bytes:
    """What gzip packed, read only as far as the limits go. A tar holds more than its files: a block or two for each."""
    most = limits.total_bytes + limits.files * 4 * 1024 + _CHUNK
    most = min(most, max(1024 * 1024, len(data) * limits.ratio))
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as squeezed:
        found = squeezed.read(most + 1)
    if len(found) > most:
        raise _refused("The archive expands to more than is taken.", "Leave out what is not needed.")
    return found


class _Budget:
    """Counts what an archive really gives, whatever it says about itself."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self.limits = limits
        self.left = min(limits.total_bytes, max(1024 * 1024, packed * limits.ratio))

    def count(self, entries: int) -> None:
        if entries > 2 * self.limits.files:  # folders are entries too
            raise _refused(f"The archive has more than {self.limits.files} files.", "Leave some out.")

    def read(self, content: IO[bytes], path: str) -> bytes:
        most = min(self.left, self.limits.file_bytes)
        found = content.read(most + 1)
        if len(found) > most:
            if most == self.limits.file_bytes:
                what, limit = "The file", self.limits.file_bytes
            else:
                what, limit = "The archive", self.limits.total_bytes
            raise _refused(f"{what} expands to more than is taken (at most {_size(limit)}).", "Leave it out.", path)
        self.left -= len(found)
        return found


def _fault_of(file: File, limits: Limits) -> Fault | None:
    if problem := check_path(file.path, limits):
        return Fault(problem, file=_shown(file.path), mend="Give the file another path.")
    if len(file.content) > limits.file_bytes:
        message = f"The file is larger than {_size(limits.file_bytes)}."
        return Fault(message, file=file.path, mend="Leave it out, or make it smaller.")
    return None


def _collision(path: str, kept: dict[str, File], folded: dict[str, str]) -> Fault | None:
    """Two files that one place would hold where letter case or accents do not count, or a file where a folder is."""
    mend = "Give one of them another name."
    taken = folded.get(_fold(path))
    if taken is not None:
        return Fault(f"“{_shown(taken)}” has the same name for some systems.", file=_shown(path), mend=mend)
    for folder in _folders(path):
        if folder in kept or folded.get(_fold(folder), folder) != folder:
            return Fault(f"“{_shown(folder)}” is a file, or is written in two ways.", file=_shown(path), mend=mend)
    return None


def _remember(path: str, folded: dict[str, str]) -> None:
    for one in (path, *_folders(path)):
        folded.setdefault(_fold(one), one)


def _folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _shown(path: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in path)[:240]


def _size(number: int) -> str:
    return f"{number // 1024**2} MiB" if number >= 1024**2 else f"{number // 1024} KiB"


def _refused(message: str, mend: str, path: str = "") -> FilesRefused:
    return FilesRefused([Fault(message, file=_shown(path), mend=mend)])
