"""What people are told: in the site, by mail, or not at all."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub.models.users import User


class Way(models.TextChoices):
    """How somebody wants to hear of something."""

    BOTH = "both", "In the site and by e-mail"
    SITE = "site", "In the site"
    EMAIL = "email", "By e-mail"
    NONE = "none", "Not at all"


class Notification(models.Model):
    """One thing that one person is told. `key` makes that each person is told a thing once.

    `subject_type` and `subject_id` say what it is about: before it is mailed or shown, whoever registered the type is
    asked whether the person may still read that (`hub.services.notifications`).
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=100)
    title = models.CharField(max_length=300)
    body = models.CharField(max_length=1000, blank=True)
    url = models.CharField(max_length=300)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    in_site = models.BooleanField(default=True)
    at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail_due = models.BooleanField(default=False)
    mail_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notification_once")]
        indexes = [
            models.Index(fields=["user", "-id"], condition=Q(in_site=True), name="notification_newest"),
            models.Index(fields=["user"], condition=Q(in_site=True, read_at=None), name="notification_unread"),
            models.Index(fields=["id"], condition=Q(mail_due=True), name="notification_to_mail"),
        ]

    def __str__(self) -> str:
        return self.title


class NotificationPreference(models.Model):
    """How one person wants to hear of one kind of thing. Without a row: as the kind's default says."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notification_preferences")
    kind = models.CharField(max_length=40)
    way = models.CharField(max_length=10, choices=Way)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="notification_preference_unique"),
            models.CheckConstraint(condition=Q(way__in=Way.values), name="notification_preference_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.way}"
