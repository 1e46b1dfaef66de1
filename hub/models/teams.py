"""Teams: members of an organization who are given things together."""

from __future__ import annotations

from django.db import models

from hub.domain import slugs
from hub.models.organizations import Membership, Organization, Source


class Team(models.Model):
    """Some members of one organization, addressed `organization/team`. Grants name it like a person."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="teams")
    slug = models.CharField(max_length=slugs.NAMESPACE_MAX_LENGTH)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "slug"], name="team_once_per_organization")]
        ordering = ["slug", "id"]

    def __str__(self) -> str:
        return self.slug


class TeamMembership(models.Model):
    """One member in one team. It hangs on the membership, so it cannot outlive it."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="teams")
    source = models.CharField(max_length=10, choices=Source, default=Source.MANUAL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "membership"], name="team_membership_once"),
            models.CheckConstraint(condition=models.Q(source__in=Source.values), name="team_membership_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} in team {self.team_id}"
