"""What single people and teams may do with single packages."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub.models import Membership, Team, User
from registry.models.packages import Package


class GrantPermission(models.TextChoices):
    """What a grant allows. Each includes those before it."""

    READ = "read", "Read"
    PUBLISH = "publish", "Publish"
    MANAGE = "manage", "Manage"


class Grant(models.Model):
    """Lets one person (or service account), or one team, do something with one package beyond what roles allow.

    In an organization's package a person's grant hangs on the `membership`: it goes when the person goes, and does not
    come back with them. Only a package of a person's own namespace is granted to a `user` without one.
    """

    package = models.ForeignKey(Package, models.CASCADE, related_name="grants")
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="grants")
    membership = models.ForeignKey(Membership, models.CASCADE, null=True, blank=True, related_name="grants")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="grants")
    permission = models.CharField(max_length=10, choices=GrantPermission)
    granted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
                name="grant_has_one_grantee",
            ),
            models.CheckConstraint(
                condition=Q(membership__isnull=True) | Q(user__isnull=False), name="grant_membership_is_the_users"
            ),
            models.CheckConstraint(condition=Q(permission__in=GrantPermission.values), name="grant_permission_known"),
            models.UniqueConstraint(fields=["package", "user"], name="grant_once_per_user"),
            models.UniqueConstraint(fields=["package", "team"], name="grant_once_per_team"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.permission} on {self.package_id}"
