"""What each client gets of an assistant, and what it loses, for the page that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from assistants.services import exporting, scoping
from assistants.targets import TARGETS, Loss, Severity, Target
from hub.actors import Actor
from registry.models import Release

_ORDER = list(Severity)


@dataclass(frozen=True)
class ForClient:
    """One target's outcome: the paths of its files, and its losses, the severe ones first."""

    target: Target
    paths: list[str]
    losses: list[Loss]

    @property
    def severe_count(self) -> int:
        """How many losses change what the assistant does."""
        return sum(loss.severity == Severity.SEVERE for loss in self.losses)


def of_release(actor: Actor, release: Release) -> list[ForClient]:
    """Every target's outcome for a release of an assistant, in the reader's whole scope.

    Raises PermissionRefused if a part may not be read, or if something that lies over it cannot be had.
    """
    package = release.package
    found = scoping.find_now(actor, package.namespace.slug, package.name, release.version)
    return [_for_client(found.bundle_digest, target) for target in TARGETS.values()]


def _for_client(bundle_digest: str, target: Target) -> ForClient:
    rendering = exporting.export(bundle_digest, target.name).rendering
    losses = sorted(rendering.losses, key=lambda loss: _ORDER.index(loss.severity))
    return ForClient(target, sorted(rendering.files), losses)
