"""The rows of assistants."""

from assistants.models.bundles import Bundle, Lock, LockEntry, in_force, parts_hidden_from, quarantined
from assistants.models.receipts import Receipt, ReceiptKey
from assistants.models.updates import (
    MAX_AGE_HOURS,
    UpdatePolicy,
    UpdateProposal,
    UpdateRun,
    UpdateState,
    UsagePolicy,
)

__all__ = [
    "MAX_AGE_HOURS",
    "Bundle",
    "Lock",
    "LockEntry",
    "Receipt",
    "ReceiptKey",
    "UpdatePolicy",
    "UpdateProposal",
    "UpdateRun",
    "UpdateState",
    "UsagePolicy",
    "in_force",
    "parts_hidden_from",
    "quarantined",
]
