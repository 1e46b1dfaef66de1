"""Who does what with packages. Which rows may be read is `Package.objects.visible_to`."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Q, Value, When

from hub.actors import Actor
from hub.domain.actions import Scope
from hub.domain.decisions import Allowed, Decision, Denied
from hub.models import Namespace
from hub.policies.namespaces import administered
from registry.models import Package, Visibility
from registry.models.packages import manageable_by, publishable_by

_WIDTH = {Visibility.PUBLIC: 2, Visibility.INTERNAL: 1, Visibility.PRIVATE: 0}


@dataclass(frozen=True)
class Abilities:
    """What an actor may do with a package, decided at one moment."""

    release: Decision
    manage: Decision


def abilities(actor: Actor, package: Package) -> Abilities:
    """Whether the actor may publish in this package, and whether it may manage it. One query, none for who is nobody."""
    publishes = manages = False
    if actor.user is not None or actor.token is not None:
        rows = Package.objects.filter(id=package.id, namespace__closed_at=None)
        asked = (_is(publishable_by(actor)), _is(manageable_by(actor)))
        publishes, manages = rows.values_list(*asked).first() or (False, False)
    return Abilities(_releasing(actor, package, held=publishes), _managing(actor, package, held=manages))


def may_release(actor: Actor, package: Package) -> Decision:
    """Whether the actor may publish and yank in this package: by role, by grant, or as its trusted CI job. One query."""
    return abilities(actor, package).release


def may_yank(actor: Actor, package: Package) -> Decision:
    """Whether the actor may yank releases and take that back: whoever publishes, but no CI job. Taking away is for people."""
    if actor.user is None and actor.token is not None:
        return Denied("A CI job publishes, and yanks nothing.")
    return may_release(actor, package)


def may_manage(actor: Actor, package: Package) -> Decision:
    """Whether the actor may describe the package, choose who sees it, grant, transfer and delete it. One query."""
    return abilities(actor, package).manage


def may_mirror(actor: Actor, namespace: Namespace) -> Decision:
    """Whether the actor may let `namespace` follow an upstream: who manages the packages in it, not only one of them."""
    if actor.user is None or not actor.has_scope(Scope.MANAGE) or not actor.has_scope(Scope.PUBLISH):
        return Denied("Sign in, or send an API token of the scopes “publish” and “manage”.")
    if actor.patterns or not administered(actor).filter(id=namespace.id).exists():
        return Denied(f"Only owners and admins of “{namespace.slug}” set up mirrors there.")
    return Allowed()


def may_transfer(actor: Actor, package: Package) -> Decision:
    """Whether the actor may offer the package to another namespace: who manages it because of a grant alone may not."""
    held = not actor.patterns and administered(actor).filter(id=package.namespace_id).exists()
    managed = _managing(actor, package, held=True)
    if managed and not held:
        return Denied(f"Only owners and admins of “{package.namespace.slug}” hand its packages over.")
    return managed


def may_receive(actor: Actor, namespace: Namespace) -> Decision:
    """Whether the actor may take packages into `namespace`, or decline them. One query."""
    if not actor.has_scope(Scope.MANAGE):
        return Denied("Sign in, or send an API token of scope “manage”.")
    if actor.patterns or not administered(actor).filter(id=namespace.id).exists():
        return Denied(f"Only owners and admins of “{namespace.slug}” take packages there.")
    return Allowed()


def may_contain(package: Package, part: Package) -> Decision:
    """Whether `package` may hand out the content of `part` to all who may read it."""
    same = package.namespace_id == part.namespace_id
    if part.visibility == Visibility.PUBLIC or (same and width(part) >= width(package)):
        return Allowed()
    return Denied(f"“{part}” is {part.visibility}, but “{package}” is {package.visibility}: more people would see it.")


def width(package: Package) -> int:
    """How many may read a package, as a number to compare within one namespace."""
    return _WIDTH[Visibility(package.visibility)]


def _releasing(actor: Actor, package: Package, *, held: bool) -> Decision:
    if actor.user is None and actor.token is None:
        return Denied("Sign in, or send an API token, to publish.")
    if not _covers(actor, Scope.PUBLISH):
        return Denied("This token lacks the scope “publish”.")
    if not held:
        return Denied(f"You may not publish in “{package}”. Ask those who manage it for a grant.")
    return Allowed()


def _managing(actor: Actor, package: Package, *, held: bool) -> Decision:
    if actor.user is None:
        return Denied("Sign in, or send an API token, to change this package.")
    if not actor.has_scope(Scope.MANAGE):
        return Denied("This token lacks the scope “manage”.")
    if not held:
        return Denied(f"You may not manage “{package}”. Ask those who do for a grant.")
    return Allowed()


def _is(condition: Q) -> Case:
    return Case(When(condition, then=Value(value=True)), default=Value(value=False))


def _covers(actor: Actor, scope: Scope) -> bool:
    """Whether the means of sign-in covers `scope`, also for a CI job, which no user stands behind."""
    return actor.has_scope(scope) or (actor.user is None and actor.token is not None and scope in actor.token.scopes)
