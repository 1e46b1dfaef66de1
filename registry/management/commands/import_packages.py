"""`manage.py import_packages PATH --namespace NS`: import a folder, a file or an archive from the shell."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.actors import Actor
from hub.domain import slugs
from hub.domain.decisions import PermissionRefused
from hub.models import Membership, Namespace, Role, User
from registry.domain import files
from registry.domain.faults import ManifestInvalid
from registry.importers import Source, archives, claimed
from registry.importers.report import ImportOutcome, Row
from registry.models import Visibility
from registry.services import imports

# What belongs to tools, not to people.
_SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "__pycache__"})


class Command(BaseCommand):
    """Publishes what the files become in packages of a namespace, and says of each what came of it.

    A file that is refused does not make the command fail: the report says so. It fails if nothing could be done at all.
    """

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What, whereto, and in whose name."""
        parser.add_argument("path", metavar="PATH", type=Path, help="A folder, a file, or a zip, tar or tar.gz.")
        parser.add_argument("--namespace", required=True, metavar="NS", help="Where the packages go.")
        parser.add_argument(
            "--as", dest="user", metavar="USER", help="Who acts; an owner of the namespace if not said."
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would become what, and publish nothing.")
        parser.add_argument("--json", dest="as_json", action="store_true", help="Print the report as JSON.")
        parser.add_argument(
            "--visibility", choices=Visibility.values, default="private", help="Of new packages; private if not said."
        )
        parser.add_argument("--source", default="", help="A name for where the files come from, if there are several.")

    def handle(self, *, path: Path, namespace: str, user: str | None, dry_run: bool, **options: Any) -> None:
        """Import, and print the report."""
        where = Namespace.objects.select_related("user", "organization").filter(slug=slugs.normalize(namespace)).first()
        if where is None:
            raise CommandError(f"There is no namespace “{namespace}”.")
        by, sources = _actor(where, user), _sources(path)
        try:
            if dry_run:
                rows = list(imports.plan(by=by, namespace=where, files=sources, source=options["source"]).rows)
            else:
                rows = imports.run(
                    by=by,
                    namespace=where,
                    files=sources,
                    visibility=options["visibility"],
                    source=options["source"],
                )
        except PermissionRefused as error:
            raise CommandError(str(error)) from None
        if not rows and path.is_file():
            rows = [Row(path.name, "", None, None, ImportOutcome.REFUSED, "No importer knows this file.", 1)]
        if options["as_json"]:
            self.stdout.write(json.dumps([row.as_json() for row in rows], ensure_ascii=False, indent=2))
        else:
            self._tell(rows, dry_run=dry_run)

    def _tell(self, rows: list[Row], *, dry_run: bool) -> None:
        for row in rows:
            target = f" {row.kind} {row.package}@{row.version}" if row.package else f" (line {row.line})"
            self.stdout.write(f"{row.outcome:<9} {row.path}{target}{f': {row.reason}' if row.reason else ''}")
        counts = ", ".join(f"{sum(row.outcome is one for row in rows)} {one}" for one in ImportOutcome)
        self.stdout.write(f"{'Nothing was changed. It would be: ' if dry_run else ''}{counts}.")


def _actor(namespace: Namespace, username: str | None) -> Actor:
    """Whoever acts. At the shell nobody has to prove more than that they are there."""
    organization = namespace.organization
    if username:
        user = User.objects.filter(username=username, is_active=True).first()
    elif organization is None:
        user = namespace.user
    else:
        owners = Membership.objects.filter(organization=organization, role=Role.OWNER, user__is_active=True)
        owner = owners.select_related("user").order_by("id").first()
        user = owner.user if owner else None
    if user is None:
        raise CommandError(f"There is no person “{username}”." if username else "Nobody owns this namespace; say --as.")
    proved = frozenset({organization.pk}) if organization else frozenset[int]()
    return Actor(user=user, sso=proved, second_factor=True, source="command")


def _sources(path: Path) -> list[Source]:
    """The files that something can be made of. Raises CommandError for what cannot be read."""
    try:
        if path.is_dir():
            return claimed(_walk(path))
        if path.stat().st_size > files.UPLOAD.total_bytes:
            raise CommandError(f"“{path}” is larger than {files.UPLOAD.total_bytes // 1024 // 1024} MiB.")
        return archives.sources(path.read_bytes(), path.name)
    except OSError as error:
        raise CommandError(f"“{path}” cannot be read: {error.strerror}.") from None
    except ManifestInvalid as error:
        raise CommandError(str(error)) from None


def _walk(top: Path) -> Iterator[Source]:
    """The files below a folder: links are left out, and so is what is too large for any importer."""
    total = count = 0
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(one for one in folders if one not in _SKIPPED)
        for name in sorted(names):
            file = Path(folder, name)
            if file.is_symlink() or not file.is_file() or file.stat().st_size > files.UPLOAD.file_bytes:
                continue
            count, total = count + 1, total + file.stat().st_size
            if total > files.UPLOAD.total_bytes or count > files.UPLOAD.files:
                raise CommandError(f"“{top}” holds too much for one import: take its folders one by one.")
            relative = str(file.relative_to(top)).encode("utf-8", "backslashreplace").decode()
            yield Source(relative, file.read_bytes(), os.access(file, os.X_OK))
