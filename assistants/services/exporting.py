"""Bundles in the formats of clients (assistants/targets)."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass

from assistants.services import fetching
from assistants.targets import TARGETS, Rendering
from assistants.targets.packing import zipped
from assistants.targets.parts import of_bundle
from registry.domain import canonical


class UnknownTarget(ValueError):
    """There is no such target; the message names those that there are."""


class SevereLoss(Exception):
    """A target cannot express something that changes what the assistant does, and the caller wants to be told."""

    def __init__(self, rendering: Rendering) -> None:
        self.rendering = rendering
        super().__init__("This client cannot express everything that the assistant does.")


@dataclass(frozen=True)
class Export:
    """A bundle for one client: the rendering, the zip of its files, and the digest of that."""

    rendering: Rendering
    archive: bytes
    digest: str


def export(bundle_digest: str, target: str) -> Export:
    """The bundle of this digest for the target of this name. Raises UnknownTarget."""
    if target not in TARGETS:
        raise UnknownTarget(f"There is no target “{target}”. Use one of: {', '.join(TARGETS)}.")
    return _export(bundle_digest, target)


def strictly(found: Export) -> Export:
    """The export, unless it has a severe loss. Raises SevereLoss."""
    if found.rendering.is_severe():
        raise SevereLoss(found.rendering)
    return found


@functools.lru_cache(maxsize=64)
def _export(bundle_digest: str, target: str) -> Export:
    """Of bytes that never change, so what was made once stays right. Who may read them was asked before."""
    parts = of_bundle(json.loads(fetching.bundles.get(bundle_digest)))
    rendering = TARGETS[target].render(parts)
    archive = zipped(rendering)
    return Export(rendering, archive, canonical.digest(archive))
