"""Whoever owns the database can change the audit log, triggers or not. Each way of doing so is found and named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from hub.actors import Actor
from hub.domain.audit_checks import Fault
from hub.models import AuditEvent, AuditSeal, AuditUnsealed, Organization
from hub.services import audit_export, audit_seals, audit_verification, organizations
from hub.services.audit_reading import Filters
from tests.support.flushing import tamper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def log(organization: Organization, owner: Actor) -> list[int]:
    """The ids of events under two seals."""
    audit_seals.seal_all()
    for number in range(6):
        organizations.update(by=owner, organization=organization, name=f"Acme {number}", description="")
    audit_seals.seal_all()
    assert AuditSeal.objects.count() == 2
    return list(AuditEvent.objects.order_by("id").values_list("id", flat=True))


def found() -> list[tuple[Fault, str]]:
    return [(finding.fault, finding.what) for finding in audit_verification.verify().findings]


def test_an_untouched_log_is_whole(log: list[int]) -> None:
    report = audit_verification.verify()
    assert report.is_whole
    assert (report.events, report.seals, report.waiting) == (len(log), 2, 0)


@pytest.mark.parametrize(
    "change",
    [
        "action = 'hub.organization.create'",
        "actor_label = 'mallory'",
        "at = at - interval '1 microsecond'",
        "data = jsonb_set(data, '{extra}', '1')",
        "ip_address = '10.9.8.7'",
        "token_id = 7",
        "namespace_label = 'other'",
        "source = 'task'",
        "uid = gen_random_uuid()",
    ],
)
def test_an_edited_event_is_named(log: list[int], change: str) -> None:
    tamper(f"UPDATE hub_auditevent SET {change} WHERE id = {log[3]}")
    assert found() == [(Fault.EDITED, f"event {log[3]}")]


def test_a_deleted_event_is_named(log: list[int]) -> None:
    tamper(f"DELETE FROM hub_auditevent WHERE id = {log[2]}")
    assert found() == [(Fault.DELETED, f"event {log[2]}")]


INSERTED = """
INSERT INTO hub_auditevent (uid, at, action, actor_label, token_label, on_behalf_of, source, namespace_label, target_type,
    target_label, request_id, data, mark)
SELECT {uid}, at, action, 'mallory', token_label, on_behalf_of, source, namespace_label, target_type, target_label,
    request_id, data, {mark} FROM hub_auditevent WHERE id = {id}
