"""People and groups as an organization's provisioning client knows them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from hub.models.organizations import Organization
from hub.models.users import User


class ScimUserQuerySet(models.QuerySet["ScimUser"]):
    """Provisioned people, by what holds of them."""

    def present(self) -> ScimUserQuerySet:
        """Those that the client has not deleted."""
        return self.filter(deleted_at=None)

    def blocked(self, organization: Organization, users: Iterable[int]) -> set[int]:
        """Which of `users` (ids) SCIM has taken out of `organization` and not let in again. One query."""
        rows = self.filter(organization=organization, user__in=list(users)).values_list("user", "active", "deleted_at")
        known: dict[int, bool] = {}
        for user, active, deleted_at in rows:
            known[user] = known.get(user, False) or (active and deleted_at is None)
        return {user for user, is_in in known.items() if not is_in}


class ScimUser(models.Model):
    """One person of an organization's directory. `uid` is the `id` of the protocol, `version` its entity tag.

    `user` is empty until the account is known: an account that existed before is never taken over by whoever claims
    its address, but joined when its person comes in (`hub.services.scim.match`). `user_key` and `addresses` are what the
    client sent, in the form that comparisons use. The row of somebody who was deleted stays, and keeps the person out.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="scim_users")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="scim_users")
    made_account = models.BooleanField(default=False, help_text="Whether the account was made for this row.")
    external_id = models.CharField(max_length=255, blank=True)
    user_name = models.CharField(max_length=255)
    user_key = models.CharField(max_length=255)
    addresses = ArrayField(models.CharField(max_length=254), default=list, blank=True)
    attributes = models.JSONField(default=dict, help_text="Names and e-mail addresses as the client sent them.")
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ScimUserQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user_key"], condition=Q(deleted_at=None), name="scim_user_name_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "external_id"],
                condition=Q(deleted_at=None) & ~Q(external_id=""),
                name="scim_user_external_id_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "user"], condition=Q(deleted_at=None), name="scim_user_account_once"
            ),
            models.CheckConstraint(
                condition=Q(deleted_at=None) | Q(active=False), name="scim_user_deleted_is_inactive"
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.user_name


class ScimGroup(models.Model):
    """One group of an organization's directory. What it gives, a `GroupMapping` of its name or external id says."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="scim_groups")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    external_id = models.CharField(max_length=255, blank=True)
    display_name = models.CharField(max_length=255)
    display_key = models.CharField(max_length=255)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "display_key"], name="scim_group_name_once"),
            models.UniqueConstraint(
                fields=["organization", "external_id"], condition=~Q(external_id=""), name="scim_group_external_id_once"
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.display_name


class ScimGroupMember(models.Model):
    """One person in one group of the directory."""

    group = models.ForeignKey(ScimGroup, models.CASCADE, related_name="members")
    scim_user = models.ForeignKey(ScimUser, models.CASCADE, related_name="groups")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "scim_user"], name="scim_group_member_once")]

    def __str__(self) -> str:
        return f"{self.scim_user_id} in {self.group_id}"
