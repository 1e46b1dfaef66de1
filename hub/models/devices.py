"""Devices: clients that a person signed in by confirming a code in the browser (RFC 8628)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hub.domain.devices import NAME_MAX_LENGTH, Outcome
from hub.models.organizations import Organization
from hub.models.users import User

_OPEN, _OUTCOMES = str(Outcome.OPEN), [str(outcome) for outcome in Outcome]
_KEPT_AFTER_THE_END = timedelta(days=30)


class DeviceRequestQuerySet(models.QuerySet["DeviceRequest"]):
    """Requests, by what can be done with them."""

    def open(self) -> DeviceRequestQuerySet:
        """Those that wait for a person's answer."""
        return self.filter(outcome=Outcome.OPEN, expires_at__gt=timezone.now())

    def over(self) -> DeviceRequestQuerySet:
        """Those that nobody asks about any more."""
        return self.filter(expires_at__lt=timezone.now() - timedelta(days=1))


class DeviceRequest(models.Model):
    """A client that asks to be signed in, and what became of it. The client holds one code, the person types another.

    Only digests of both are here. `name` is what the client calls itself: nobody has checked it. `user` and what
    follows say who answered, and what the session that answered had proved.
    """

    client = models.CharField(max_length=100)
    name = models.CharField(max_length=NAME_MAX_LENGTH)
    scopes = ArrayField(models.CharField(max_length=20))
    device_digest = models.CharField(max_length=64, unique=True)
    user_digest = models.CharField(max_length=64, unique=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    interval = models.PositiveSmallIntegerField(help_text="Seconds between two questions of the client.")
    polled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, default=_OPEN)
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, blank=True, related_name="+")
    sso_organizations = ArrayField(models.BigIntegerField(), default=list, blank=True)
    second_factor = models.BooleanField(default=False)

    objects = DeviceRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=_OUTCOMES), name="device_request_outcome_known"),
            models.CheckConstraint(
                condition=Q(outcome=_OPEN, user=None) | (~Q(outcome=_OPEN) & Q(user__isnull=False)),
                name="device_request_answered_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="device_request_by_end")]
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name

    def is_open(self) -> bool:
        """Whether the request waits for a person's answer."""
        return self.outcome == Outcome.OPEN and not self.is_expired()

    def is_expired(self) -> bool:
        """Whether its codes have lost their force."""
        return self.expires_at <= timezone.now()


class DeviceQuerySet(models.QuerySet["Device"]):
    """Devices, by whether they are signed in."""

    def signed_in(self, at: datetime | None = None) -> DeviceQuerySet:
        """Those that can still get a token."""
        return self.filter(ended_at=None, expires_at__gt=at or timezone.now())

    def over(self) -> DeviceQuerySet:
        """Those that ended so long ago that nobody looks for them."""
        before = timezone.now() - _KEPT_AFTER_THE_END
        return self.filter(Q(ended_at__lt=before) | Q(expires_at__lt=before))


class Device(models.Model):
    """A signed-in device. Its access tokens are API tokens of kind `device`; its refresh tokens make up one family.

    What it may do is fixed when it is confirmed: scopes, the only organization if there is one, and what the session
    that confirmed it had proved. `expires_at` moves on with each refresh.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="devices")
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, blank=True, related_name="+")
    client = models.CharField(max_length=100)
    name = models.CharField(max_length=NAME_MAX_LENGTH)
    scopes = ArrayField(models.CharField(max_length=20))
    sso_organizations = ArrayField(models.BigIntegerField(), default=list, blank=True)
    second_factor = models.BooleanField(default=False)
    ip_address = models.GenericIPAddressField(null=True, blank=True, help_text="From where it last got a token.")
    created_at = models.DateTimeField(auto_now_add=True)
    refreshed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="device_by_user")]
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name

    def is_signed_in(self) -> bool:
        """Whether the device can still get a token, its person being active."""
        return self.ended_at is None and self.expires_at > timezone.now()


class RefreshToken(models.Model):
    """One refresh token of a device, by its SHA-256. Each is used once; a second use, after a grace, is somebody else's."""

    device = models.ForeignKey(Device, models.CASCADE, related_name="refresh_tokens")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    spent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"refresh token of {self.device_id}"
