"""The rows of assistants."""

from assistants.models.bundles import Bundle, Lock, LockEntry, in_force, parts_hidden_from, quarantined
from assistants.models.receipts import Receipt, ReceiptKey

__all__ = ["Bundle", "Lock", "LockEntry", "Receipt", "ReceiptKey", "in_force", "parts_hidden_from", "quarantined"]
