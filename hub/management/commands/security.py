"""`manage.py security open ORGANIZATION`: the way back in for owners whom their own security policy keeps out."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.actors import Actor
from hub.domain import slugs
from hub.models import Organization
from hub.services import security


class Command(BaseCommand):
    """Turns off what an organization requires of sign-ins, so that its owners can mend it in the browser."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and where."""
        deeds = parser.add_subparsers(dest="deed", required=True)
        opening = deeds.add_parser("open", help="Stop requiring a second factor and single sign-on.")
        opening.add_argument("organization", metavar="ORGANIZATION", help="Its name, as in addresses.")

    def handle(self, *, organization: str, **_: Any) -> None:
        """Do it, and say what was done."""
        name = slugs.normalize(organization)
        found = Organization.objects.filter(namespace__slug=name, deleted_at=None).first()
        if found is None:
            raise CommandError(f"There is no organization “{name}”.")
        if security.open_up(by=Actor(source="command"), organization=found):
            self.stdout.write(
                f"“{name}” no longer requires a second factor or single sign-on. This is in its audit log. "
                "Once its owners are in, they turn the switches on again under “Security”."
            )
        else:
            self.stdout.write(f"“{name}” requires neither a second factor nor single sign-on: nothing was changed.")
