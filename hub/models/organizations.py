"""Organizations and who belongs to them."""

from __future__ import annotations

from django.db import models

from hub.models.users import User


class Role(models.TextChoices):
    """What a member is to an organization. Owners and admins publish and manage; members read what is internal."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    MEMBER = "member", "Member"


MANAGING_ROLES = (Role.OWNER, Role.ADMIN)


class Organization(models.Model):
    """A company or a group that holds a namespace together. Its slug is `organization.namespace.slug`."""

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    members = models.ManyToManyField(User, through="Membership", related_name="organizations")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person in one organization, with one role."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="membership_once_per_organization"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]
        ordering = ["user__username", "id"]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id} as {self.role}"
