"""Who does what with packages. Which rows may be read is `Package.objects.visible_to`."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Q, Value, When

from hub import shortcache
from hub.actors import Actor
from hub.domain import roles
from hub.domain.actions import Scope
from hub.domain.decisions import Allowed, Decision, Denied, PermissionRefused
from hub.domain.roles import Permission
from hub.models import Namespace
from hub.policies.memberships import role_of
from hub.policies.moderation import may_moderate
from hub.policies.namespaces import administered
from registry.models import Imposer, Package, Release, Visibility
from registry.models.packages import manageable_by, publishable_by

_WIDTH = {Visibility.PUBLIC: 2, Visibility.INTERNAL: 1, Visibility.PRIVATE: 0}


class Quarantined(PermissionRefused):
    """Refuses everybody what is quarantined, or what contains it (`of`). For those alone who could read all that is named."""

    def __init__(self, *things: Package | Release, of: str = "") -> None:
        reasons = " ".join(f"“{one}” is quarantined: {_sentence(one.quarantine_reason)}" for one in things)
        links = " ".join(sorted({one.quarantine_link for one in things} - {""}))
        super().__init__(" ".join(filter(None, [f"“{of}” cannot be used now." if of else "", reasons, links])))

    @property
    def code(self) -> str:
        """The last part of the problem's type over REST."""
        return "quarantined"

    @property
    def title(self) -> str:
        """The heading of the notice."""
        return "Quarantined"


@dataclass(frozen=True)
class Abilities:
    """What an actor may do with a package, decided at one moment."""

    release: Decision
    manage: Decision
    quarantine: Decision


def abilities(actor: Actor, package: Package) -> Abilities:
    """Whether the actor may publish in this package, manage it, and quarantine it. One query, none for who is nobody."""
    publishes = manages = administers = False
    if actor.user is not None or actor.token is not None:
        rows = Package.objects.filter(id=package.id, namespace__closed_at=None)
        asked = (_is(publishable_by(actor)), _is(manageable_by(actor)), _is(Q(namespace__in=administered(actor))))
        key = ("abilities", *_means(actor), package.id)
        first = rows.values_list(*asked).first
        publishes, manages, administers = shortcache.asked_once(key, first) or (False, False, False)
    managing = _managing(actor, package, held=manages)
    return Abilities(
        _releasing(actor, package, held=publishes), managing, _quarantining(actor, package, managing, administers)
    )


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


def may_quarantine(actor: Actor, package: Package) -> Decision:
    """Whether the actor may quarantine the package and its releases: moderators, and who runs the namespace. One query."""
    return abilities(actor, package).quarantine


def may_lift(actor: Actor, thing: Package | Release, may_quarantine: Decision) -> Decision:
    """Whether the actor, who `may_quarantine` it or not, may end the quarantine of `thing`. No query."""
    if thing.quarantined_as == Imposer.MODERATOR and not may_moderate(actor):
        return Denied("A moderator of this hub imposed this quarantine. Only a moderator lifts it.")
    return may_quarantine


def may_inspect(actor: Actor, package: Package) -> bool:
    """Whether the actor, who could read the package, may look at what is quarantined: moderators and who manages it."""
    return bool(may_moderate(actor)) or bool(may_manage(actor, package))


def side(actor: Actor) -> Imposer:
    """On whose side the actor imposes a quarantine."""
    return Imposer.MODERATOR if may_moderate(actor) else Imposer.MANAGER


def may_report(actor: Actor) -> Decision:
    """Whether the actor may tell the moderators something: any person with an account."""
    if actor.user is None or actor.user.is_service:
        return Denied("Sign in to report something.")
    if actor.reader is None:
        return Denied("This token lacks the scope “read”.")
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


def may_see_sources(actor: Actor, namespace: Namespace) -> Decision:
    """Whether the actor may see which repositories feed `namespace`, and let them be synced: who makes packages there."""
    if not actor.has_scope(Scope.PUBLISH):
        return Denied("Sign in, or send an API token of scope “publish”.")
    if actor.patterns or not _holds(actor, namespace, Permission.PACKAGE_PUBLISH):
        return Denied(f"Only those who publish in “{namespace.slug}” see its sources.")
    return Allowed()


def may_manage_sources(actor: Actor, namespace: Namespace) -> Decision:
    """Whether the actor may connect repositories to `namespace`, change and disconnect them."""
    if not actor.has_scope(Scope.MANAGE):
        return Denied("Sign in, or send an API token of scope “manage”.")
    if actor.patterns or not _holds(actor, namespace, Permission.PACKAGE_MANAGE):
        return Denied(f"Only owners and admins of “{namespace.slug}” connect repositories.")
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


def _holds(actor: Actor, namespace: Namespace, permission: Permission) -> bool:
    """Whether the actor has `permission` in all of a namespace. At most one query, shared with what else asks for the role."""
    if namespace.organization is None:
        return actor.user is not None and actor.confined_to is None and namespace.user_id == actor.user.pk
    return roles.allows(role_of(actor, namespace.organization), permission)


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


def _quarantining(actor: Actor, package: Package, managing: Decision, administers: object) -> Decision:
    if may_moderate(actor):
        return Allowed()
    if managing and (actor.patterns or not administers):
        return Denied(f"Only owners and admins of “{package.namespace.slug}” and moderators of this hub quarantine it.")
    return managing


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _means(actor: Actor) -> tuple[object, ...]:
    """What decides about power, as a key: two actors with the same means may do the same."""
    user = actor.user.pk if actor.user is not None else None
    token = actor.token.pk if actor.token is not None else None
    return user, token, actor.sso, actor.second_factor, actor.confined_to


def _is(condition: Q) -> Case:
    return Case(When(condition, then=Value(value=True)), default=Value(value=False))


def _covers(actor: Actor, scope: Scope) -> bool:
    """Whether the means of sign-in covers `scope`, also for a CI job, which no user stands behind."""
    return actor.has_scope(scope) or (actor.user is None and actor.token is not None and scope in actor.token.scopes)
