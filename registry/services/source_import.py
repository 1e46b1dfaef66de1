"""What a Git sync asks of importing: files in, one row for each thing that became of them. The only place that knows how."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.actors import Actor
from hub.models import Namespace
from registry.importers import IMPORTERS, importer_of
from registry.importers import Source as File
from registry.services import imports

__all__ = ["File", "Row", "publish", "wanted"]
MAX_KEY_LENGTH = 200


@dataclass(frozen=True)
class Row:
    """What became of a file, or of one item of it."""

    path: str
    outcome: str
    kind: str = ""
    package: str = ""
    version: str = ""
    reason: str = ""
    line: int | None = None


def wanted(paths: Iterable[str]) -> Callable[[File], bool]:
    """Tells which files importing has a use for, so that a repository full of others need not be held."""
    skill = IMPORTERS["skill"]
    files = (File(path, b"") for path in paths)
    folders = {file.folder for file in files if skill.claims(file)}

    def is_wanted(file: File) -> bool:
        parts = file.folders
        above = ("/".join(parts[:depth]) for depth in range(len(parts) + 1))
        return any(folder in folders for folder in above) or importer_of(file) is not None

    return is_wanted


def publish(
    *,
    by: Actor,
    namespace: Namespace,
    files: Sequence[File],
    origin: Mapping[str, str],
    visibility: str,
    progress: Callable[[int, int], None],
) -> Iterator[Row]:
    """Publish what of `files` is new or changed. `progress(done, total)` is called often, and may raise to stop between two.

    Every release keeps `origin` and its path. A file that cannot be imported is a row, and no reason to stop. A file is
    known again by repository and path, whichever branch it came from and however often the repository was connected.
    """
    rows = imports.each(
        by=by,
        namespace=namespace,
        files=files,
        visibility=visibility,
        source=_key(origin["repository"]),
        origin=origin,
        progress=progress,
    )
    for row in rows:
        name = (row.package or "").rpartition("/")[2]
        yield Row(row.path, str(row.outcome), row.kind, name, row.version or "", row.reason, row.line)


def _key(url: str) -> str:
    key = f"git:{url}"
    return key if len(key) <= MAX_KEY_LENGTH else f"git:{hashlib.sha256(url.encode()).hexdigest()}"
