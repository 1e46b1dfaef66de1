"""`manage.py search_index rebuild`: make the entries of the search anew, while the hub runs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from registry.services import search_entries

EVERY = 5000


class Command(BaseCommand):
    """Makes search entries anew. Publishing goes on meanwhile, and what it writes is kept."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word says what to do."""
        deeds = parser.add_subparsers(dest="deed", required=True)
        rebuild = deeds.add_parser("rebuild", help="Make every entry anew, in small steps.")
        rebuild.add_argument("--batch", type=int, default=search_entries.BATCH, metavar="N", help="Packages a step.")

    def handle(self, *, batch: int, **_: Any) -> None:
        """Do it, and say how far it is."""
        done = 0
        for done in search_entries.rebuild(batch=max(1, batch)):
            if done % EVERY == 0:
                self.stdout.write(f"{done} packages…")
        search_entries.tidy()
        self.stdout.write(f"{done} packages are indexed.")
