"""`manage.py prepare`: makes a database and a data folder ready to serve."""

from __future__ import annotations

import json
import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from assistants.services import starter
from hub.actors import Actor
from hub.domain.actions import Scope
from hub.models import User
from hub.services import accounts, sign_in_links, tokens

ADMIN = "administrator"
TOKEN_NAME = "first run"


class Command(BaseCommand):
    """Migrates, collects static files, loads the starter catalogue, and sees to the first administrator."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the hub will be, and where to write down how to get in."""
        parser.add_argument("--url", required=True, help="The address at which the hub will be reached.")
        parser.add_argument(
            "--first-run-file", type=Path, required=True, help="Gets url, admin, sign_in_url and token as JSON."
        )

    def handle(self, *, url: str, first_run_file: Path, **_: Any) -> None:
        """Do all of it. Safe to repeat."""
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        admin = self._administrator()
        by = Actor(user=admin)
        loaded = starter.load(by=by)
        if loaded:
            self.stdout.write(f"Loaded {loaded} packages of the starter catalogue.")
        first_run = {
            "url": url,
            "admin": admin.username,
            "sign_in_url": sign_in_links.create(by=by, user=admin),
            "token": self._token(by, first_run_file),
        }
        _write_private(first_run_file, json.dumps(first_run, indent=2) + "\n")

    def _administrator(self) -> User:
        admin = User.objects.filter(is_superuser=True, is_active=True).order_by("id").first()
        if admin is not None:
            return admin
        user = User(username=ADMIN, email=f"{ADMIN}@localhost", is_superuser=True, is_staff=True)
        # The link signs in, and a password is set from the account's page.
        user.set_unusable_password()
        return accounts.create(by=Actor(), user=user)

    def _token(self, by: Actor, file: Path) -> str:
        """The token of an earlier run if it is still in force, else a new one."""
        try:
            kept = str(json.loads(file.read_text())["token"])
        except (OSError, ValueError, KeyError, TypeError):
            kept = ""
        found = tokens.find(kept) if kept else None
        if found is not None and found.user_id == (by.user.id if by.user else None):
            return kept
        return tokens.create(by=by, name=TOKEN_NAME, scopes=[Scope.READ, Scope.PUBLISH]).secret


def _write_private(path: Path, text: str) -> None:
    """Replace a file with one that only its owner reads; never half of it, never readable in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
    Path(temporary).replace(path)
