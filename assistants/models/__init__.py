"""The rows of assistants."""

from assistants.models.bundles import Bundle, Lock, LockEntry, parts_hidden_from, quarantined

__all__ = ["Bundle", "Lock", "LockEntry", "parts_hidden_from", "quarantined"]
