"""Receipts of bundles, and the keys that signed them."""

from __future__ import annotations

from django.db import models

from assistants.models.bundles import Lock
from hub.models import KeptForever


class ReceiptKey(models.Model):
    """The public half of a key that signs receipts. It stays when the private half is gone, so that old receipts still verify.

    `until` is set when another key takes its place, `revoked_at` when the private half may be in wrong hands.
    """

    keyid = models.CharField(primary_key=True, max_length=64, help_text="SHA-256 of the public half.")
    public = models.CharField(max_length=64, help_text="Hexadecimal.")
    since = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["since", "keyid"]

    def __str__(self) -> str:
        return self.keyid[:16]


class Receipt(KeptForever):
    """The signed statement about one lock's bundle, as it is given out."""

    refusal = "A receipt says what was decided when its release was published."

    lock = models.OneToOneField(Lock, models.PROTECT, related_name="receipt")
    key = models.ForeignKey(ReceiptKey, models.PROTECT, related_name="receipts")
    envelope = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"receipt of lock {self.lock_id}"
