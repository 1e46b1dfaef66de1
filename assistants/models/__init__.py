"""The rows of assistants."""

from assistants.models.bundles import Bundle, Lock, LockEntry

__all__ = ["Bundle", "Lock", "LockEntry"]
