"""The rows of assistants."""

from assistants.models.bundles import Bundle, Lock, LockEntry, in_force, parts_hidden_from, quarantined
from assistants.models.overlays import Mode, Overlay, OverlayQuerySet, lies_on, open_to
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
    "Mode",
    "Overlay",
    "OverlayQuerySet",
    "Receipt",
    "ReceiptKey",
    "UpdatePolicy",
    "UpdateProposal",
    "UpdateRun",
    "UpdateState",
    "UsagePolicy",
    "in_force",
    "lies_on",
    "open_to",
    "parts_hidden_from",
    "quarantined",
]
