"""Machines that act in an organization."""

from __future__ import annotations

from django.db import models

from hub.domain import slugs
from hub.models.organizations import Organization
from hub.models.users import User


class ServiceAccount(models.Model):
    """A machine of an organization: no person, no password, only tokens.

    It acts as a `User` of its own with a membership, so roles, teams and grants work for it as for people. Its username
    is `organization/name`, which no person can have. It survives whoever made it.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="service_account")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="service_accounts")
    name = models.CharField(max_length=slugs.PACKAGE_MAX_LENGTH)
    description = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="service_account_once_per_organization")
        ]
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.user.username
