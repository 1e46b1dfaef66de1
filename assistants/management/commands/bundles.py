"""`manage.py bundles verify`: does every lock in force still give the bundle that was kept?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import ngettext

from assistants.services import rebuilding


class Command(BaseCommand):
    """Makes each bundle anew from the releases that its lock names, and compares the bytes. Changes nothing."""

    help = "Check that every lock still gives its bundle, byte for byte."

    def add_arguments(self, parser: CommandParser) -> None:
        """One word, so that others can come beside it."""
        parser.add_argument("what", choices=["verify"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and tell. Raises CommandError if anything is different."""
        found = rebuilding.check_all()
        for release, message in found.wrong.items():
            self.stderr.write(f"{release}: {message}")
        if found.wrong:
            count = len(found.wrong)
            message = ngettext("%(count)d bundle is different.", "%(count)d bundles are different.", count)
            raise CommandError(message % {"count": count})
        words = ngettext(
            "%(count)d bundle comes out as it was kept.", "%(count)d bundles come out as they were kept.", found.same
        )
        self.stdout.write(words % {"count": found.same})
