"""Receipts as the hub issues and serves them, and as anybody checks them without it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from assistants.models import Receipt, ReceiptKey
from assistants.services import receipts
from hub.actors import Actor
from hub.models import AuditEvent
from registry.models import Package
from tests.hub.together import together
from tests.repository.documents import ROOT


@pytest.fixture
def helper(build_package: Callable[..., Package], build_assistant: Callable[..., Package]) -> Package:
    build_package("style", "1.0.0")
    return build_assistant("helper", "rules:\n  - uses: acme/style\n")


@pytest.fixture
def files(helper: Package, client: Client, tmp_path: Path) -> dict[str, Path]:
    """Bundle, receipt and keys, as somebody fetches them."""
    bundle = client.get("/api/v1/assistants/acme/helper/bundle")
    address = bundle.headers["Link"].partition(">")[0].removeprefix("<")
    fetched = {
        "bundle": bundle.content,
        "receipt": client.get(address).content,
        "keys": client.get("/.well-known/hub-keys.json").content,
    }
    for name, content in fetched.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in fetched}


def verify(files: dict[str, Path], *options: str) -> None:
    call_command(
        "receipt", "verify", str(files["bundle"]), str(files["receipt"]), "--keys", str(files["keys"]), *options
    )


def test_a_bundle_names_its_receipt_and_both_are_right(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    verify(files, "--assistant", "acme/helper", "--exact", "1.0.0", "--at-least", "1.0.0", "--max-age", "1", "--issuer", "http://testserver")  # fmt: skip
    assert capsys.readouterr().out.startswith("OK: acme/helper@1.0.0, made of 1 packages, by http://testserver at ")


def test_verifying_takes_no_database(files: dict[str, Path]) -> None:
    environment = os.environ | {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "DJANGO_SETTINGS_MODULE": "hub.settings",
    }
    command = [sys.executable, "manage.py", "receipt", "verify", str(files["bundle"]), str(files["receipt"]), "--keys", str(files["keys"])]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    files["bundle"].write_bytes(files["bundle"].read_bytes() + b" ")
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "REFUSED (bundle-wrong)" in done.stderr


def test_each_reason_has_a_word(files: dict[str, Path], tmp_path: Path) -> None:
    for options, word in (
        (("--assistant", "acme/other"), "assistant-wrong"),
        (("--at-least", "2.0.0"), "rollback"),
        (("--exact", "2.0.0"), "version-wrong"),
        (("--issuer", "https://x.example"), "issuer-wrong"),
    ):
        with pytest.raises(CommandError, match=word):
            verify(files, *options)
    files["keys"].write_text("{")
    with pytest.raises(CommandError, match="is not JSON"):
        verify(files)
    with pytest.raises(CommandError, match="cannot be read"):
        verify(files | {"bundle": tmp_path / "nowhere"})


def test_a_key_is_followed_by_another_and_old_receipts_hold(
    files: dict[str, Path], client: Client, settings: Any, build_assistant: Callable[..., Package]
) -> None:
    settings.RECEIPT_KEYS = ["the next one", *settings.RECEIPT_KEYS]
    build_assistant("second", "rules:\n  - Be brief.\n")
    first, second = json.loads(client.get("/.well-known/hub-keys.json").content)["keys"]
    assert first["until"] is not None
    assert second["until"] is None
    files["keys"].write_bytes(client.get("/.well-known/hub-keys.json").content)
    verify(files)


def test_a_revoked_key_proves_nothing(
    files: dict[str, Path], client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    keyid = ReceiptKey.objects.get().keyid
    call_command("receipt", "revoke", keyid[:10], "--reason", "A laptop was lost")
    assert AuditEvent.objects.filter(action="assistants.receipt-key.revoke").count() == 1
    files["keys"].write_bytes(client.get("/.well-known/hub-keys.json").content)
    with pytest.raises(CommandError, match=r"key-revoked.*A laptop was lost"):
        verify(files)
    call_command("receipt", "revoke", keyid, "--reason", "Once more")
    assert AuditEvent.objects.filter(action="assistants.receipt-key.revoke").count() == 1
    capsys.readouterr()
    call_command("receipt", "keys")
    assert json.loads(capsys.readouterr().out)["keys"][0]["reason"] == "A laptop was lost"


@pytest.mark.parametrize(("keyid", "reason"), [("zz", "x"), ("", "x")])
def test_a_key_that_is_not_there_cannot_be_revoked(helper: Package, keyid: str, reason: str) -> None:
    with pytest.raises(CommandError, match="No key begins"):
        call_command("receipt", "revoke", keyid, "--reason", reason)


def test_revoking_needs_a_reason(helper: Package, owner: Actor) -> None:
    with pytest.raises(ValueError, match="reason"):
        receipts.revoke_key(by=owner, keyid=ReceiptKey.objects.get().keyid, reason=" ")


def test_a_receipt_is_made_once_and_says_what_was_decided(helper: Package) -> None:
    receipt = Receipt.objects.get()
    said = json.loads(base64.b64decode(receipt.envelope["payload"]))["predicate"]
    assert said["decisions"] == receipt.lock.explanation
    assert said["packages"][0]["package"] == "acme/style"
    assert said["policy"].startswith("sha256:")
    assert receipts.of_lock(receipt.lock_id) == receipt.envelope


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_has_none_gets_one_receipt_however_many_ask(helper: Package) -> None:
    lock_id = Receipt.objects.get().lock_id
    Receipt.objects.all().delete()
    first, second = together(lambda: receipts.of_lock(lock_id), lambda: receipts.of_lock(lock_id))
    assert first == second
    assert Receipt.objects.count() == 1


def test_a_private_assistant_has_a_private_receipt(
    build_assistant: Callable[..., Package], client: Client, owner: Actor, api: Callable[..., Any]
) -> None:
    build_assistant("secretive", "rules:\n  - Be brief.\n", visibility="private")
    assert client.get("/api/v1/assistants/acme/secretive/receipt").status_code == 404
    answer = api("get", "assistants/acme/secretive/receipt?version=1.0.0", owner)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"].startswith("private")
    assert api("get", "assistants/acme/secretive/receipt", owner, **{"If-None-Match": answer.headers["ETag"]}).status_code == 304  # fmt: skip


def test_the_keys_may_be_read_from_anywhere(helper: Package, client: Client) -> None:
    answer = client.get("/.well-known/hub-keys.json", headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    (key,) = answer.json()["keys"]
    assert key.keys() == {"keyid", "keytype", "scheme", "public", "since", "until", "revoked_at", "reason"}
