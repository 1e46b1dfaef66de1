"""Who lays assistants over those of others, and which ones."""

from __future__ import annotations

from hub.actors import Actor
from hub.domain.decisions import Allowed, Decision, Denied
from hub.models import Organization
from hub.policies import organizations
from registry.models import Package, Visibility


def may_manage_overlays(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor may choose what is laid over the assistants of the organization's members. One query."""
    return organizations.may_manage(actor, organization)


def may_lie_over(organization: Organization, package: Package) -> Decision:
    """Whether `package` may be laid over the assistants of the organization's members: all of them must be able to read it."""
    if package.kind != "assistant":
        return Denied(f"“{package}” is of kind {package.kind}. Only an assistant can be laid over others.")
    if package.visibility == Visibility.PUBLIC:
        return Allowed()
    if package.namespace.organization_id != organization.id:
        return Denied(f"“{package}” is {package.visibility} to somebody else: not every member may read it.")
    if package.visibility == Visibility.INTERNAL:
        return Allowed()
    return Denied(f"“{package}” is private: not every member may read it. Make it internal first.")
