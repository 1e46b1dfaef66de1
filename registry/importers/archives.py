"""From what somebody hands in, an archive or a single file, to the files in it. Plain Python."""

from __future__ import annotations

from registry.domain import files
from registry.importers import claimed
from registry.importers.base import Source

_ZIP, _GZIP, _TAR = b"PK\x03\x04", b"\x1f\x8b", b"ustar"


def is_archive(data: bytes) -> bool:
    """Whether bytes look like a zip, tar or tar.gz."""
    return data.startswith((_ZIP, _GZIP)) or data[257:262] == _TAR


def sources(data: bytes, file_name: str) -> list[Source]:
    """The files that something can be made of. Raises FilesRefused for an archive that is not taken.

    A lone folder around everything, such as `project-1.2/`, is left off, so that files keep their paths from one
    archive to the next.
    """
    if not is_archive(data):
        return [Source(file_name.replace("\\", "/").rpartition("/")[2] or "file", data)]
    found = [Source(file.path, file.content, file.executable) for file in files.unpack(data, files.UPLOAD).files]
    return claimed(_without_wrapper(found))


def _without_wrapper(found: list[Source]) -> list[Source]:
    tops = {one.path.partition("/")[0] for one in found}
    if len(tops) != 1 or any("/" not in one.path for one in found):
        return found
    top = tops.pop()
    inside = [one.path.removeprefix(f"{top}/") for one in found]
    if top.startswith(".") or any(path.lower() == "skill.md" for path in inside):
        return found
    return [Source(path, one.content, one.executable) for path, one in zip(inside, found, strict=True)]
