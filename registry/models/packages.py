"""Packages: the named things that the registry holds."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from hub.actors import Actor
from hub.domain import slugs
from hub.models import MANAGING_ROLES, Membership, Namespace, User


class Visibility(models.TextChoices):
    """Who may read a package: everybody, the namespace's people, or only those who manage it."""

    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Internal"
    PRIVATE = "private", "Private"


class PackageQuerySet(models.QuerySet["Package"]):
    """Which packages."""

    def present(self) -> PackageQuerySet:
        """Packages that have not been deleted."""
        return self.filter(deleted_at__isnull=True)

    def visible_to(self, actor: Actor) -> PackageQuerySet:
        """Packages that the actor may read: public ones, those of the actor's namespaces as far as the role goes."""
        return self.present().filter(readable_by(actor))

    def named(self, namespace: str, name: str) -> PackageQuerySet:
        """The package of this name, in any letter case."""
        return self.filter(namespace__slug=slugs.normalize(namespace), name=slugs.normalize(name))


def readable_by(actor: Actor, prefix: str = "") -> Q:
    """The condition behind `visible_to`, for packages or (with `prefix` such as `package__`) for rows that point to one."""
    public = Q(**{f"{prefix}visibility": Visibility.PUBLIC})
    if actor.reader is None:
        return public
    memberships = Membership.objects.filter(user=actor.reader)
    internal = Q(
        **{
            f"{prefix}visibility": Visibility.INTERNAL,
            f"{prefix}namespace__organization__in": memberships.values("organization"),
        }
    )
    managed = memberships.filter(role__in=MANAGING_ROLES)
    return (
        public
        | Q(**{f"{prefix}namespace__user": actor.reader})
        | internal
        | Q(**{f"{prefix}namespace__organization__in": managed.values("organization")})
    )


class Package(models.Model):
    """A named thing of one kind with a history of releases, addressed `namespace/name`.

    `latest_release` repeats what the releases say (newest stable one that is not yanked), so that lists need no
    aggregation. A deleted package stays as a tombstone: what was locked keeps its meaning.
    """

    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="packages")
    name = models.CharField(max_length=slugs.PACKAGE_MAX_LENGTH)
    kind = models.CharField(max_length=20)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.PRIVATE)
    summary = models.CharField(max_length=300, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    license = models.CharField(max_length=100, blank=True)
    latest_release = models.ForeignKey("registry.Release", models.SET_NULL, null=True, blank=True, related_name="+")
    upstream = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="forks")
    upstream_release = models.ForeignKey("registry.Release", models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True, help_text="When something was last published or changed.")
    deleted_at = models.DateTimeField(null=True, blank=True)
    search = models.GeneratedField(
        expression=SearchVector("name", weight="A", config="simple")
        + SearchVector("summary", weight="B", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = PackageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["namespace", "name"], condition=Q(deleted_at__isnull=True), name="package_name_unique"
            ),
            models.CheckConstraint(condition=Q(name=Lower("name")), name="package_name_lower"),
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="package_visibility_known"),
        ]
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="package_by_update"),
            models.Index(fields=["name", "id"], name="package_by_name"),
            models.Index(fields=["kind", "-updated_at", "-id"], name="package_by_kind"),
            GinIndex(fields=["search"], name="package_search"),
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="package_name_trigrams"),
            GinIndex(fields=["tags"], name="package_tags"),
        ]

    def __str__(self) -> str:
        return f"{self.namespace.slug}/{self.name}"
