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

    A row is never deleted, so that a name cannot pass to somebody else and carry old references with it. While
    `closed_at` is set its organization is deleted, and nothing in it is found. A renamed organization keeps its former
    names as well (`NamespaceName`).
    """

    refusal = "A namespace keeps its holder, and gets another name only by renaming."

    slug = models.CharField(max_length=slugs.NAMESPACE_MAX_LENGTH, unique=True)
    user = models.OneToOneField(User, models.PROTECT, null=True, blank=True, related_name="namespace")
    organization = models.OneToOneField(Organization, models.PROTECT, null=True, blank=True, related_name="namespace")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Since when a domain is proved (DomainProof); repeated here for lists and search.",
    )

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


class NamespaceName(KeptForever):
    """A name that a namespace has or had. The primary key sees to it that no name ever stands for two holders."""

    refusal = "A name that a namespace had stays its own."

    slug = models.CharField(max_length=slugs.NAMESPACE_MAX_LENGTH, primary_key=True)
    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="names")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.slug
