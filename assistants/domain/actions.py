"""What can happen to assistants beyond what happens to every package."""

from __future__ import annotations

from hub.domain.actions import Action


class AssistantAction(Action):
    """Actions on assistants and on what stands around them."""

    LOCK_MOVE = "assistants.lock.move"
    UPDATES_CONFIGURE = "assistants.update-policy.update"
    USAGE_CONFIGURE = "assistants.usage-policy.update"
    OVERLAY_CREATE = "assistants.overlay.create"
    OVERLAY_UPDATE = "assistants.overlay.update"
    OVERLAY_DELETE = "assistants.overlay.delete"
    RECEIPT_KEY_REVOKE = "assistants.receipt-key.revoke"
