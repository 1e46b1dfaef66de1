"""Receipts: parts of a publication, and the end of a key."""

from __future__ import annotations

from typing import Any

from assistants.models import ReceiptKey
from assistants.services import receipts

READING = {"receipts": {"key_set", "of_lock", "policy_of"}, "exporting": {"export", "strictly"}}
PARTS = {"receipts": {"issue"}}
DEEDS = {
    "receipts.revoke_key": lambda w: receipts.revoke_key(by=w.by, keyid=w.more["keyid"], reason="It was lost."),
}
OF_NOBODY = {"receipts.revoke_key"}


def furnish(world: Any) -> None:
    """The key that signed the first receipt."""
    world.more["keyid"] = ReceiptKey.objects.get().keyid
