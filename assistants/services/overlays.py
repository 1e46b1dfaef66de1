"""Chooses what is laid over the assistants of an organization's or a team's members. What comes of it: `scoping`."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from assistants import policies
from assistants.domain.actions import AssistantAction
from assistants.models import Mode, Overlay
from assistants.services import overlaying
from assistants.services.rules import rules_for
from hub.actors import Actor
from hub.domain.decisions import Denied, require
from hub.models import Organization, Team
from hub.services import audit
from registry.domain.versions import Range
from registry.models import Package
from registry.policies import Quarantined

MAX_OVERLAYS = 10  # for each organization by itself, and for each team
MAX_POSITION = 1000


class NotForAll(ValueError):
    """The assistant cannot be laid over those of all members; the message says why."""


class InvalidOverlay(ValueError):
    """The mode or the position is none that there is, or the team is another organization's."""


class OverlayExists(Exception):
    """The assistant is laid over these already."""


class TooMany(Exception):
    """There are as many overlays as there may be."""


class Gone(Exception):
    """The overlay was removed meanwhile."""


@dataclass(frozen=True)
class Setup:
    """How an assistant is laid over others. Without a `position` it comes after those that are there."""

    range: str = "latest"
    mode: str = Mode.ADDED
    position: int | None = None
    is_enabled: bool = True


def add(
    *, by: Actor, organization: Organization, package: Package, setup: Setup = Setup(), team: Team | None = None
) -> Overlay:
    """Lay `package` over the assistants of the organization's members, or of one team's, from now on.

    Raises PermissionRefused, NotForAll, InvalidOverlay, InvalidRange, Quarantined, OverlayExists or TooMany.
    """
    require(policies.may_manage_overlays(by, organization))
    if team is not None and team.organization_id != organization.id:
        raise InvalidOverlay("This team is another organization's.")
    checked = _checked(organization, package, setup)
    try:
        with transaction.atomic():
            # Two at once would each find room for one more.
            Organization.objects.select_for_update(no_key=True).get(id=organization.id)
            beside = Overlay.objects.filter(organization=organization, team=team)
            if beside.count() >= MAX_OVERLAYS:
                raise TooMany(f"At most {MAX_OVERLAYS} assistants are laid over those of the same people.")
            made = Overlay.objects.create(
                organization=organization, team=team, package=package, created_by=by.user, range=checked.range,
                mode=checked.mode, position=_place(checked, beside), is_enabled=checked.is_enabled,
            )  # fmt: skip
            _record(by, AssistantAction.OVERLAY_CREATE, made, _described(made))
    except IntegrityError:
        raise OverlayExists(f"“{package}” is laid over these already. Change that one.") from None
    return made


def change(*, by: Actor, overlay: Overlay, setup: Setup) -> Overlay:
    """Lay an overlay otherwise. Without a `position` it stays where it is.

    Raises PermissionRefused, NotForAll, InvalidOverlay, InvalidRange, Quarantined or Gone.
    """
    require(policies.may_manage_overlays(by, overlay.organization))
    checked = _checked(overlay.organization, overlay.package, setup)
    with transaction.atomic():
        row = _locked(overlay)
        before = _described(row)
        row.range, row.mode, row.is_enabled = checked.range, checked.mode, checked.is_enabled
        row.position = row.position if checked.position is None else checked.position
        row.save(update_fields=["range", "mode", "position", "is_enabled"])
        if _described(row) != before:
            _record(by, AssistantAction.OVERLAY_UPDATE, row, {"before": before, "after": _described(row)})
    return row


def remove(*, by: Actor, overlay: Overlay) -> None:
    """Take an overlay away. Locks that were made with it stay what they are. Raises PermissionRefused or Gone."""
    require(policies.may_manage_overlays(by, overlay.organization))
    with transaction.atomic():
        row = _locked(overlay)
        _record(by, AssistantAction.OVERLAY_DELETE, row, _described(row))
        row.delete()


def _checked(organization: Organization, package: Package, setup: Setup) -> Setup:
    decision = policies.may_lie_over(organization, package)
    if isinstance(decision, Denied):
        raise NotForAll(decision.reason)
    if package.is_quarantined:
        raise Quarantined(package)
    # What the organization forbids its own assistants, it does not lay over those of its members.
    own = Package(namespace=organization.namespace, kind="assistant")
    if refusal := rules_for(own).refusal(str(package)):
        raise NotForAll(refusal)
    if setup.mode not in Mode.values:
        raise InvalidOverlay("An overlay is added or required.")
    if setup.position is not None and not 0 <= setup.position <= MAX_POSITION:
        raise InvalidOverlay(f"The place in the order is a number from 0 to {MAX_POSITION}.")
    wanted = Range.parse(setup.range.strip())
    if overlaying.release_of(package, wanted) is None:
        raise NotForAll(f"“{package}” has no release that fits “{wanted}”. Publish one first.")
    return Setup(str(wanted), setup.mode, setup.position, setup.is_enabled)


def _place(setup: Setup, beside: QuerySet[Overlay]) -> int:
    if setup.position is not None:
        return setup.position
    last: int | None = beside.aggregate(last=Max("position"))["last"]
    return 0 if last is None else min(last + 1, MAX_POSITION)


def _locked(overlay: Overlay) -> Overlay:
    related = ("organization__namespace", "team", "package__namespace")
    row = Overlay.objects.select_for_update(of=("self",)).select_related(*related).filter(id=overlay.id).first()
    if row is None:
        raise Gone("This overlay was removed.")
    return row


def _described(overlay: Overlay) -> dict[str, object]:
    return {
        "package": str(overlay.package),
        "of": overlay.of,
        "range": overlay.range,
        "mode": str(overlay.mode),
        "position": overlay.position,
        "enabled": overlay.is_enabled,
    }


def _record(by: Actor, action: AssistantAction, overlay: Overlay, data: dict[str, object]) -> None:
    audit.record(by, action, overlay, namespace=overlay.organization.namespace, data=data)
