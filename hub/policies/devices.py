"""Who signs devices in, sees them and ends them."""

from __future__ import annotations

from hub.actors import Actor
from hub.domain.decisions import Allowed, Decision, Denied
from hub.models import Device, Organization
from hub.models.devices import DeviceQuerySet
from hub.policies import tokens


def visible_to(actor: Actor) -> DeviceQuerySet:
    """A person's own devices in the browser; a device sees itself alone.

    A sign-in that is confined to an organization sees the devices that are confined to the same one.
    """
    if actor.token is not None:
        return Device.objects.filter(tokens=actor.token)
    if not actor.is_person_in_browser:
        return Device.objects.none()
    rows = Device.objects.filter(user=actor.user)
    return rows if actor.confined_to is None else rows.filter(organization=actor.confined_to)


def may_sign_in(actor: Actor, organization: Organization | None) -> Decision:
    """Whether the actor may sign a device in, for `organization` alone if one is given: as for making a token."""
    return tokens.may_create(actor, organization)


def may_answer(actor: Actor) -> Decision:
    """Whether the actor may answer a device's request at all."""
    return Allowed() if actor.is_person_in_browser else Denied("Sign in in the browser to answer a device.")


def may_end(actor: Actor, device: Device) -> Decision:
    """Whether the actor may sign `device` out: its person in the browser, or the device itself."""
    if visible_to(actor).filter(id=device.id).exists():
        return Allowed()
    return Denied("Only whose device it is signs it out.")
