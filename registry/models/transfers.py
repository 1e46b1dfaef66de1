"""Packages that pass from one namespace to another."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from hub.domain import slugs
from hub.models import KeptForever, Namespace, User
from registry.models.packages import Package


class PackageTransfer(models.Model):
    """One side offers a package, the other side takes it. Nothing changes until somebody of the new namespace accepts."""

    package = models.ForeignKey(Package, models.CASCADE, related_name="transfers")
    source = models.ForeignKey(Namespace, models.PROTECT, related_name="+")
    destination = models.ForeignKey(Namespace, models.PROTECT, related_name="incoming_transfers")
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["package"],
                condition=Q(accepted_at=None, declined_at=None, cancelled_at=None),
                name="transfer_open_once_per_package",
            )
        ]
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.package_id} to {self.destination_id}"

    def is_open(self) -> bool:
        """Whether the transfer waits for an answer and can still get one."""
        over = self.accepted_at or self.declined_at or self.cancelled_at
        return over is None and self.expires_at > timezone.now()


class FormerPackageName(KeptForever):
    """A name under which a package was known before a transfer. It leads to the package and is never given to another."""

    refusal = "A name that a package had stays its own."

    namespace = models.ForeignKey(Namespace, models.PROTECT, related_name="+")
    name = models.CharField(max_length=slugs.PACKAGE_MAX_LENGTH)
    package = models.ForeignKey(Package, models.PROTECT, related_name="former_names")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "name"], name="former_name_once")]

    def __str__(self) -> str:
        return f"{self.namespace_id}/{self.name}"
