"""The one name space that people and organizations share."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from hub.domain import slugs
from hub.models.guards import KeptForever
from hub.models.organizations import Organization
from hub.models.users import User


class Namespace(KeptForever):
    """The first half of every package's name, held by exactly one person or one organization.

    A row is never deleted, so that a name cannot pass to somebody else and carry old references with it.
    """

    refusal = "A namespace keeps its name and its holder."

    slug = models.CharField(max_length=slugs.NAMESPACE_MAX_LENGTH, unique=True)
    user = models.OneToOneField(User, models.PROTECT, null=True, blank=True, related_name="namespace")
    organization = models.OneToOneField(Organization, models.PROTECT, null=True, blank=True, related_name="namespace")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(slug=Lower("slug")), name="namespace_slug_lower"),
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, organization__isnull=True)
                | models.Q(user__isnull=True, organization__isnull=False),
                name="namespace_has_one_holder",
            ),
        ]

    def __str__(self) -> str:
        return self.slug
