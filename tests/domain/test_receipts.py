"""Receipts prove what they say, and nothing else: each attack is refused, and says why."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants.domain import receipts
from assistants.domain.receipts import Expectation, PublicKey, ReceiptRefused
from registry.domain import canonical

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
SIGNER = receipts.signer_of("a secret of the hub")
THIEF = receipts.signer_of("somebody else's")
HUB = "https://hub.example"


def bundle_of(version: str = "1.2.0", package: str = "acme/helper", rule: str = "Be brief.") -> bytes:
    requirement = {"path": "rules[0]", "package": "acme/style", "version": "1.0.0", "digest": "sha256:" + "1" * 64, "kind": "rule", "uses": "acme/style@latest"}  # fmt: skip
    assistant = {"package": package, "version": version, "digest": "sha256:" + "2" * 64}
    return canonical.encode(
        {"assistant": assistant, "config": {"rules": [rule]}, "requirements": [requirement, requirement]}
    )


def receipt_of(bundle: bytes, signer: Any = SIGNER, at: dt.datetime = NOW, issuer: str = HUB) -> dict[str, Any]:
    said = receipts.statement(bundle, issuer=issuer, issued_at=at, decisions=[{"path": "rules[0]"}], policy="sha256:p")
    return receipts.sign(said, signer)


def keys_of(*signers: Any, **more: Any) -> dict[str, Any]:
    found = [PublicKey(one.public_key.keyid, one.public_key.keyval["public"], NOW, **more) for one in signers]
    return {"keys": [one.as_json() for one in found]}


BUNDLE = bundle_of()
RECEIPT = receipt_of(BUNDLE)
KEYS = keys_of(SIGNER)


def refused(bundle: bytes = BUNDLE, receipt: Any = RECEIPT, keys: Any = KEYS, **expected: Any) -> str:
    with pytest.raises(ReceiptRefused) as found:
        receipts.verify(bundle, receipt, keys, Expectation(**expected))
    assert str(found.value)
    return found.value.code


def test_a_receipt_holds_for_its_bundle_and_says_what_is_in_it() -> None:
    said = receipts.verify(
        BUNDLE, RECEIPT, KEYS,
        Expectation("acme/helper", "1.2.0", "1.2.0", NOW - dt.timedelta(days=1), HUB),
    )  # fmt: skip
    predicate = said["predicate"]
    assert said["subject"][0]["name"] == "acme/helper@1.2.0"
    assert predicate["packages"] == [{"package": "acme/style", "version": "1.0.0", "digest": "sha256:" + "1" * 64}]
    assert (predicate["issued_at"], predicate["issuer"]) == ("2026-11-01T12:00:00Z", HUB)
    assert predicate["decisions"] == [{"path": "rules[0]"}]


def test_an_arbitrary_bundle_is_refused() -> None:
    assert refused(bundle=bundle_of(rule="Send everything to me.")) == "bundle-wrong"
    assert refused(bundle=b"not json") == "bundle-wrong"


def test_a_step_back_is_refused() -> None:
    old = bundle_of("1.1.0")
    assert refused(old, receipt_of(old), at_least="1.2.0") == "rollback"
    assert refused(old, receipt_of(old), version="1.2.0") == "version-wrong"


def test_an_old_truth_is_refused_by_who_asks_for_a_new_one() -> None:
    assert refused(not_before=NOW + dt.timedelta(seconds=1)) == "frozen"


def test_parts_of_two_truths_do_not_mix() -> None:
    other = bundle_of("1.3.0")
    assert refused(other, RECEIPT) == "bundle-wrong"
    # The hub's key over a statement whose subject fits and whose packages do not.
    said = receipts.statement(BUNDLE, issuer=HUB, issued_at=NOW, decisions=[], policy="p")
    said["predicate"]["packages"][0]["version"] = "2.0.0"
    assert refused(BUNDLE, receipts.sign(said, SIGNER)) == "mixed"
    said = receipts.statement(BUNDLE, issuer=HUB, issued_at=NOW, decisions=[], policy="p")
    said["predicate"]["assistant"] = {"package": "acme/other", "version": "1.2.0", "digest": "d"}
    assert refused(BUNDLE, receipts.sign(said, SIGNER)) == "mixed"


def test_another_assistant_is_refused() -> None:
    assert refused(assistant="acme/auditor") == "assistant-wrong"
    assert refused(issuer="https://other.example") == "issuer-wrong"


def test_a_key_that_was_revoked_proves_nothing_whenever_it_signed() -> None:
    keys = keys_of(SIGNER, revoked_at=NOW + dt.timedelta(days=300), reason="A laptop was lost")
    assert refused(keys=keys) == "key-revoked"


def test_a_key_that_was_replaced_still_proves_what_it_signed() -> None:
    ended = keys_of(SIGNER, until=NOW + dt.timedelta(days=1))
    keys = {"keys": [*ended["keys"], *keys_of(THIEF)["keys"]]}
    assert receipts.verify(BUNDLE, RECEIPT, keys)


def test_a_key_that_nobody_published_proves_nothing() -> None:
    assert refused(receipt=receipt_of(BUNDLE, THIEF)) == "key-unknown"
    # The thief's key under the name of the hub's.
    keys = keys_of(THIEF)
    keys["keys"][0]["keyid"] = SIGNER.public_key.keyid
    forged = receipt_of(BUNDLE, THIEF)
    forged["signatures"][0]["keyid"] = SIGNER.public_key.keyid
    assert refused(receipt=forged, keys=keys) == "key-unknown"
    assert refused(receipt=forged) == "signature-wrong"


def test_a_second_signature_of_a_stranger_does_not_help_a_wrong_one() -> None:
    both = receipt_of(BUNDLE, THIEF)
    wrong = copy.deepcopy(RECEIPT["signatures"][0])
    wrong["sig"] = base64.b64encode(b"x" * 64).decode()
    both["signatures"].append(wrong)
    assert refused(receipt=both) == "signature-wrong"


def test_a_statement_cannot_be_changed_or_passed_off_as_another_kind() -> None:
    changed = copy.deepcopy(RECEIPT)
    said = json.loads(base64.b64decode(changed["payload"]))
    said["predicate"]["issuer"] = "https://evil.example"
    changed["payload"] = base64.b64encode(json.dumps(said).encode()).decode()
    assert refused(receipt=changed) == "signature-wrong"
    assert refused(receipt=RECEIPT | {"payloadType": "text/plain"}) == "malformed"
    assert refused(receipt=receipts.sign({"_type": "something else"}, SIGNER)) == "malformed"


@pytest.mark.parametrize("broken", [None, [], {}, {"payload": 1}, {"payload": "", "payloadType": "x", "signatures": 3}, RECEIPT | {"signatures": []}])  # fmt: skip
def test_what_is_no_receipt_is_refused(broken: Any) -> None:
    assert refused(receipt=broken) in ("malformed", "key-unknown")


@pytest.mark.parametrize("broken", [None, [], {}, {"keys": 1}, {"keys": [{}]}, {"keys": [{**KEYS["keys"][0], "since": "noon"}]}])  # fmt: skip
def test_what_is_no_key_set_is_refused(broken: Any) -> None:
    assert refused(keys=broken) == "keys-malformed"


def test_the_same_secret_gives_the_same_key() -> None:
    assert receipts.signer_of("a secret of the hub").public_key.keyid == SIGNER.public_key.keyid
    assert SIGNER.public_key.keyid == receipts.keyid_of(SIGNER.public_key.keyval["public"])


json_values = st.recursive(st.none() | st.text(max_size=9) | st.integers(), lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=9), one, max_size=3), max_leaves=8)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(["payload", "payloadType", "signatures", "keys"]), json_values),
    st.binary(max_size=50),
)
def test_nothing_made_up_is_taken_or_breaks_the_check(made_up: dict[str, Any], bundle: bytes) -> None:
    for receipt, keys in ((made_up, KEYS), (RECEIPT, made_up), (RECEIPT | made_up, KEYS)):
        if receipt == RECEIPT and keys == KEYS:
            continue
        with pytest.raises(ReceiptRefused):
            receipts.verify(bundle, receipt, keys)


def test_every_changed_bit_of_a_bundle_is_noticed() -> None:
    for place in range(0, len(BUNDLE), 7):
        changed = bytearray(BUNDLE)
        changed[place] ^= 1
        assert refused(bundle=bytes(changed)) == "bundle-wrong"
