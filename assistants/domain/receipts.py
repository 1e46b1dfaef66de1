"""Receipts: signed statements of what a bundle is made of, and why, that anybody can check without the hub.

A receipt is a DSSE envelope (Ed25519) around an in-toto statement whose subject is the bundle by its digest. A key set says
which keys signed when, and which are not to be trusted any more. Whoever checks needs the bundle, the receipt and the key
set, and says what they expect: which assistant, at least which version, not older than when. The attacks that this is held
against are those of The Update Framework, as far as they apply to one signed document.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import FormatError, VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from registry.domain import canonical
from registry.domain.versions import InvalidVersion, Version

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:assistant-hub:receipt:v1"
_PURPOSE = b"assistant-hub receipts: sign"


class ReceiptRefused(Exception):
    """A receipt that proves nothing. `code` names the reason for programs, the message says it for people."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True)
class PublicKey:
    """A public half, from when to when the hub signs with it, and when it was revoked, if it was."""

    keyid: str
    public: str
    since: dt.datetime
    until: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """The key as the hub publishes it."""
        return {
            "keyid": self.keyid,
            "keytype": "ed25519",
            "scheme": "ed25519",
            "public": self.public,
            "since": _moment(self.since),
            "until": self.until and _moment(self.until),
            "revoked_at": self.revoked_at and _moment(self.revoked_at),
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Expectation:
    """What whoever checks a receipt wants it to be about. None asks nothing."""

    assistant: str | None = None
    version: str | None = None
    at_least: str | None = None
    not_before: dt.datetime | None = None
    issuer: str | None = None


def signer_of(secret: str) -> CryptoSigner:
    """The signing key that a secret text stands for."""
    seed = HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(secret.encode())
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return CryptoSigner(private, _public(private.public_key().public_bytes_raw().hex()))


def keyid_of(public: str) -> str:
    """The name of a public half (hexadecimal): the SHA-256 of its bytes."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()


def statement(
    bundle: bytes,
    *,
    issuer: str,
    issued_at: dt.datetime,
    decisions: Sequence[Mapping[str, Any]],
    policy: str,
) -> dict[str, Any]:
    """What a receipt says of a bundle. `policy` is the digest of the rules that were in force."""
    document = json.loads(bundle)
    assistant = document["assistant"]
    return {
        "_type": STATEMENT,
        "subject": [{"name": f"{assistant['package']}@{assistant['version']}", "digest": {"sha256": _sha256(bundle)}}],
        "predicateType": PREDICATE,
        "predicate": {
            "issuer": issuer,
            "issued_at": _moment(issued_at),
            "assistant": assistant,
            "packages": _packages(document),
            "policy": policy,
            "decisions": [dict(one) for one in decisions],
        },
    }


def sign(said: Mapping[str, Any], signer: CryptoSigner) -> dict[str, Any]:
    """The statement in a signed envelope, as JSON."""
    envelope = Envelope(canonical.encode(said), PAYLOAD_TYPE, {})
    envelope.sign(signer)
    written: dict[str, Any] = envelope.to_dict()
    return written


def verify(bundle: bytes, receipt: Any, keys: Any, expected: Expectation = Expectation()) -> dict[str, Any]:
    """The statement of a receipt that holds for `bundle`. Raises ReceiptRefused with the first thing that is wrong."""
    envelope = _envelope(receipt)
    _check_signature(envelope, _keys(keys))
    said = _statement(envelope.payload)
    _check_subject(bundle, said)
    _check_expected(said["predicate"], expected)
    return said


def _envelope(receipt: Any) -> Envelope:
    try:
        envelope = Envelope.from_dict(json.loads(json.dumps(receipt)))
    except (KeyError, TypeError, ValueError, AttributeError, FormatError):
        raise ReceiptRefused("malformed", "This is not a receipt: it is no DSSE envelope.") from None
    if envelope.payload_type != PAYLOAD_TYPE:
        raise ReceiptRefused("malformed", f"The envelope holds “{envelope.payload_type}”, not a receipt.")
    return envelope


def _keys(keys: Any) -> dict[str, PublicKey]:
    """The key set, by the names that the keys really have: a name that is not its key's own is no name."""
    try:
        found = [
            PublicKey(
                one["keyid"], one["public"], _time(one["since"]), _optional(one.get("until")),
                _optional(one.get("revoked_at")), str(one.get("reason") or ""),
            )
            for one in keys["keys"]
        ]  # fmt: skip
        return {one.keyid: one for one in found if keyid_of(one.public) == one.keyid}
    except (KeyError, TypeError, ValueError):
        raise ReceiptRefused("keys-malformed", "The key set cannot be read.") from None


def _check_signature(envelope: Envelope, keys: Mapping[str, PublicKey]) -> None:
    """One signature of a key that is known, and that is not revoked: whoever stole a key can date a receipt as they like."""
    known = [keys[keyid] for keyid in envelope.signatures if keyid in keys]
    if not known:
        raise ReceiptRefused("key-unknown", "No key of the key set signed this receipt.")
    trusted = [key for key in known if key.revoked_at is None]
    if not trusted:
        revoked = known[0]
        why = f": {revoked.reason}" if revoked.reason else ""
        raise ReceiptRefused("key-revoked", f"The key {revoked.keyid[:16]} that signed this receipt was revoked{why}.")
    try:
        envelope.verify([_public(key.public) for key in trusted], 1)
    except VerificationError:
        raise ReceiptRefused(
            "signature-wrong", "The signature is wrong: the receipt was changed, or made up."
        ) from None


def _statement(payload: bytes) -> dict[str, Any]:
    try:
        said = json.loads(payload)
        right = said["_type"] == STATEMENT and said["predicateType"] == PREDICATE
        right = right and len(said["subject"]) == 1 and isinstance(said["predicate"]["packages"], list)
        _time(said["predicate"]["issued_at"])
    except (KeyError, TypeError, ValueError):
        right = False
    if not right:
        raise ReceiptRefused("malformed", "What was signed is not a receipt of this kind.")
    found: dict[str, Any] = said
    return found


def _check_subject(bundle: bytes, said: Mapping[str, Any]) -> None:
    digest = _sha256(bundle)
    if said["subject"][0].get("digest", {}).get("sha256") != digest:
        raise ReceiptRefused(
            "bundle-wrong", f"The receipt is for another bundle than this one (sha256:{digest[:16]}…)."
        )
    try:
        document = json.loads(bundle)
        same = (
            document["assistant"] == said["predicate"]["assistant"]
            and _packages(document) == said["predicate"]["packages"]
        )
    except (KeyError, TypeError, ValueError):
        same = False
    if not same:
        raise ReceiptRefused("mixed", "The receipt names other packages, or another assistant, than the bundle holds.")


def _check_expected(predicate: Mapping[str, Any], expected: Expectation) -> None:
    assistant = predicate["assistant"]
    if expected.issuer is not None and predicate["issuer"] != expected.issuer:
        raise ReceiptRefused("issuer-wrong", f"The receipt is from {predicate['issuer']}, not from {expected.issuer}.")
    if expected.assistant is not None and assistant["package"] != expected.assistant:
        raise ReceiptRefused("assistant-wrong", f"The bundle is {assistant['package']}, not {expected.assistant}.")
    if expected.version is not None and assistant["version"] != expected.version:
        raise ReceiptRefused("version-wrong", f"The bundle is version {assistant['version']}, not {expected.version}.")
    if expected.at_least is not None and _version(assistant["version"]) < _version(expected.at_least):
        message = (
            f"The bundle is version {assistant['version']}; {expected.at_least} was seen before. This is a step back."
        )
        raise ReceiptRefused("rollback", message)
    if expected.not_before is not None and _time(predicate["issued_at"]) < expected.not_before:
        message = f"The receipt is of {predicate['issued_at']}, older than what is accepted. Somebody may hold newer ones back."
        raise ReceiptRefused("frozen", message)


def _packages(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """Each package once, with its version and digest, in the order of names."""
    found = {
        (one["package"], one["version"]): {name: one[name] for name in ("package", "version", "digest")}
        for part in ("requirements", "extends", "overlays")
        for one in document.get(part, ())
    }
    return [found[key] for key in sorted(found)]


def _public(public: str) -> SSlibKey:
    return SSlibKey(keyid_of(public), "ed25519", "ed25519", {"public": public})


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _version(text: str) -> Version:
    try:
        return Version.parse(text)
    except InvalidVersion as error:
        raise ReceiptRefused("version-wrong", str(error)) from None


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(text: str) -> dt.datetime:
    found = dt.datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("A time has a zone.")
    return found


def _optional(text: str | None) -> dt.datetime | None:
    return _time(text) if text else None
