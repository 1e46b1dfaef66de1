"""What a fork and its upstream made of what they have in common, put together.

`base` is what both sides start from (for a fork: the upstream release that it has taken in last), `ours` is what the result
is for, `theirs` is what comes. Nothing here knows which side is the fork: merging back is the same with sides exchanged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from registry.domain import merging
from registry.domain.files import File
from registry.domain.merging import Merged

# Longer files are taken as a whole from one side, or stay. So do those that both sides changed beyond so many: a folder of
# texts that were made to be hard to compare would take minutes.
MOST_FILE_BYTES = 128 * 1024
MOST_MERGED_FILES = 10


@dataclass(frozen=True)
class Texts:
    """What a release consists of: its manifest, its README, and the files beside them, for a package that is a folder."""

    manifest: str
    readme: str = ""
    files: tuple[File, ...] = ()


@dataclass(frozen=True)
class JoinedFiles:
    """Files put together. `kept` names those that both sides changed differently: there our side stays as it is."""

    files: tuple[File, ...] = ()
    kept: tuple[str, ...] = ()
    shared: int = 0


@dataclass(frozen=True)
class Joined:
    """The texts that came out. Manifest and README have markers where both sides changed the same lines."""

    manifest: Merged
    readme: Merged
    folder: JoinedFiles = field(default=JoinedFiles())

    @property
    def conflicts(self) -> int:
        """How many places somebody has to decide."""
        return self.manifest.conflicts + self.readme.conflicts

    @property
    def is_clean(self) -> bool:
        """Whether neither side lost anything: no conflict, and no file that both changed."""
        return not self.conflicts and not self.folder.kept

    @property
    def shared(self) -> int:
        """How many places both sides changed in the same way."""
        return self.manifest.shared + self.readme.shared + self.folder.shared

    def texts(self) -> Texts:
        """What came out, to go on from."""
        return Texts(self.manifest.text, self.readme.text, self.folder.files)


def join(base: Texts, ours: Texts, theirs: Texts, *, our_name: str = "ours", their_name: str = "theirs") -> Joined:
    """What `ours` and `theirs` made of `base`, together. The version that a manifest states stays ours: it is no change.

    Joining the other way round (with `base` and `theirs` exchanged) takes back exactly what came, where there was no
    conflict and nothing that both sides had changed in the same way.
    """
    names = {"our_name": our_name, "their_name": their_name}
    before, after = (_of_our_version(one.manifest, ours.manifest, base.manifest) for one in (base, theirs))
    return Joined(
        merging.merge(before, ours.manifest, after, **names),
        merging.merge(base.readme, ours.readme, theirs.readme, **names),
        join_files(base.files, ours.files, theirs.files),
    )


def join_files(base: Iterable[File], ours: Iterable[File], theirs: Iterable[File]) -> JoinedFiles:
    """The files of both sides together: what one side changed, added or took away is taken over as a whole.

    A text that both changed is merged by its lines, for the first ten of them. Where that gives a conflict, and for what is
    no text, ours stays.
    """
    start, mine, come = ({file.path: file for file in side} for side in (base, ours, theirs))
    files: list[File] = []
    kept: list[str] = []
    shared = tried = 0
    for path in sorted(start.keys() | mine.keys() | come.keys()):
        was, here, there = start.get(path), mine.get(path), come.get(path)
        one: File | None = here
        if here == there:
            shared += here != was
        elif here == was:
            one = there
        elif there != was:
            tried += 1
            merged = _merged(was, here, there) if tried <= MOST_MERGED_FILES else None
            shared += merged.shared if merged else 0
            kept += [] if merged else [path]
            one = _with_text(merged.text, was, here, there) if merged and was and here and there else here
        files += [one] if one else []
    return JoinedFiles(tuple(files), tuple(kept), shared)


def _of_our_version(manifest: str, ours: str, base: str) -> str:
    """The manifest with the version that ours states; where ours states none, with that of the base."""
    return merging.with_version_of(merging.with_version_of(manifest, base), ours)


def _merged(was: File | None, here: File | None, there: File | None) -> Merged | None:
    """The lines of a file that both sides changed, put together; None where that cannot be done."""
    if was is None or here is None or there is None:
        return None
    before, ours, theirs = (_text(file) for file in (was, here, there))
    if before is None or ours is None or theirs is None:
        return None
    merged = merging.merge(before, ours, theirs, our_name="", their_name="")
    alike = merged.shared + (here.executable == there.executable != was.executable)
    return None if merged.conflicts else Merged(merged.text, 0, alike)


def _with_text(text: str, was: File, here: File, there: File) -> File:
    """Our file with the merged text; whether it is to be run is for the side that changed that."""
    executable = there.executable if here.executable == was.executable else here.executable
    return File(here.path, text.encode(), executable)


def _text(file: File) -> str | None:
    """The text of a file; None for one that is no text, or a long one."""
    if len(file.content) > MOST_FILE_BYTES or b"\0" in file.content:
        return None
    try:
        return file.content.decode()
    except UnicodeDecodeError:
        return None
