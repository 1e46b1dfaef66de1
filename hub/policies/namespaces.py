"""Who publishes in a namespace, and which namespaces a person reads inside."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from hub.actors import Actor
from hub.domain.actions import Scope
from hub.domain.decisions import Allowed, Decision, Denied
from hub.models import MANAGING_ROLES, Membership, Namespace, User


def belonging(user: User) -> QuerySet[Namespace]:
    """The namespaces whose internal things `user` reads: the person's own and those of the person's organizations."""
    return Namespace.objects.filter(
        Q(user=user) | Q(organization__in=Membership.objects.filter(user=user).values("organization"))
    )


def managed(user: User) -> QuerySet[Namespace]:
    """The namespaces in which `user` publishes and manages: the person's own, and where owner or admin."""
    managing = Membership.objects.filter(user=user, role__in=MANAGING_ROLES)
    return Namespace.objects.filter(Q(user=user) | Q(organization__in=managing.values("organization")))


def may_publish(actor: Actor, namespace: Namespace) -> Decision:
    """Whether the actor may create and change packages in `namespace`."""
    if actor.user is None:
        return Denied("Sign in, or send an API token, to publish.")
    if not actor.has_scope(Scope.PUBLISH):
        return Denied("This token lacks the scope “publish”.")
    if not managed(actor.user).filter(id=namespace.id).exists():
        return Denied(f"Only owners and admins of “{namespace.slug}” publish there.")
    return Allowed()
