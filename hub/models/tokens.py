"""API tokens."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from hub.domain.actions import Scope
from hub.models.devices import Device
from hub.models.organizations import Organization
from hub.models.users import User


class TokenKind(models.TextChoices):
    """Where a token comes from, and so whose power it has."""

    PERSONAL = "personal", "Personal token"
    SERVICE = "service", "Service account"
    DEVICE = "device", "Signed-in device"
    PUBLISHING = "publishing", "Trusted publishing"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens, by what may be done with them."""

    def in_force(self, at: datetime | None = None) -> ApiTokenQuerySet:
        """Tokens that are neither revoked nor expired, of people who may sign in, or of nobody (trusted publishing)."""
        at = at or timezone.now()
        unexpired = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=at)
        active = models.Q(user__is_active=True) | models.Q(user=None)
        return self.filter(unexpired & active, revoked_at__isnull=True)

    def of_devices_over(self) -> ApiTokenQuerySet:
        """Access tokens of devices that ended a week ago; a device gets a new one every hour or so."""
        return self.filter(kind=TokenKind.DEVICE, expires_at__lt=timezone.now() - timedelta(days=7))


class ApiToken(models.Model):
    """Lets a program act for a person or a service account, within scopes. Only the SHA-256 of the token is kept.

    `user` is empty for trusted publishing alone: there a CI job acts, and what it may do hangs on the token itself.
    `organization`, if set, is the only organization in which the token has power. `package_patterns`, if any, name the
    packages it is for (`acme/*`, `acme/web-*`, `acme/style`); public packages are read without them too.
    `sso_organizations` and `second_factor` say what the session that made the token had proved. `signed_in_at` is when the
    person signed in the device whose token this is: an organization's longest life of tokens counts from then.
    """

    kind = models.CharField(max_length=10, choices=TokenKind, default=TokenKind.PERSONAL)
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="tokens")
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, blank=True, related_name="tokens")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, help_text="The end of the token, to tell it from others.")
    scopes = ArrayField(models.CharField(max_length=20))
    package_patterns = ArrayField(models.CharField(max_length=140), default=list, blank=True)
    sso_organizations = ArrayField(models.BigIntegerField(), default=list, blank=True)
    second_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_ip = models.GenericIPAddressField(null=True, blank=True)
    replaces = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replacements")
    device = models.ForeignKey(Device, models.CASCADE, null=True, blank=True, related_name="tokens")
    signed_in_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=[str(scope) for scope in Scope]) & ~models.Q(scopes=[]),
                name="token_scopes_known",
            ),
            models.CheckConstraint(
                condition=models.Q(user__isnull=False) | models.Q(kind=TokenKind.PUBLISHING), name="token_has_a_holder"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=TokenKind.values), name="token_kind_known"),
            models.CheckConstraint(
                condition=models.Q(kind=TokenKind.DEVICE, device__isnull=False, signed_in_at__isnull=False)
                | (~models.Q(kind=TokenKind.DEVICE) & models.Q(device=None, signed_in_at=None)),
                name="token_of_a_device",
            ),
        ]
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} (…{self.hint})"

    def is_in_force(self) -> bool:
        """Whether the token can be used now, its person being active."""
        return self.revoked_at is None and not self.is_expired()

    def life_in_days(self) -> float | None:
        """How long the token was made for; None for ever."""
        return (
            (self.expires_at - (self.signed_in_at or self.created_at)) / timedelta(days=1) if self.expires_at else None
        )

    def is_expired(self) -> bool:
        """Whether the time given at creation has passed."""
        return self.expires_at is not None and self.expires_at <= timezone.now()
