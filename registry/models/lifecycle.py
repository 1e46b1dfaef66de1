"""What packages and releases have in common when they are taken back: deprecation and quarantine."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub.models import User
from registry.domain.lifecycle import LINK_MAX_LENGTH, MESSAGE_MAX_LENGTH


class Imposer(models.TextChoices):
    """On whose side a quarantine was imposed. What a moderator imposed, only a moderator lifts."""

    MANAGER = "manager", "Those who run the namespace"
    MODERATOR = "moderator", "A moderator of this hub"


class Withdrawable(models.Model):
    """A package or release that can be deprecated, which warns, and quarantined, which stops every use of it.

    The quarantine outlives a deletion: locks that hold a deleted part are refused for as long as it stands.
    """

    deprecated_at = models.DateTimeField(null=True, blank=True)
    deprecated_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    deprecation_message = models.CharField(max_length=MESSAGE_MAX_LENGTH, blank=True, default="")
    successor = models.ForeignKey("registry.Package", models.SET_NULL, null=True, blank=True, related_name="+")
    quarantined_at = models.DateTimeField(null=True, blank=True)
    quarantined_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    quarantined_as = models.CharField(max_length=10, choices=Imposer, blank=True, default="")
    quarantine_reason = models.CharField(max_length=MESSAGE_MAX_LENGTH, blank=True, default="")
    quarantine_link = models.CharField(max_length=LINK_MAX_LENGTH, blank=True, default="")

    class Meta:
        abstract = True

    @property
    def is_deprecated(self) -> bool:
        """Whether people are told to use something else."""
        return self.deprecated_at is not None

    @property
    def is_quarantined(self) -> bool:
        """Whether every use is refused."""
        return self.quarantined_at is not None


def constraints(name: str) -> list[models.BaseConstraint]:
    """What is always true of the columns of a `Withdrawable` table; `name` begins the names of the rules."""
    return [
        models.CheckConstraint(
            condition=Q(deprecated_at=None, deprecation_message="", successor=None)
            | Q(deprecated_at__isnull=False) & ~Q(deprecation_message=""),
            name=f"{name}_deprecation_has_message",
        ),
        models.CheckConstraint(
            condition=Q(quarantined_at=None, quarantined_as="", quarantine_reason="", quarantine_link="")
            | Q(quarantined_at__isnull=False, quarantined_as__in=Imposer.values) & ~Q(quarantine_reason=""),
            name=f"{name}_quarantine_has_reason",
        ),
    ]


def served(prefix: str = "") -> Q:
    """The condition that a package or release is not quarantined, for rows of it or (with `prefix`) that point to it."""
    return Q(**{f"{prefix}quarantined_at": None})
