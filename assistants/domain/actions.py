"""What can happen to assistants beyond what happens to every package."""

from __future__ import annotations

from enum import StrEnum


class AssistantAction(StrEnum):
    """Actions on assistants and on what stands around them."""

    OVERLAY_CREATE = "assistants.overlay.create"
    OVERLAY_UPDATE = "assistants.overlay.update"
    OVERLAY_DELETE = "assistants.overlay.delete"
    RECEIPT_KEY_REVOKE = "assistants.receipt-key.revoke"
