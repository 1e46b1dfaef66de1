"""API tokens."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from hub.domain.actions import Scope
from hub.models.users import User


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens, by what may be done with them."""

    def in_force(self, at: datetime | None = None) -> ApiTokenQuerySet:
        """Tokens that are neither revoked nor expired, of people who may sign in."""
        at = at or timezone.now()
        unexpired = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=at)
        return self.filter(unexpired, revoked_at__isnull=True, user__is_active=True)


class ApiToken(models.Model):
    """Lets a program act for a person, within scopes. Only the SHA-256 of the token is kept; it is shown once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, help_text="The end of the token, to tell it from others.")
    scopes = ArrayField(models.CharField(max_length=20))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=[str(scope) for scope in Scope]) & ~models.Q(scopes=[]),
                name="token_scopes_known",
            )
        ]
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} (…{self.hint})"

    def is_in_force(self) -> bool:
        """Whether the token can be used now, its person being active."""
        return self.revoked_at is None and not self.is_expired()

    def is_expired(self) -> bool:
        """Whether the time given at creation has passed."""
        return self.expires_at is not None and self.expires_at <= timezone.now()
