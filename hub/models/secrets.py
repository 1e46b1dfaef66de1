"""Secrets that people keep in the hub for their own clients."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from hub.models.users import User


class UserSecret(models.Model):
    """A credential of one person, such as a model vendor's key, encrypted with a key that the database does not hold.

    It is given only to its owner, and only inside assistants of namespaces that the owner belongs to or has named in
    `allowed_namespaces`: a stranger's assistant must not be able to ask for it by its usual name.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=100)
    ciphertext = models.BinaryField()
    allowed_namespaces = ArrayField(models.CharField(max_length=39), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="secret_once_per_user")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
