"""Two releases of one package, compared: what changes for a client, and the texts line by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from registry.domain import diffs, patches
from registry.domain.changes import Change
from registry.domain.diffs import Hunk
from registry.domain.files import File, FileTree
from registry.domain.manifests import FILES, Format
from registry.kinds import KINDS
from registry.models import Package, Release
from registry.services import artifacts

MOST_FILES = 40
MOST_FILE_BYTES = 128 * 1024


@dataclass(frozen=True)
class TextDiff:
    """One file in both releases."""

    file: str
    hunks: list[Hunk]

    @property
    def is_cut(self) -> bool:
        """Whether not all that differs is shown."""
        return any(hunk.cut for hunk in self.hunks)

    @property
    def added(self) -> int:
        """How many lines are new or changed."""
        return sum(row.after is not None and row.state != "same" for hunk in self.hunks for row in hunk.rows)

    @property
    def removed(self) -> int:
        """How many lines are gone or changed."""
        return sum(row.before is not None and row.state != "same" for hunk in self.hunks for row in hunk.rows)

    def patch(self, before: str, after: str) -> str:
        """As a unified diff from version `before` to version `after`."""
        return patches.patch(self.hunks, before=f"{before}/{self.file}", after=f"{after}/{self.file}")


@dataclass(frozen=True)
class FileChange:
    """A file of a folder that is new, gone or another one. `how` is added, removed or changed; sizes are in bytes."""

    path: str
    how: str
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Comparison:
    """What `after` has that `before` has not, and the other way round. `texts` holds only texts that differ.

    `files` says what happened to the files beside the manifest, also to those that are no texts, or too large to compare.
    """

    before: Release
    after: Release
    changes: list[Change]
    texts: list[TextDiff]
    files: list[FileChange]


def compare(before: Release, after: Release) -> Comparison:
    """Compare two releases of one package. The work is bounded (registry/domain/diffs.py). Two queries if files differ."""
    changes = diffs.semantic(after.package.kind, before.content, after.content)
    texts = [
        TextDiff(FILES[cast(Format, after.format)], diffs.lines(before.manifest, after.manifest)),
        TextDiff("README.md", diffs.lines(before.readme, after.readme)),
        TextDiff("CHANGELOG.md", diffs.lines(before.changelog, after.changelog)),
    ]
    files = _files(before, after)
    if files:
        old, new = (artifacts.files_of(release) or FileTree(()) for release in (before, after))
        for change in files[:MOST_FILES]:
            was, now = _text(old, change.path), _text(new, change.path)
            if was is not None and now is not None:
                texts.append(TextDiff(change.path, diffs.lines(was, now)))
    return Comparison(before, after, changes, [text for text in texts if text.hunks], files)


def _files(before: Release, after: Release) -> list[FileChange]:
    """What happened to each file beside the manifest, by what the releases say about their files."""
    old, new = ({one["path"]: one for one in release.files} for release in (before, after))
    found = []
    for path in sorted((old.keys() | new.keys()) - {KINDS[after.package.kind].main_file}):
        was, now = old.get(path), new.get(path)
        if was != now:
            how = "added" if was is None else "removed" if now is None else "changed"
            found.append(FileChange(path, how, was and was["size"], now and now["size"]))
    return found


def files_changed(before: Iterable[File], after: Iterable[File]) -> list[FileChange]:
    """What happens to each file where one folder takes the place of another."""
    old, new = ({one.path: one for one in side} for side in (before, after))
    found = []
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        if was != now:
            how = "added" if was is None else "removed" if now is None else "changed"
            sizes = [len(one.content) if one else None for one in (was, now)]
            found.append(FileChange(path, how, *sizes))
    return found


def _text(files: FileTree, path: str) -> str | None:
    """The text of a file, empty if there is none; None for one that is no text, or a long one."""
    file = files.get(path)
    if file is None:
        return ""
    if len(file.content) > MOST_FILE_BYTES or b"\0" in file.content:
        return None
    try:
        return file.content.decode()
    except UnicodeDecodeError:
        return None


def previous(release: Release) -> Release | None:
    """The release that came before this one by version: a stable one before a stable one. One query."""
    rows = Release.objects.filter(package=release.package_id, version_key__lt=release.version_key).published()
    if not release.is_prerelease:
        rows = rows.filter(is_prerelease=False)
    return rows.newest_first().only("version", "is_prerelease", "yanked_at").first()


def versions(package: Package, limit: int) -> list[Release]:
    """The newest releases, as a form offers them. One query."""
    rows = Release.objects.filter(package=package).newest_first()
    return list(rows.only("version", "is_prerelease", "yanked_at")[:limit])
