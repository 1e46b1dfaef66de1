"""What membership in a provider's groups is worth in an organization."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub.models.organizations import Organization, Role
from hub.models.teams import Team


class GroupMapping(models.Model):
    """Whoever is in the provider's `group` has `role`, or belongs to `team`, or both. Never makes an owner."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="group_mappings")
    group = models.CharField(max_length=255)
    role = models.CharField(max_length=10, choices=Role, blank=True)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="group_mappings")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "group", "role", "team"], name="group_mapping_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=~Q(role="") | Q(team__isnull=False), name="group_mapping_gives_something"),
            models.CheckConstraint(
                condition=Q(role="") | (Q(role__in=Role.values) & ~Q(role=Role.OWNER)),
                name="group_mapping_makes_no_owner",
            ),
        ]
        ordering = ["group", "id"]

    def __str__(self) -> str:
        return self.group
