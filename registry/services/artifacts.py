"""Archives of releases: kept once for each content."""

from __future__ import annotations

from typing import Any

from registry.domain import canonical
from registry.domain.files import FileTree, pack, unpack
from registry.models import Artifact, Release


def keep(files: FileTree) -> Artifact:
    """The archive of these files, stored if it is not there yet. Part of a publication."""
    content = pack(files)
    digest = canonical.digest(content)
    Artifact.objects.bulk_create(
        [Artifact(digest=digest, content=content, size=len(content), file_count=len(files.files))],
        ignore_conflicts=True,
    )
    return Artifact.objects.defer("content").get(digest=digest)


def listing(files: FileTree) -> list[dict[str, Any]]:
    """What a release says about each of its files."""
    return [
        {
            "path": file.path,
            "size": len(file.content),
            "digest": canonical.digest(file.content),
            "executable": file.executable,
        }
        for file in files.files
    ]


def files_of(release: Release) -> FileTree | None:
    """The files of a release that has some. One query."""
    if release.artifact_id is None:
        return None
    return unpack(content_of(release.artifact_id))


def content_of(digest: str) -> bytes:
    """The bytes of an archive. Raises Artifact.DoesNotExist."""
    return bytes(Artifact.objects.values_list("content", flat=True).get(digest=digest))
