"""`manage.py receipt verify | keys | revoke`: receipts of bundles, for whoever checks them and whoever runs the hub."""

from __future__ import annotations

import getpass
import json
from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assistants.domain import receipts as domain
from assistants.services import receipts
from hub.actors import Actor


class Command(BaseCommand):
    """Verifies a receipt with a bundle and a key set alone; shows and revokes keys."""

    help = __doc__ or ""
    # Verifying needs no database, and no check of one.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word says what to do."""
        deeds = parser.add_subparsers(dest="deed", required=True)
        verify = deeds.add_parser("verify", help="Check a receipt; exit 1 and say why it proves nothing.")
        verify.add_argument("bundle", type=Path, help="The bundle's bytes, as they were fetched.")
        verify.add_argument("receipt", type=Path, help="The receipt, as it was fetched.")
        verify.add_argument(
            "--keys", type=Path, required=True, metavar="FILE", help="The key set (/.well-known/hub-keys.json)."
        )
        verify.add_argument("--assistant", metavar="NAMESPACE/NAME", help="Which assistant it has to be.")
        verify.add_argument("--exact", metavar="VERSION", help="Which version it has to be.")
        verify.add_argument("--at-least", metavar="VERSION", help="The newest version that you have seen.")
        verify.add_argument("--max-age", type=int, metavar="DAYS", help="Refuse a receipt that is older.")
        verify.add_argument("--issuer", metavar="URL", help="Which hub it has to be from.")
        deeds.add_parser("keys", help="Print the key set.")
        revoke = deeds.add_parser("revoke", help="Say that receipts of a key prove nothing any more.")
        revoke.add_argument("keyid", help="The key's name, or its beginning.")
        revoke.add_argument("--reason", required=True)

    def handle(self, *, deed: str, **options: Any) -> None:
        """Do it. Raises CommandError, with which the command exits 1."""
        {"verify": self._verify, "keys": self._keys, "revoke": self._revoke}[deed](options)

    def _verify(self, options: dict[str, Any]) -> None:
        expected = domain.Expectation(
            assistant=options["assistant"],
            version=options["exact"],
            at_least=options["at_least"],
            not_before=_since(options["max_age"]),
            issuer=options["issuer"],
        )
        try:
            bundle = options["bundle"].read_bytes()
            receipt, keys = _json(options["receipt"]), _json(options["keys"])
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from None
        try:
            said = domain.verify(bundle, receipt, keys, expected)
        except domain.ReceiptRefused as error:
            raise CommandError(f"REFUSED ({error.code}): {error}") from None
        predicate = said["predicate"]
        count = len(predicate["packages"])
        self.stdout.write(
            f"OK: {said['subject'][0]['name']}, made of {count} packages, by {predicate['issuer']} at {predicate['issued_at']}"
        )

    def _keys(self, options: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(receipts.key_set(), indent=2))

    def _revoke(self, options: dict[str, Any]) -> None:
        by = Actor(source="command", on_behalf_of=getpass.getuser())
        try:
            row = receipts.revoke_key(by=by, keyid=options["keyid"], reason=options["reason"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Revoked {row.keyid}. Put a new key in front of HUB_RECEIPT_KEY, if it was the one in use.")


def _since(days: int | None) -> datetime | None:
    return timezone.now() - timedelta(days=days) if days is not None else None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except ValueError:
        raise CommandError(f"{path} is not JSON.") from None
