"""Who wants to know when other releases of a package may be chosen. Packages above the registry add themselves."""

from __future__ import annotations

from collections.abc import Callable

from registry.models import Package

# Each is called in the transaction of the change, while the package's row is locked.
WATCHERS: list[Callable[[Package], None]] = []


def changed(package: Package) -> None:
    """Releases of the package were published, yanked or quarantined, that was taken back, or one was marked as a fix."""
    for watcher in WATCHERS:
        watcher(package)
