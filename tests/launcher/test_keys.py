"""Keys are made once, whole, and for their owner only."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.launcher import keys
from hub.launcher.errors import CannotStart


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_missing_keys_are_made_and_others_kept(tmp_path: Path) -> None:
    keys.ensure(tmp_path / "keys")
    first = contents(tmp_path / "keys")
    keys.ensure(tmp_path / "keys")

    assert set(first) == {"django-secret-key", "vault-key", "audit-key", "receipt-key"}
    assert contents(tmp_path / "keys") == first
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
    assert len(base64.urlsafe_b64decode(first["vault-key"])) == 32


def test_a_key_that_others_can_read_is_closed(tmp_path: Path) -> None:
    (tmp_path / "vault-key").write_text("kept")
    (tmp_path / "vault-key").chmod(0o644)
    keys.ensure(tmp_path)
    assert (tmp_path / "vault-key").read_text() == "kept"
    assert (tmp_path / "vault-key").stat().st_mode & 0o777 == 0o600


def test_two_at_once_agree_on_one_key(tmp_path: Path) -> None:
    def ensure_and_read(_: int) -> str:
        keys.ensure(tmp_path)
        return (tmp_path / "vault-key").read_text()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ensure_and_read, range(50)))) == 1
    assert len(contents(tmp_path)) == len(keys.KEYS)


def test_an_empty_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "vault-key").touch()
    with pytest.raises(CannotStart, match="vault-key is empty"):
        keys.ensure(tmp_path)
    assert (tmp_path / "vault-key").read_text() == ""