"""


@pytest.mark.parametrize("mark", ["mark", "''", "repeat('0', 64)"])
@pytest.mark.parametrize("waits", [True, False])
def test_an_inserted_event_is_named_and_never_sealed(log: list[int], mark: str, waits: bool) -> None:
    insert = INSERTED.format(uid="gen_random_uuid()", mark=mark, id=log[-1])
    new = "(SELECT max(id) FROM hub_auditevent)"
    tamper(insert, *([f"INSERT INTO hub_auditunsealed SELECT {new}"] if waits else []))
    assert audit_seals.seal_all() == 0
    assert found() == [(Fault.INSERTED, f"event {AuditEvent.objects.latest('id').id}")]


def test_a_faithful_copy_is_named(log: list[int]) -> None:
    columns = [field.column for field in AuditEvent._meta.concrete_fields if field.column != "id"]
    listed = ", ".join(columns)
    constraint = "hub_auditevent_uid_key"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'hub_auditevent'::regclass AND contype = 'u'"
        )
        constraint = cursor.fetchone()[0]
    tamper(f"ALTER TABLE hub_auditevent DROP CONSTRAINT {constraint}")
    try:
        tamper(
            f"INSERT INTO hub_auditevent ({listed}) SELECT {listed} FROM hub_auditevent WHERE id = {log[1]}",
            "INSERT INTO hub_auditunsealed SELECT max(id) FROM hub_auditevent",
        )
        audit_seals.seal_all()
        assert (Fault.INSERTED, f"event {AuditEvent.objects.latest('id').id}") in found()
    finally:
        tamper(
            f"DELETE FROM hub_auditevent WHERE id > {log[-1]}",
            f"ALTER TABLE hub_auditevent ADD CONSTRAINT {constraint} UNIQUE (uid)",
        )


def test_swapped_events_are_named_as_moved(log: list[int]) -> None:
    one, two = log[1], log[-2]
    tamper(
        f"UPDATE hub_auditevent SET id = -1 WHERE id = {one}",
        f"UPDATE hub_auditevent SET id = {one} WHERE id = {two}",
        f"UPDATE hub_auditevent SET id = {two} WHERE id = -1",
    )
    assert found() == [(Fault.REORDERED, f"event {one}"), (Fault.REORDERED, f"event {two}")]


def test_an_event_under_another_number_is_named_as_moved(log: list[int]) -> None:
    tamper(f"UPDATE hub_auditevent SET id = 999999 WHERE id = {log[1]}")
    assert found() == [(Fault.REORDERED, f"event {log[1]}")]


def test_a_cut_off_end_is_found_by_the_checkpoint_outside(log: list[int]) -> None:
    second = AuditSeal.objects.get(number=2)
    tamper(
        f"DELETE FROM hub_auditevent WHERE id IN ({', '.join(map(str, second.ids))})",
        "DELETE FROM hub_auditseal WHERE number = 2",
    )
    assert found() == [(Fault.TRUNCATED, "seal 2")]


def test_a_cut_off_end_is_still_found_after_the_log_went_on(
    log: list[int], organization: Organization, owner: Actor
) -> None:
    tamper(
        "DELETE FROM hub_auditseal WHERE number = 2",
        f"DELETE FROM hub_auditevent WHERE id >= {AuditSeal.objects.get(number=2).ids[0]}",
    )
    organizations.update(by=owner, organization=organization, name="Later", description="")
    audit_seals.seal_all()
    assert AuditSeal.objects.count() == 2
    assert found() == [(Fault.BAD_SEAL, "seal 2")]


def test_a_seal_that_was_adjusted_to_an_edited_event_is_not_signed(log: list[int]) -> None:
    tamper(f"UPDATE hub_auditevent SET actor_label = 'mallory' WHERE id = {log[0]}")
    from hub.services import audit

    digest = audit.digest(AuditEvent.objects.get(id=log[0]))
    assert AuditSeal.objects.get(number=1).ids[0] == log[0]
    tamper(f"UPDATE hub_auditseal SET digests = overlay(digests placing '\\x{digest}'::bytea from 1) WHERE number = 1")
    assert (Fault.BAD_SEAL, "seal 1") in found()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("DELETE FROM hub_auditseal WHERE number = 1", "seal 2"),
        ("UPDATE hub_auditseal SET number = CASE number WHEN 1 THEN 12 ELSE 1 END", "seal 1"),
        (
            "UPDATE hub_auditseal SET signature = overlay(signature placing '\\x00'::bytea from 1) WHERE number = 1",
            "seal 1",
        ),
        ("UPDATE hub_auditseal SET at = at - interval '1 day' WHERE number = 2", "seal 2"),
        ("UPDATE hub_auditseal SET newest_at = newest_at - interval '1 day' WHERE number = 2", "seal 2"),
        ("UPDATE hub_auditseal SET ids = ids[2:1] || ids[3:] || ids[1:2] WHERE number = 2", "seal 2"),
        ("UPDATE hub_auditseal SET digests = ''::bytea WHERE number = 2", "seal 2"),
        ("UPDATE hub_auditseal SET key = repeat('0', 16) WHERE number = 2", "seal 2"),
    ],
)
def test_a_bad_seal_is_named(log: list[int], change: str, named: str) -> None:
    tamper(change)
    assert (Fault.BAD_SEAL, named) in found()


def test_a_genuine_seal_of_another_history_does_not_fit(
    log: list[int], organization: Organization, owner: Actor
) -> None:
    """After a restored backup the hub signs a second seal 2. Bringing back the first one breaks the link to seal 3."""
    tamper(
        "CREATE TABLE earlier AS SELECT * FROM hub_auditseal WHERE number = 2",
        "DELETE FROM hub_auditseal WHERE number = 2",
    )
    try:
        tamper(f"INSERT INTO hub_auditunsealed SELECT id FROM hub_auditevent WHERE id > {log[-7]}")
        audit_seals.seal_all()
        organizations.update(by=owner, organization=organization, name="Later", description="")
        audit_seals.seal_all()
        tamper("DELETE FROM hub_auditseal WHERE number = 2", "INSERT INTO hub_auditseal SELECT * FROM earlier")
    finally:
        tamper("DROP TABLE earlier")
    assert found() == [(Fault.BAD_SEAL, "seal 3")]


def test_a_seal_by_another_key_is_named(log: list[int], settings: Any) -> None:
    settings.AUDIT_KEYS = ["somebody else's"]
    assert (Fault.BAD_SEAL, "seal 1") in found()


def test_an_earlier_key_goes_on_verifying(
    log: list[int], settings: Any, organization: Organization, owner: Actor
) -> None:
    settings.AUDIT_KEYS = ["the next one", *settings.AUDIT_KEYS]
    organizations.update(by=owner, organization=organization, name="Next", description="")
    audit_seals.seal_all()
    assert found() == []
    assert AuditSeal.objects.values("key").distinct().count() == 2


def test_events_are_safe_from_edits_before_they_are_sealed(
    log: list[int], organization: Organization, owner: Actor
) -> None:
    organizations.update(by=owner, organization=organization, name="Fresh", description="")
    fresh = AuditEvent.objects.latest("id").id
    tamper(f"UPDATE hub_auditevent SET actor_label = 'mallory' WHERE id = {fresh}")
    assert audit_seals.seal_all() == 0
    assert found() == [(Fault.INSERTED, f"event {fresh}")]


def test_an_event_that_was_deleted_before_it_was_sealed_is_named(
    log: list[int], organization: Organization, owner: Actor
) -> None:
    organizations.update(by=owner, organization=organization, name="Fresh", description="")
    fresh = AuditEvent.objects.latest("id").id
    tamper(f"DELETE FROM hub_auditevent WHERE id = {fresh}")
    assert found() == [(Fault.DELETED, f"event {fresh}")]


def test_an_event_that_was_kept_from_its_seal_is_named(
    log: list[int], organization: Organization, owner: Actor
) -> None:
    organizations.update(by=owner, organization=organization, name="Fresh", description="")
    AuditUnsealed.objects.all().delete()
    audit_seals.seal_all()
    assert found() == [(Fault.INSERTED, f"event {AuditEvent.objects.latest('id').id}")]


def test_an_event_that_waits_for_long_is_named(
    log: list[int], organization: Organization, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    organizations.update(by=owner, organization=organization, name="Fresh", description="")
    assert found() == []
    assert not audit_seals.status().late
    from datetime import timedelta

    monkeypatch.setattr(audit_verification, "LATE", timedelta(0))
    monkeypatch.setattr(audit_seals, "LATE", timedelta(0))
    assert found() == [(Fault.UNSEALED, f"event {AuditEvent.objects.latest('id').id}")]
    assert audit_seals.status().late


@pytest.mark.parametrize("table", ["hub_auditevent", "hub_auditseal"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET at = at", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_itself_refuses(log: list[int], table: str, deed: str) -> None:
    with pytest.raises(DatabaseError, match="only grows"), connection.cursor() as cursor:
        cursor.execute(deed.format(table))


def delete_by_hand(moment: str, ids: Iterable[int]) -> None:
    """Delete as pruning does, but without its record."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('hub.audit_prune_before', %s, true)", [moment])
        cursor.execute("DELETE FROM hub_auditevent WHERE id = ANY(%s)", [list(ids)])


