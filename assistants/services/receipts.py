"""Receipts: issued with a lock, and the keys that they are signed with."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from securesystemslib.signer import CryptoSigner

from assistants.domain import receipts as domain
from assistants.domain.actions import AssistantAction
from assistants.domain.receipts import PublicKey
from assistants.models import Lock, Receipt, ReceiptKey
from assistants.services.rules import BUILT_IN
from hub.actors import Actor
from hub.services import audit
from registry.domain import canonical


class UnknownKey(ValueError):
    """There is no such key, or its name is not told clearly enough."""


def issue(
    lock: Lock, bundle: bytes, decisions: Sequence[Mapping[str, Any]], policy: Mapping[str, Any] = BUILT_IN
) -> Receipt:
    """The receipt of a lock just made, or of an older one that has none. Part of a publication.

    `policy` is what decided besides the manifest; the receipt has its digest.
    """
    signer = _signer()
    said = domain.statement(
        bundle,
        issuer=settings.BASE_URL,
        issued_at=timezone.now(),
        decisions=decisions,
        policy=canonical.digest(canonical.encode(dict(policy))),
    )
    envelope = domain.sign(said, signer)
    Receipt.objects.bulk_create([Receipt(lock=lock, key=_current(signer), envelope=envelope)], ignore_conflicts=True)
    return Receipt.objects.get(lock=lock)


def of_lock(lock_id: int) -> dict[str, Any]:
    """The receipt of a lock, as it is given out. One that was made before there were receipts gets one now."""
    found = Receipt.objects.filter(lock=lock_id).values_list("envelope", flat=True).first()
    if found is not None:
        envelope: dict[str, Any] = found
        return envelope
    lock = Lock.objects.select_related("bundle").get(id=lock_id)
    with transaction.atomic():
        made: dict[str, Any] = issue(lock, bytes(lock.bundle.content), lock.explanation).envelope
    return made


def policy_of(lock_id: int) -> str:
    """The digest of the rules under which a lock was made, as its receipt says."""
    said = json.loads(base64.b64decode(of_lock(lock_id)["payload"]))
    return str(said["predicate"]["policy"])


def key_set() -> dict[str, Any]:
    """Every key that ever signed, as anybody may have it."""
    _current(_signer())
    return {"keys": [_public(row).as_json() for row in ReceiptKey.objects.all()]}


def revoke_key(*, by: Actor, keyid: str, reason: str) -> ReceiptKey:
    """Say that receipts of a key prove nothing any more, because its private half may be in wrong hands.

    `keyid` may be its beginning. Raises UnknownKey, or ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("Give a reason: whoever checks a receipt will read it.")
    with transaction.atomic():
        rows = list(ReceiptKey.objects.select_for_update().filter(keyid__startswith=keyid.lower())[:2]) if keyid else []
        if len(rows) != 1:
            raise UnknownKey(f"{'No key begins' if not rows else 'Several keys begin'} with “{keyid}”.")
        row = rows[0]
        if row.revoked_at is None:
            row.revoked_at, row.reason = timezone.now(), reason.strip()[:300]
            row.until = row.until or row.revoked_at
            row.save(update_fields=["revoked_at", "reason", "until"])
            audit.record(by, AssistantAction.RECEIPT_KEY_REVOKE, row, data={"key": row.keyid, "reason": row.reason})
    return row


def _signer() -> CryptoSigner:
    return domain.signer_of(settings.RECEIPT_KEYS[0])


def _current(signer: CryptoSigner) -> ReceiptKey:
    """The row of the key that signs now. When it is a new one, those before it end."""
    public = signer.public_key.keyval["public"]
    row, is_new = ReceiptKey.objects.get_or_create(keyid=signer.public_key.keyid, defaults={"public": public})
    if is_new:
        ReceiptKey.objects.filter(until=None).exclude(keyid=row.keyid).update(until=timezone.now())
    return row


def _public(row: ReceiptKey) -> PublicKey:
    return PublicKey(row.keyid, row.public, row.since, row.until, row.revoked_at, row.reason)
