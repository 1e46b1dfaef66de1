"""Invitations into an organization."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from hub.models.organizations import Organization, Role
from hub.models.teams import Team
from hub.models.users import User


class Invitation(models.Model):
    """Asks the owner of an e-mail address into an organization. The link in the mail holds a secret; only its SHA-256 is here."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role)
    teams = models.ManyToManyField(Team, related_name="+", blank=True)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once_per_address",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_ends_once"),
        ]
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.email

    def is_open(self) -> bool:
        """Whether the invitation can be accepted now."""
        return self.accepted_at is None and self.revoked_at is None and self.expires_at > timezone.now()
