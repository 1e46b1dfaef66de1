"""Domains of the internet that namespaces prove to be theirs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from hub.domain.domain_names import MAX_LENGTH
from hub.models.namespaces import Namespace
from hub.models.users import User


class ProofMethod(models.TextChoices):
    """Where a domain shows the token."""

    DNS = "dns", "DNS record"
    FILE = "file", "Well-known file"


class DomainProof(models.Model):
    """A namespace's claim to a domain, and the token that the domain has to show. Claims alone are shown to nobody else.

    `verified_at` is when the proof was first found; it ends when the proof has been missing for the period of grace, which
    begins at `missing_since`. Two namespaces may prove one domain: each has a token of its own there.
    """

    namespace = models.ForeignKey(Namespace, models.CASCADE, related_name="domain_proofs")
    domain = models.CharField(max_length=MAX_LENGTH)
    token = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    method = models.CharField(max_length=4, choices=ProofMethod, blank=True, default="")
    verified_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    missing_since = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["namespace", "domain"], name="domain_once_per_namespace"),
            models.CheckConstraint(condition=Q(domain=Lower("domain")), name="domain_lower"),
            models.CheckConstraint(
                condition=Q(verified_at=None, method="", missing_since=None)
                | Q(verified_at__isnull=False, method__in=ProofMethod.values),
                name="domain_verified_by_a_method",
            ),
        ]
        indexes = [
            models.Index(fields=["checked_at", "id"], condition=Q(verified_at__isnull=False), name="domain_to_check")
        ]
        ordering = ["domain", "id"]

    def __str__(self) -> str:
        return self.domain
