"""`manage.py audit verify | seal | export | prune | key`: the audit log, for whoever runs the machine."""

from __future__ import annotations

import datetime as dt
import getpass
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date

from hub.actors import Actor
from hub.domain import audit_exports, audit_keys
from hub.domain.actions import HubAction
from hub.domain.audit_checks import Finding
from hub.models import Namespace
from hub.services import audit, audit_export, audit_retention, audit_seals, audit_verification
from hub.services.audit_reading import Filters


class Command(BaseCommand):
    """Verifies, seals, exports and prunes the audit log, and shows the public half of its key."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word says what to do."""
        deeds = parser.add_subparsers(dest="deed", required=True)
        verify = deeds.add_parser("verify", help="Check every event and seal; exit 1 and name what is wrong.")
        verify.add_argument("--from-export", type=Path, metavar="FILE", help="Check an exported file instead.")
        verify.add_argument("--public-key", metavar="HEX", help="With --from-export: trust this key alone.")
        deeds.add_parser("seal", help="Seal what waits now, instead of on schedule.")
        export = deeds.add_parser("export", help="Write events and seals as JSON Lines.")
        export.add_argument("--organization", metavar="NAME", help="Only what happened there.")
        prune = deeds.add_parser("prune", help="Delete old events; the seals and a record of it stay.")
        prune.add_argument("--before", required=True, metavar="DATE", help="YYYY-MM-DD: events of that day stay.")
        deeds.add_parser("key", help="Show the public key by which seals are checked.")

    def handle(self, *, deed: str, **options: Any) -> None:
        """Do it. Raises CommandError, with which the command exits 1."""
        deeds = {
            "verify": self._verify,
            "seal": self._seal,
            "export": self._export,
            "prune": self._prune,
            "key": self._key,
        }
        deeds[deed](options)

    def _verify(self, options: dict[str, Any]) -> None:
        if options["from_export"]:
            self._verify_export(options["from_export"], options["public_key"])
            return
        audit_seals.seal_all()
        report = audit_verification.verify()
        pruned = f", the events of seals 1 to {report.pruned_through} were pruned" if report.pruned_through else ""
        checkpoint = (
            f"the checkpoint is seal {report.checkpoint.number}" if report.checkpoint else "there is no checkpoint"
        )
        looked_at = (
            f"{report.events} sealed events in {report.seals} seals{pruned}; {report.waiting} wait; {checkpoint}."
        )
        self._tell(report.findings, looked_at)

    def _verify_export(self, path: Path, public: str | None) -> None:
        try:
            trusted = {audit_keys.fingerprint(public): public} if public else audit.publics()
            with path.open("rb") as lines:
                report = audit_exports.check(lines, trusted=trusted)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from None
        self._tell(
            report.findings, f"{report.events} events and {report.seals} seals in the file; {report.waiting} wait."
        )

    def _seal(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"Sealed {audit_seals.seal_all()} events.")

    def _export(self, options: dict[str, Any]) -> None:
        name = options["organization"]
        namespace = Namespace.objects.filter(slug=name, organization__isnull=False).first() if name else None
        if name and namespace is None:
            raise CommandError(f"There is no organization “{name}”.")
        with transaction.atomic():
            target = namespace or audit_export.whole_log()
            audit.record_read(_operator(), HubAction.AUDIT_EXPORT, target, namespace=namespace)
        for line in audit_export.lines(namespace, Filters()):
            self.stdout.write(line.decode(), ending="")

    def _prune(self, options: dict[str, Any]) -> None:
        before = _midnight(options["before"])
        try:
            pruned = audit_retention.prune(by=_operator(), before=before)
        except audit_retention.TooRecent as error:
            raise CommandError(str(error)) from None
        for fault in pruned.faults:
            self.stderr.write(f"Before they went: {fault}")
        self.stdout.write(f"Pruned {pruned.events} events.")

    def _key(self, options: dict[str, Any]) -> None:
        for fingerprint, public in audit.publics().items():
            self.stdout.write(f"{fingerprint} {public}")

    def _tell(self, findings: list[Finding], looked_at: str) -> None:
        if not findings:
            self.stdout.write(f"OK: {looked_at}")
            return
        for finding in findings:
            self.stdout.write(str(finding))
        raise CommandError(f"{len(findings)} things are wrong. Looked at {looked_at}")


def _operator() -> Actor:
    """Whoever runs the command, by the name of the machine's account."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = ""
    return Actor(source="command", on_behalf_of=name)


def _midnight(text: str) -> dt.datetime:
    """The beginning of a day in the hub's time zone. Raises CommandError."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"“{text}” is no date. Write it as 2026-01-31.")
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
