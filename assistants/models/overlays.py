"""Overlays: what an organization or a team lays over the assistants of its members."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, Q

from assistants.domain.layers import Role as LayerRole
from hub.actors import Actor
from hub.domain.roles import Permission
from hub.models import Organization, Team, TeamMembership, User
from hub.policies.memberships import effective
from registry.models import Package


class Mode(models.TextChoices):
    """Whether what an overlay brings gives way to the assistant, or stays whatever the assistant says."""

    ADDED = LayerRole.ADDED.value, "Added"
    REQUIRED = LayerRole.REQUIRED.value, "Required"


class OverlayQuerySet(models.QuerySet["Overlay"]):
    """Which overlays."""

    def lying_on(self, actor: Actor) -> OverlayQuerySet:
        """Those of the organizations and teams that the actor belongs to, as far as that counts now."""
        if actor.reader is None:
            return self.none()
        mine = effective(actor)
        teams = TeamMembership.objects.filter(membership__in=mine).values("team")
        for_all = Q(team=None, organization__in=mine.values("organization"))
        return self.filter(for_all | Q(team__in=teams), is_enabled=True)

    def in_order(self) -> OverlayQuerySet:
        """As they are laid: an organization's own before those of its teams, then as they were put in order."""
        return self.order_by("organization_id", F("team_id").asc(nulls_first=True), "position", "id")


class Overlay(models.Model):
    """An assistant that an organization, or one of its teams, lays over every assistant that its members fetch.

    `range` says which release of it: the newest that fits. `required` ones stay whatever the assistant below says.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="overlays")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="overlays")
    package = models.ForeignKey(Package, models.PROTECT, related_name="overlaid")
    range = models.CharField(max_length=256, default="latest")
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.ADDED)
    position = models.PositiveSmallIntegerField(default=0)
    is_enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OverlayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "team", "package"], name="overlay_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="overlay_mode_known"),
            models.CheckConstraint(condition=~Q(range=""), name="overlay_range_given"),
        ]

    def __str__(self) -> str:
        return f"{self.package} over {self.of}"

    @property
    def of(self) -> str:
        """Whose it is: `acme`, or `acme/backend`."""
        slug = self.organization.namespace.slug
        return f"{slug}/{self.team.slug}" if self.team is not None else slug


def lies_on(actor: Actor) -> Exists:
    """Whether anything lies on the actor, as a column: so that whom nothing lies on pays no query to learn that."""
    return Exists(Overlay.objects.lying_on(actor))


def open_to(actor: Actor) -> Q:
    """The condition on locks that their scope is the actor's, or that they have none.

    A team's is also open to those who manage its organization. Names stand in the lock as numbers, so that a team that
    is no more opens nothing to anybody.
    """
    if actor.reader is None:
        return Q(base=None)
    mine = effective(actor)
    managed = effective(actor, Permission.MEMBERS_MANAGE).values("organization")
    in_team = TeamMembership.objects.filter(membership__in=mine).values("team")
    teams = Team.objects.filter(Q(id__in=in_team) | Q(organization__in=managed)).values("id")
    return Q(
        scope_organizations__contained_by=ArraySubquery(mine.values("organization")),
        scope_teams__contained_by=ArraySubquery(teams),
    )
