"""`manage.py moderators add|remove|list`: the people who may quarantine anything on this hub."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.actors import Actor
from hub.domain import slugs
from hub.models import User
from hub.services import moderators


class Command(BaseCommand):
    """Names moderators, and takes that back. There is no other way to do it."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word says what to do."""
        deeds = parser.add_subparsers(dest="deed", required=True)
        for deed, words in (("add", "Make a person a moderator."), ("remove", "Make a person a moderator no longer.")):
            one = deeds.add_parser(deed, help=words)
            one.add_argument("username", metavar="USERNAME")
        deeds.add_parser("list", help="Print the moderators, one a line.")

    def handle(self, *, deed: str, username: str = "", **_: Any) -> None:
        """Do it, and say what was done."""
        if deed == "list":
            for one in moderators.everybody():
                self.stdout.write(one.username)
            return
        user = User.objects.filter(username=slugs.normalize(username)).first()
        if user is None:
            raise CommandError(f"There is nobody called “{username}”.")
        by = Actor(source="command")
        try:
            changed = (moderators.appoint if deed == "add" else moderators.dismiss)(by=by, user=user)
        except moderators.NotAPerson as error:
            raise CommandError(str(error)) from None
        state = "moderates this hub" if deed == "add" else "does not moderate this hub"
        self.stdout.write(f"“{user.username}” {state}{' now' if changed else ': nothing was changed'}.")
