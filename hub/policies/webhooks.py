"""Who manages the webhooks of a namespace, and which events they may have told."""

from __future__ import annotations

from collections.abc import Iterable

from hub.actors import Actor
from hub.domain.decisions import Allowed, Decision, Denied
from hub.domain.roles import Permission
from hub.domain.webhooks import is_of_people
from hub.models import Namespace, Webhook
from hub.policies import organizations


def may_manage(actor: Actor, namespace: Namespace) -> Decision:
    """Whether the actor makes webhooks in `namespace`: who runs the organization, or in a namespace of one's own oneself."""
    if namespace.organization is not None:
        return organizations.may(actor, namespace.organization, Permission.WEBHOOKS_MANAGE)
    own = actor.is_person_in_browser and actor.confined_to is None and actor.user is not None
    if own and actor.user is not None and namespace.user_id == actor.user.id:
        return Allowed()
    return Denied("Only its owner, signed in in the browser, manages the webhooks of a person.")


def may_choose(actor: Actor, namespace: Namespace, patterns: Iterable[str]) -> Decision:
    """Whether the actor may have the events of `patterns` sent somewhere.

    What happens to people and to safety is in the audit log, which not everybody who runs an organization reads.
    """
    allowed = may_manage(actor, namespace)
    if not allowed or namespace.organization is None or not any(is_of_people(each) for each in patterns):
        return allowed
    if organizations.may_read_audit(actor, namespace.organization):
        return Allowed()
    return Denied("Events that begin with “hub.” are the audit log's: only who reads that may have them sent.")


def may_change(actor: Actor, webhook: Webhook) -> Decision:
    """Whether the actor may open the webhook, change it, and read what was sent to it."""
    return may_choose(actor, webhook.namespace, webhook.events)
