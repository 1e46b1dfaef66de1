"""Who publishes in a namespace, and which namespaces a person reads inside."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Q, QuerySet, Value, When

from hub.actors import Actor
from hub.domain.actions import Scope
from hub.domain.decisions import Allowed, Decision, Denied
from hub.domain.patterns import Pattern
from hub.domain.roles import Permission
from hub.models import Namespace
from hub.policies.memberships import effective


def belonging(actor: Actor) -> QuerySet[Namespace]:
    """The namespaces whose internal things the actor reads: the person's own and those of the person's organizations."""
    return _held(actor, None)


def managed(actor: Actor) -> QuerySet[Namespace]:
    """The namespaces in which the actor makes packages: the person's own, and where the role allows it."""
    return _held(actor, Permission.PACKAGE_PUBLISH)


def administered(actor: Actor) -> QuerySet[Namespace]:
    """Where the actor gives packages away and takes them in: the person's own namespace, and where the role allows it."""
    return _held(actor, Permission.PACKAGE_MANAGE)


def own(actor: Actor, prefix: str = "") -> Q:
    """The condition that a namespace is the actor's own. A sign-in confined to an organization does not reach it."""
    if actor.user is None or actor.confined_to is not None:
        return Q(pk__in=[])
    return Q(**{f"{prefix}user": actor.user})


def verified(prefix: str = "") -> Q:
    """The condition that a namespace has proved a domain, for namespaces or (with `prefix`) for rows that point to one."""
    return Q(**{f"{prefix}verified_at__isnull": False})


@dataclass(frozen=True)
class Standing:
    """What an actor is in a namespace, decided at one moment."""

    belongs: bool
    publish: Decision


def standing(actor: Actor, namespace: Namespace) -> Standing:
    """Whether the actor reads what is internal to `namespace`, and whether it may make packages there. One query."""
    belongs = manages = False
    if actor.user is not None:
        asked = [_is(_holding(actor, permission)) for permission in (None, Permission.PACKAGE_PUBLISH)]
        rows = Namespace.objects.filter(id=namespace.id, closed_at=None)
        belongs, manages = rows.values_list(*asked).first() or (False, False)
    return Standing(belongs, _publishing(actor, namespace, held=manages))


def may_publish(actor: Actor, namespace: Namespace) -> Decision:
    """Whether the actor may make packages in `namespace`. One query."""
    held = actor.user is not None and managed(actor).filter(id=namespace.id).exists()
    return _publishing(actor, namespace, held=held)


def _publishing(actor: Actor, namespace: Namespace, *, held: bool) -> Decision:
    if actor.user is None:
        return Denied("Sign in, or send an API token, to publish.")
    if not actor.has_scope(Scope.PUBLISH):
        return Denied("This token lacks the scope “publish”.")
    if actor.patterns and not any(Pattern.parse(text).namespace == namespace.slug for text in actor.patterns):
        return Denied(f"This token is not for packages of “{namespace.slug}”.")
    if not held:
        return Denied(f"Only owners, admins and maintainers of “{namespace.slug}” publish there.")
    return Allowed()


def _held(actor: Actor, permission: Permission | None) -> QuerySet[Namespace]:
    return Namespace.objects.filter(_holding(actor, permission), closed_at=None)


def _holding(actor: Actor, permission: Permission | None) -> Q:
    return own(actor) | Q(organization__in=effective(actor, permission).values("organization"))


def _is(condition: Q) -> Case:
    return Case(When(condition, then=Value(value=True)), default=Value(value=False))
