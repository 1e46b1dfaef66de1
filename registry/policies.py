"""Who does what with packages. Which rows may be read is `Package.objects.visible_to`."""

from __future__ import annotations

from hub.actors import Actor
from hub.domain.actions import Scope
from hub.domain.decisions import Allowed, Decision, Denied
from hub.models import Namespace
from hub.policies.namespaces import administered
from registry.models import Package, Visibility

_WIDTH = {Visibility.PUBLIC: 2, Visibility.INTERNAL: 1, Visibility.PRIVATE: 0}


def may_release(actor: Actor, package: Package) -> Decision:
    """Whether the actor may publish and yank in this package: by role, by grant, or as its trusted CI job. One query."""
    if actor.user is None and actor.token is None:
        return Denied("Sign in, or send an API token, to publish.")
    if not _covers(actor, Scope.PUBLISH):
        return Denied("This token lacks the scope “publish”.")
    if not Package.objects.publishable_by(actor).filter(id=package.id).exists():
        return Denied(f"You may not publish in “{package}”. Ask those who manage it for a grant.")
    return Allowed()


def may_yank(actor: Actor, package: Package) -> Decision:
    """Whether the actor may yank releases and take that back: whoever publishes, but no CI job. Taking away is for people."""
    if actor.user is None and actor.token is not None:
        return Denied("A CI job publishes, and yanks nothing.")
    return may_release(actor, package)


def may_manage(actor: Actor, package: Package) -> Decision:
    """Whether the actor may describe the package, choose who sees it, grant, transfer and delete it. One query."""
    if actor.user is None:
        return Denied("Sign in, or send an API token, to change this package.")
    if not actor.has_scope(Scope.MANAGE):
        return Denied("This token lacks the scope “manage”.")
    if not Package.objects.manageable_by(actor).filter(id=package.id).exists():
        return Denied(f"You may not manage “{package}”. Ask those who do for a grant.")
    return Allowed()


def may_transfer(actor: Actor, package: Package) -> Decision:
    """Whether the actor may offer the package to another namespace: who manages it because of a grant alone may not."""
    managed = may_manage(actor, package)
    if not managed:
        return managed
    if actor.patterns or not administered(actor).filter(id=package.namespace_id).exists():
        return Denied(f"Only owners and admins of “{package.namespace.slug}” hand its packages over.")
    return Allowed()


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


def _covers(actor: Actor, scope: Scope) -> bool:
    """Whether the means of sign-in covers `scope`, also for a CI job, which no user stands behind."""
    return actor.has_scope(scope) or (actor.user is None and actor.token is not None and scope in actor.token.scopes)
