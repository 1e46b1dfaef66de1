"""The rows of assistants."""

from assistants.models.bundles import Bundle, Lock, LockEntry, parts_hidden_from, quarantined
from assistants.models.receipts import Receipt, ReceiptKey

__all__ = ["Bundle", "Lock", "LockEntry", "Receipt", "ReceiptKey", "parts_hidden_from", "quarantined"]
