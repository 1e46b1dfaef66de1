"""Packages: the named things that the registry holds."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Lower

from hub.actors import Actor
from hub.domain import slugs
from hub.domain.patterns import Pattern
from hub.domain.roles import Permission
from hub.models import Namespace, TeamMembership, User
from hub.policies.memberships import effective
from hub.policies.namespaces import own
from registry.models.lifecycle import Withdrawable, constraints, served


class Visibility(models.TextChoices):
    """Who may read a package: everybody, the namespace's people, or only those whose role or grant says so."""

    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Internal"
    PRIVATE = "private", "Private"


class PackageQuerySet(models.QuerySet["Package"]):
    """Which packages."""

    def present(self) -> PackageQuerySet:
        """Packages that have not been deleted, in namespaces that are open."""
        return self.filter(deleted_at__isnull=True, namespace__closed_at__isnull=True)

    def visible_to(self, actor: Actor) -> PackageQuerySet:
        """Packages that the actor may read (`readable_by`) and use: those that are quarantined are in no list and no answer."""
        return self.known_to(actor).filter(served())

    def known_to(self, actor: Actor) -> PackageQuerySet:
        """As `visible_to`, quarantined ones too: of those the actor is told that they are quarantined, and nothing else."""
        return self.present().filter(readable_by(actor))

    def publishable_by(self, actor: Actor) -> PackageQuerySet:
        """Packages in which the actor may publish, scopes aside. Deleted ones too: whether it is there is another question."""
        return self.filter(publishable_by(actor), namespace__closed_at=None)

    def manageable_by(self, actor: Actor) -> PackageQuerySet:
        """Packages that the actor may manage, scopes aside. Deleted ones too."""
        return self.filter(manageable_by(actor), namespace__closed_at=None)

    def named(self, namespace: str, name: str) -> PackageQuerySet:
        """The package of this name, in any letter case."""
        return self.filter(namespace__slug=slugs.normalize(namespace), name=slugs.normalize(name))


class Package(Withdrawable):
    """A named thing of one kind with a history of releases, addressed `namespace/name`.

    `latest_release` repeats what the releases say (newest stable one that is not yanked), so that lists need no
    aggregation. A deleted package stays as a tombstone: what was locked keeps its meaning. An archived one is served and
    takes no more releases.
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
    required_approvals = models.PositiveSmallIntegerField(
        default=0, help_text="How many who publish here have to approve a proposal before it can be merged."
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True, help_text="When something was last published or changed.")
    deleted_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    archived_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    download_count = models.PositiveBigIntegerField(
        default=0, help_text="Downloads of all releases, as of the last roll-up (registry/services/downloads.py)."
    )

    objects = PackageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["namespace", "name"], condition=Q(deleted_at__isnull=True), name="package_name_unique"
            ),
            models.CheckConstraint(condition=Q(name=Lower("name")), name="package_name_lower"),
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="package_visibility_known"),
            *constraints("package"),
            models.CheckConstraint(condition=Q(required_approvals__lte=5), name="package_required_approvals_at_most_5"),
        ]
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="package_by_update"),
            models.Index(fields=["name", "id"], name="package_by_name"),
            models.Index(fields=["kind", "-updated_at", "-id"], name="package_by_kind"),
            models.Index(fields=["namespace", "-updated_at", "-id"], name="package_by_namespace"),
            GinIndex(fields=["tags"], name="package_tags"),
            models.Index(
                fields=["-quarantined_at", "-id"], condition=Q(quarantined_at__isnull=False), name="package_quarantined"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace.slug}/{self.name}"

    @property
    def is_archived(self) -> bool:
        """Whether the package takes no more releases."""
        return self.archived_at is not None

    @property
    def is_fork(self) -> bool:
        """Whether it started from another package's release, whoever may see that one."""
        return self.upstream_release_id is not None


def readable_by(actor: Actor, prefix: str = "") -> Q:
    """The condition behind `visible_to`, for packages or (with `prefix` such as `package__`) for rows that point to one."""
    public = Q(**{f"{prefix}visibility": Visibility.PUBLIC})
    if actor.reader is None:
        return public | _by_ci_job(actor, prefix)
    internal = Q(
        **{f"{prefix}visibility": Visibility.INTERNAL}, **_held(actor, Permission.PACKAGE_READ_INTERNAL, prefix)
    )
    by_role = Q(**_held(actor, Permission.PACKAGE_READ, prefix))
    granted = _in(_granted(actor, "read", "publish", "manage"), prefix)
    return public | _fitting(actor, prefix) & (own(actor, f"{prefix}namespace__") | internal | by_role | granted)


def singled_out(actor: Actor) -> QuerySet[Package]:
    """Packages that are open to the actor one by one: through a grant, or to the CI job that publishes them."""
    if actor.reader is None:
        return Package.objects.filter(_by_ci_job(actor, ""))
    return _granted(actor, "read", "publish", "manage")


def publishable_by(actor: Actor) -> Q:
    """Packages in which the actor may publish and yank, scopes aside."""
    by_role = Q(**_held(actor, Permission.PACKAGE_PUBLISH, ""))
    granted = _in(_granted(actor, "publish", "manage"), "")
    return _by_ci_job(actor, "") | _fitting(actor, "") & (own(actor, "namespace__") | by_role | granted)


def manageable_by(actor: Actor) -> Q:
    """Packages that the actor may describe, show to others, grant, transfer and delete, scopes aside."""
    by_role = Q(**_held(actor, Permission.PACKAGE_MANAGE, ""))
    granted = _in(_granted(actor, "manage"), "")
    return _fitting(actor, "") & (own(actor, "namespace__") | by_role | granted)


def _held(actor: Actor, permission: Permission, prefix: str) -> dict[str, object]:
    return {f"{prefix}namespace__organization__in": effective(actor, permission).values("organization")}


def _granted(actor: Actor, *permissions: str) -> QuerySet[Package]:
    """The packages that grants open to the actor now.

    In an organization's package a grant counts only through a membership, the person's own or a team's, of the same
    organization, so that a row which outlived a transfer would open nothing.
    """
    mine, holder = effective(actor), F("namespace__organization")
    teams = TeamMembership.objects.filter(membership__in=mine).values("team")
    as_member = Q(grants__membership__in=mine, grants__membership__organization=holder)
    in_team = Q(grants__team__in=teams, grants__team__organization=holder)
    granted = as_member | in_team
    if actor.confined_to is None:
        granted |= Q(grants__user=actor.user, grants__membership=None, namespace__organization=None)
    return Package.objects.filter(granted, grants__permission__in=permissions)


def _by_ci_job(actor: Actor, prefix: str) -> Q:
    """The one package of a token of trusted publishing, which no person holds."""
    if actor.token is None or actor.user is not None:
        return Q(pk__in=[])
    return _in(Package.objects.filter(trusted_publishers__tokens__token=actor.token), prefix)


def _fitting(actor: Actor, prefix: str) -> Q:
    """The condition that one of the token's patterns names the package."""
    if not actor.patterns:
        return Q()
    condition = Q(pk__in=[])
    for pattern in map(Pattern.parse, actor.patterns):
        name = f"{prefix}name__startswith" if pattern.is_prefix else f"{prefix}name"
        condition |= Q(**{f"{prefix}namespace__slug": pattern.namespace, name: pattern.name})
    return condition


def _in(packages: QuerySet[Package], prefix: str) -> Q:
    return Q(**{f"{prefix.removesuffix('__')}__in" if prefix else "id__in": packages.values("id")})