def test_pruning_by_hand_goes_no_further_than_what_is_old_and_sealed(
    log: list[int], organization: Organization, owner: Actor
) -> None:
    organizations.update(by=owner, organization=organization, name="Fresh", description="")
    for moment in ("2001-01-01", "2999-01-01"):
        with pytest.raises(DatabaseError, match="only grows"):
            delete_by_hand(moment, AuditEvent.objects.values_list("id", flat=True))


def test_what_was_pruned_by_hand_is_missed(log: list[int]) -> None:
    delete_by_hand("2999-01-01", log[:1])
    assert found() == [(Fault.DELETED, f"event {log[0]}")]


def test_a_faked_record_of_pruning_is_not_believed(log: list[int]) -> None:
    tamper(
        f"DELETE FROM hub_auditevent WHERE id = {log[0]}",
        INSERTED.format(uid="gen_random_uuid()", mark="mark", id=log[1]),
        f"UPDATE hub_auditevent SET action = 'hub.audit.prune', data = '{{\"through_seal\": 2}}' WHERE id > {log[-1]}",
    )
    assert (Fault.DELETED, f"event {log[0]}") in found()


def test_the_command_names_what_is_wrong_and_fails(log: list[int]) -> None:
    out = StringIO()
    call_command("audit", "verify", stdout=out)
    assert out.getvalue().startswith(f"OK: {len(log)} sealed events in 2 seals")
    tamper(f"DELETE FROM hub_auditevent WHERE id = {log[2]}")
    out = StringIO()
    with pytest.raises(CommandError, match="1 things are wrong"):
        call_command("audit", "verify", stdout=out)
    assert out.getvalue() == f"deleted: event {log[2]}: of seal 1 is gone\n"


