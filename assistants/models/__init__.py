"""The rows of assistants."""

from assistants.models.bundles import Bundle, Lock, LockEntry
from assistants.models.receipts import Receipt, ReceiptKey

__all__ = ["Bundle", "Lock", "LockEntry", "Receipt", "ReceiptKey"]
