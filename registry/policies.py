"""Who does what with packages. Which rows may be read is `Package.objects.visible_to`."""

from __future__ import annotations

from hub.actors import Actor
from hub.domain.decisions import Allowed, Decision, Denied
from hub.policies.namespaces import may_publish
from registry.models import Package, Visibility

_WIDTH = {Visibility.PUBLIC: 2, Visibility.INTERNAL: 1, Visibility.PRIVATE: 0}


def may_release(actor: Actor, package: Package) -> Decision:
    """Whether the actor may publish, yank and change in this package."""
    return may_publish(actor, package.namespace)


def may_contain(package: Package, part: Package) -> Decision:
    """Whether `package` may hand out the content of `part` to all who may read it."""
    same = package.namespace_id == part.namespace_id
    if part.visibility == Visibility.PUBLIC or (same and width(part) >= width(package)):
        return Allowed()
    return Denied(f"“{part}” is {part.visibility}, but “{package}” is {package.visibility}: more people would see it.")


def width(package: Package) -> int:
    """How many may read a package, as a number to compare within one namespace."""
    return _WIDTH[Visibility(package.visibility)]
