"""Keys that the hub needs and that nobody has to invent: made on first start, readable by their owner only."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from hub.launcher.errors import CannotStart


def django_secret_key() -> str:
    """Signs sessions, links and forms."""
    return secrets.token_urlsafe(50)


def vault_key() -> str:
    """Encrypts stored credentials: 32 random bytes in the form that Fernet reads."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def audit_key() -> str:
    """Signs the audit log: 32 random bytes."""
    return secrets.token_urlsafe(32)


def receipt_key() -> str:
    """Signs receipts of bundles: 32 random bytes."""
    return secrets.token_urlsafe(32)


KEYS: dict[str, Callable[[], str]] = {
    "django-secret-key": django_secret_key,
    "vault-key": vault_key,
    "audit-key": audit_key,
    "receipt-key": receipt_key,
}


def ensure(folder: Path) -> None:
    """Make each missing key in `folder`; never change one that is there.

    Raises CannotStart for an empty key file: a new key in its place would make stored secrets unreadable.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, make in KEYS.items():
        path = folder / name
        if not path.exists():
            _create(path, make())
        if not path.read_text().strip():
            raise CannotStart(f"The key file {path} is empty. Restore it from a backup, or delete it to get a new key.")
        path.chmod(0o600)


def _create(path: Path, text: str) -> None:
    """Write a file that appears complete or not at all, and never replaces one that came first."""
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
    except FileExistsError:
        pass  # another process made the key in the meantime: that one counts
    finally:
        Path(unfinished).unlink()
