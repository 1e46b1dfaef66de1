"""`manage.py rescan [--package NAMESPACE/NAME]`: scans releases with the checks of now."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.models import Package, Release, ReleaseScan
from registry.services import scans


class Command(BaseCommand):
    """Scans the latest release of every package that newer checks have not looked at, or every release of one package."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """All packages, or one."""
        parser.add_argument("--package", metavar="NAMESPACE/NAME", help="Every release of this package.")

    def handle(self, *, package: str | None = None, **_: Any) -> None:
        """Scan, and print what was found wrong."""
        releases: Iterable[Release] = self._of(package) if package else scans.due().iterator(chunk_size=scans.BATCH)
        count = flagged = 0
        for release in releases:
            found = scans.rescan(release)
            count += 1
            flagged += bool(found.error_count or found.warning_count)
            self._tell(release, found)
        self.stdout.write(f"Scanned {count} releases; {flagged} have errors or warnings.")

    def _of(self, name: str) -> list[Release]:
        namespace, _, own = name.partition("/")
        package = Package.objects.present().named(namespace, own).first()
        if package is None:
            raise CommandError(f"There is no package “{name}”.")
        rows = Release.objects.filter(package=package).select_related("package__namespace")
        return list(rows.newest_first())

    def _tell(self, release: Release, found: ReleaseScan) -> None:
        for one in found.findings:
            if one["severity"] != "info":
                place = f"{one['file']}:{one['line']}:{one['column']}"
                self.stdout.write(f"{release} {one['severity']} {one['check']} {place}: {one['message']}")
