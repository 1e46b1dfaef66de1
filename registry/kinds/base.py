"""What a kind of package is to the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.functional import Promise

from hub.actors import Actor
from registry.domain.dependencies import Dependencies, of_release
from registry.domain.manifests import Manifest

if TYPE_CHECKING:
    from registry.models import Release


def _nothing(by: Actor, release: Release, manifest: Manifest) -> None:
    """Most kinds need no more than the release itself."""


def _named_in(by: Actor, release: Release) -> Dependencies:
    """What the items of the manifest name. Who may read the release may read that."""
    return Dependencies(tuple(of_release(release.content, release.document, str(release.package))))


@dataclass(frozen=True)
class Kind:
    """One kind: how its manifests are read, and how it is called and explained to people.

    `read(text, package_name)` returns a Manifest or raises ManifestInvalid. `after_publish(by, release, manifest)` runs in
    the transaction of the publication and may raise ManifestInvalid to undo it. A kind that `takes_files` is a folder whose
    `main_file` is its manifest. `section` is empty for kinds whose packages are not items of a config.yaml.
    `dependencies(by, release)` are what a release needs, as far as the actor may see it.
    """

    name: str
    label: str | Promise
    plural: str | Promise
    explanation: str | Promise
    section: str
    example: str
    read: Callable[[str, str], Manifest] = field(repr=False)
    main_file: str = "manifest.yaml"
    takes_files: bool = False
    after_publish: Callable[[Actor, Release, Manifest], None] = field(default=_nothing, repr=False)
    dependencies: Callable[[Actor, Release], Dependencies] = field(default=_named_in, repr=False)
