"""Two releases of one package, compared: what changes for a client, and the texts line by line."""

from __future__ import annotations

from dataclasses import dataclass

from registry.domain import diffs, patches
from registry.domain.changes import Change
from registry.domain.diffs import Hunk
from registry.models import Package, Release

FILES = {"yaml": "manifest.yaml", "markdown": "manifest.md"}


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
class Comparison:
    """What `after` has that `before` has not, and the other way round. `texts` holds only files that differ."""

    before: Release
    after: Release
    changes: list[Change]
    texts: list[TextDiff]


def compare(before: Release, after: Release) -> Comparison:
    """Compare two releases of one package. The work is bounded (registry/domain/diffs.py). No query."""
    changes = diffs.semantic(after.package.kind, before.content, after.content)
    file = FILES.get(after.format, f"manifest.{after.format}")
    texts = (
        TextDiff(file, diffs.lines(before.manifest, after.manifest)),
        TextDiff("README.md", diffs.lines(before.readme, after.readme)),
        TextDiff("CHANGELOG.md", diffs.lines(before.changelog, after.changelog)),
    )
    return Comparison(before, after, changes, [text for text in texts if text.hunks])


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
