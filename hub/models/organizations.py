"""Organizations and who belongs to them."""

from __future__ import annotations

from django.db import models

from hub.domain import roles
from hub.models.users import User


class Role(models.TextChoices):
    """What a member is to an organization. hub/domain/roles.py says what each role may do."""

    OWNER = roles.Role.OWNER.value, "Owner"
    ADMIN = roles.Role.ADMIN.value, "Admin"
    MAINTAINER = roles.Role.MAINTAINER.value, "Maintainer"
    AUDITOR = roles.Role.AUDITOR.value, "Auditor"
    MEMBER = roles.Role.MEMBER.value, "Member"


class Source(models.TextChoices):
    """How somebody came into an organization or a team. Only what a provider gave, it takes away again."""

    MANUAL = "manual", "Added here"
    INVITATION = "invitation", "Invitation"
    SSO = "sso", "Single sign-on"
    SCIM = "scim", "SCIM"


class Organization(models.Model):
    """A company or a group that holds a namespace together. Its slug is `organization.namespace.slug`.

    The three settings of its security policy stand here because every decision about a member reads them.
    While `deleted_at` is set, nobody but its owners knows of it; after the period of grace it is gone for good.
    """

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    members = models.ManyToManyField(User, through="Membership", related_name="organizations")
    sso_required = models.BooleanField(default=False)
    second_factor_required = models.BooleanField(default=False)
    token_max_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The longest life of a token that works here; empty for no limit."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(token_max_days=None) | models.Q(token_max_days__gte=1),
                name="organization_token_days_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(purged_at=None) | models.Q(deleted_at__isnull=False),
                name="organization_purged_after_deletion",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person or service account in one organization, with one role."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    source = models.CharField(max_length=10, choices=Source, default=Source.MANUAL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="membership_once_per_organization"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
            models.CheckConstraint(condition=models.Q(source__in=Source.values), name="membership_source_known"),
        ]
        ordering = ["user__username", "id"]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id} as {self.role}"
