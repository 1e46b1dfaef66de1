"""What can happen to assistants beyond what happens to every package."""

from __future__ import annotations

from enum import StrEnum


class AssistantAction(StrEnum):
    """Actions on assistants and on the keys behind them."""

    RECEIPT_KEY_REVOKE = "assistants.receipt-key.revoke"
