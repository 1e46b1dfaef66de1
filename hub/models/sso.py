"""An organization's own sign-in provider."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub.models.organizations import Organization, Role


class SsoProtocol(models.TextChoices):
    """What the hub speaks with a provider."""

    OIDC = "oidc", "OpenID Connect"
    SAML = "saml", "SAML"


class SsoConnection(models.Model):
    """How an organization's provider is reached and believed. People are known by the identities it vouches for.

    `key` stands in the addresses that the provider sends people back to, and is the `provider` of their identities
    (allauth's `SocialAccount`). `issuer` is who signs: OpenID Connect's issuer or SAML's entity id. The client secret is
    sealed by the vault. A connection is enabled only after a round trip of somebody who manages it has come back well.
    """

    organization = models.OneToOneField(Organization, models.CASCADE, related_name="sso_connection")
    key = models.CharField(max_length=32, unique=True)
    protocol = models.CharField(max_length=4, choices=SsoProtocol)
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=255, blank=True)
    sealed_secret = models.TextField(blank=True)
    sso_url = models.CharField(max_length=500, blank=True)
    certificates = models.TextField(blank=True)
    groups_claim = models.CharField(max_length=255, blank=True)
    jit_enabled = models.BooleanField(default=True)
    default_role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    session_hours = models.PositiveSmallIntegerField(default=12)
    is_enabled = models.BooleanField(default=False)
    configured_at = models.DateTimeField()
    tested_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(protocol__in=SsoProtocol.values), name="sso_protocol_known"),
            models.CheckConstraint(
                condition=Q(default_role__in=Role.values) & ~Q(default_role=Role.OWNER), name="sso_makes_no_owner"
            ),
            models.CheckConstraint(
                condition=Q(is_enabled=False) | Q(tested_at__isnull=False), name="sso_enabled_if_tested"
            ),
            models.CheckConstraint(condition=Q(session_hours__gte=1), name="sso_session_hours_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.get_protocol_display()}, {self.issuer}"

    def is_tested(self) -> bool:
        """Whether a round trip has come back well since the connection was last changed."""
        return self.tested_at is not None and self.tested_at >= self.configured_at

    def is_failing(self) -> bool:
        """Whether the last thing that is known of it went wrong."""
        return bool(self.last_error)