@pytest.fixture
def exported(log: list[int], organization: Organization, tmp_path: Path) -> Path:
    """An export of acme."""
    path = tmp_path / "acme.jsonl"
    path.write_bytes(b"".join(audit_export.lines(organization.namespace, Filters())))
    return path


def verify_file(path: Path, *more: str) -> str:
    out = StringIO()
    try:
        call_command("audit", "verify", "--from-export", str(path), *more, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def rewrite(path: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    change(lines)
    path.write_text(
        "".join(json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n" for line in lines)
    )


def test_an_export_is_verified_without_the_database(
    exported: Path, django_db_blocker: Any, organization: Organization
) -> None:
    events = AuditEvent.objects.filter(namespace=organization.namespace).count()
    with django_db_blocker.block():
        assert verify_file(exported).startswith(f"OK: {events} events and 2 seals")


def test_each_change_of_an_export_is_named(exported: Path) -> None:
    whole = exported.read_text()

    def edit(lines: list[dict[str, Any]]) -> None:
        next(line for line in lines if line["type"] == "event")["event"]["actor"] = "mallory"

    def leave_out(lines: list[dict[str, Any]]) -> None:
        del lines[next(number for number, line in enumerate(lines) if line["type"] == "event")]

    def add(lines: list[dict[str, Any]]) -> None:
        event = next(line for line in lines if line["type"] == "event")
        lines.insert(-1, {**event, "id": 777777, "event": {**event["event"], "actor": "mallory"}})

    def drop_seal(lines: list[dict[str, Any]]) -> None:
        del lines[next(number for number, line in enumerate(lines) if line["type"] == "seal")]

    def cut(lines: list[dict[str, Any]]) -> None:
        del lines[-2:]

    def relabel(lines: list[dict[str, Any]]) -> None:
        lines[0]["namespace"] = "other"

    for change, word in (
        (relabel, "edited: the file"),
        (edit, "edited: event"),
        (leave_out, "deleted: event"),
        (add, "inserted: event 777777"),
        (drop_seal, "bad seal: seal 2"),
        (cut, "truncated: the file"),
    ):
        exported.write_text(whole)
        rewrite(exported, lambda lines: None)
        assert exported.read_text() == whole
        rewrite(exported, change)
        assert word in verify_file(exported), change


def test_an_export_of_another_hub_is_not_taken_for_ours(exported: Path, settings: Any) -> None:
    from hub.services import audit

    public = audit.keys()[0].public
    settings.AUDIT_KEYS = ["somebody else's"]
    assert "the hub's key did not sign it" in verify_file(exported)
    assert verify_file(exported, "--public-key", public).startswith("OK")


@pytest.mark.parametrize("text", ["", "not json\n", "[]\n", '{"type": "event"}\n'])
def test_a_file_that_is_no_export_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    assert "ine" in verify_file(path)
    assert "OK" not in verify_file(path)
