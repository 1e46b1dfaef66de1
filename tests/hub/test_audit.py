"""The audit log as it is written, sealed, pruned and migrated."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from hub import tasks
from hub.actors import Actor
from hub.domain import audit as domain
from hub.domain.actions import HubAction
from hub.models import AuditEvent, AuditSeal, AuditUnsealed, Membership, Organization, User
from hub.services import accounts, audit, audit_retention, audit_seals, audit_verification, organizations, tokens
from tests.support.flushing import tamper

# --- what an event says


def test_an_event_says_who_did_what_to_what_where_when_and_from_where(organization: Organization, owner: Actor) -> None:
    token = tokens.create(by=owner, name="ci", scopes=["read"]).token
    by = Actor(owner.user, token, request_id="r-1", ip_address="10.1.2.3", source="api", on_behalf_of="adam")
    with transaction.atomic():
        data = {"before": {"name": "Acme"}, "after": {"name": "Acme 2"}}
        audit.record(by, HubAction.ORGANIZATION_UPDATE, organization, namespace=organization.namespace, data=data)

    event = AuditEvent.objects.latest("id")
    said = audit.facts(event)
    assert owner.user is not None
    assert said.pop("uid") == str(event.uid)
    assert said.pop("at") == domain.moment(event.at)
    assert said == {
        "action": "hub.organization.update",
        "actor_id": owner.user.id,
        "actor": "olga",
        "token_id": token.id,
        "token": "ci",
        "on_behalf_of": "adam",
        "source": "api",
        "namespace_id": organization.namespace.id,
        "namespace": "acme",
        "target_type": "hub.organization",
        "target_id": organization.id,
        "target": "Acme",
        "request_id": "r-1",
        "ip_address": "10.1.2.3",
        "data": data,
    }
    assert audit.is_ours(event)


@pytest.mark.parametrize(
    ("by", "label"),
    [
        (Actor(), "anonymous"),
        (Actor(source="command", on_behalf_of="root"), "operator"),
        (Actor(source="task"), "the hub"),
    ],
)
def test_who_acts_without_an_account_has_a_name_too(organization: Organization, by: Actor, label: str) -> None:
    with transaction.atomic():
        event = audit.record(by, HubAction.AUDIT_READ, organization)
    assert event.actor_label == label


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(timezones=st.just(dt.UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.django_db
@given(data=st.dictionaries(st.text(max_size=8), VALUES, max_size=3), name=st.text(max_size=300))
def test_whatever_is_recorded_comes_back_from_the_database_as_it_was_marked(data: dict[str, Any], name: str) -> None:
    user = User(username=name)
    with transaction.atomic():
        event = audit.record(Actor(ip_address="fe80::1%eth0"), HubAction.ACCOUNT_UPDATE, user, data=data)
        stored = AuditEvent.objects.get(id=event.id)
        assert audit.facts(stored) == audit.facts(event)
        assert audit.is_ours(stored)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**53 + 1, str(2**53 + 1)),
        (1.5, "1.5"),
        ({"b", "a"}, ["a", "b"]),
        ((1, True, None), [1, True, None]),
        (HubAction.AUDIT_READ, "hub.audit.read"),
        ("a\0b", "a\ufffdb"),
        ("\ud800", "?"),
        (dt.datetime(2026, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=2))), "2026-01-01T22:00:00.000000Z"),
    ],
)
def test_particulars_are_kept_as_plain_json(value: object, expected: object) -> None:
    assert domain.plain({"value": value}) == {"value": expected}


def test_the_digest_is_the_one_that_the_document_describes() -> None:
    facts = {"data": {"ü": [1, None, True]}, "action": "hub.audit.read"}
    text = '{"action":"hub.audit.read","data":{"ü":[1,null,true]},"format":1}'
    assert domain.digest(facts) == hashlib.sha256(text.encode()).hexdigest()


def test_nothing_happens_without_its_record(
    organization: Organization, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(AuditEvent, "save", fail)
    with pytest.raises(OSError, match="full"):
        organizations.update(by=owner, organization=organization, name="New", description="")
    organization.refresh_from_db()
    assert organization.name == "Acme"


def test_deleting_somebody_leaves_what_the_log_says(organization: Organization) -> None:
    gone = User.objects.create(username="gone", email="gone@example.com")
    token = tokens.create(by=Actor(User.objects.get(username="olga")), name="ci", scopes=["read"]).token
    with transaction.atomic():
        event = audit.record(Actor(gone, token), HubAction.ORGANIZATION_UPDATE, organization)
    said = audit.facts(event)
    token.delete()
    gone.delete()
    event = AuditEvent.objects.get(id=event.id)
    assert (audit.facts(event), audit.is_ours(event)) == (said, True)
    assert (event.actor_label, event.token_label) == ("gone", "ci")


# --- sealing


@pytest.mark.django_db(transaction=True)
def test_fifty_writers_at_once_leave_a_log_that_verifies(build_user: Callable[..., User]) -> None:
    people = [Actor(build_user(f"writer{number}")) for number in range(50)]
    gate = threading.Barrier(len(people) + 1, timeout=30)
    stop = threading.Event()

    def write(by: Actor) -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            for number in range(3):
                accounts.update(by=by, display_name=f"Name {number}")
            with transaction.atomic():  # takes its number early and commits late
                accounts.update(by=by, display_name="Last")
                stop.wait(0.05)
        finally:
            connection.close()

    def seal() -> int:
        try:
            connection.ensure_connection()
            gate.wait()
            sealed = 0
            while not stop.is_set():
                sealed += audit_seals.seal_all()
            return sealed
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people) + 1) as pool:
        sealer = pool.submit(seal)
        writers = [pool.submit(write, by) for by in people]
        for writer in writers:
            writer.result(60)
        stop.set()
        assert sealer.result(60) > 0
    audit_seals.seal_all()
    report = audit_verification.verify()
    assert report.findings == []
    assert report.events == AuditEvent.objects.count() == 50 + 50 * 4
    assert not AuditUnsealed.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_sealers_make_one_chain(build_user: Callable[..., User]) -> None:
    from tests.hub.together import together

    for _ in range(3):
        build_user()
        results = together(*[audit_seals.seal_all] * 3)
        assert sum(each for each in results if isinstance(each, int)) == 1, results
    assert audit_verification.verify().is_whole


@pytest.mark.django_db(transaction=True)
def test_a_writer_does_not_wait_for_another_ones_transaction(build_user: Callable[..., User]) -> None:
    one, two = Actor(build_user("one")), Actor(build_user("two"))
    recorded, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                accounts.update(by=one, display_name="Slow")
                recorded.set()
                assert done.wait(20)
        finally:
            connection.close()

    slow = threading.Thread(target=hold)
    slow.start()
    assert recorded.wait(20)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '5s'")
    accounts.update(by=two, display_name="Quick")
    assert audit_seals.seal_all() == 3, "sealing does not wait either"
    done.set()
    slow.join(20)
    assert audit_seals.seal_all() == 1, "an older number that was committed later is sealed later"
    assert audit_verification.verify().is_whole


@pytest.mark.django_db(transaction=True)
def test_the_checkpoint_follows_the_seals_and_never_goes_back(
    build_user: Callable[..., User], settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert audit_seals.checkpoint() is None
    build_user("ada")
    audit_seals.seal_all()
    kept = audit_seals.checkpoint()
    assert kept is not None
    assert (kept.number, kept.position) == (1, 1)
    tamper("DELETE FROM hub_auditseal", "DELETE FROM hub_auditevent")
    build_user("ben")
    caplog.clear()
    audit_seals.seal_all()
    assert audit_seals.checkpoint() == kept
    assert "checkpoint is at seal 1 already" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_checkpoint_that_cannot_be_written_stops_nothing(
    build_user: Callable[..., User], settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    settings.AUDIT_CHECKPOINT_FILE = tmp_path / "file" / "checkpoint.json"
    build_user("ada")
    assert audit_seals.seal_all() == 1
    assert "cannot be written" in caplog.text


@pytest.mark.django_db
def test_a_large_log_is_sealed_in_parts(build_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_seals, "SEAL_SIZE", 2)
    for _ in range(5):
        build_user()
    assert audit_seals.seal_all() == 5
    assert [len(seal.ids) for seal in AuditSeal.objects.all()] == [2, 2, 1]
    assert [seal.first_position for seal in AuditSeal.objects.all()] == [1, 3, 5]


@pytest.mark.django_db
def test_the_schedule_seals(build_user: Callable[..., User], settings: Any) -> None:
    build_user("ada")
    assert settings.CELERY_BEAT_SCHEDULE["seal-audit-log"]["task"] == tasks.seal_audit_log.name
    tasks.seal_audit_log()
    assert AuditSeal.objects.get().ids == [AuditEvent.objects.get().id]


# --- pruning


@pytest.mark.django_db(transaction=True)
def test_old_events_go_and_the_log_verifies(build_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch) -> None:
    person = Actor(build_user("ada"))
    days = [dt.datetime(2020 + number, 6, 1, tzinfo=dt.UTC) for number in range(3)]
    tamper("DELETE FROM hub_auditevent", "DELETE FROM hub_auditunsealed")
    for day in days:
        with monkeypatch.context() as then:
            then.setattr("hub.services.audit.timezone.now", lambda day=day: day)
            accounts.update(by=person, display_name=f"One {day.year}")
            accounts.update(by=person, display_name=f"Two {day.year}")
        audit_seals.seal_all()
    by = Actor(source="command", on_behalf_of="root")

    nothing = audit_retention.prune(by=by, before=days[0])
    assert (nothing.events, nothing.through_seal) == (0, 0)
    assert audit_retention.prune(by=by, before=days[1]).events == 2
    assert AuditEvent.objects.filter(at__lt=days[1]).count() == 0
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.actor_label, event.on_behalf_of) == ("hub.audit.prune", "operator", "root")
    assert event.data == {"before": domain.moment(days[1]), "through_seal": 1, "events": 2, "faults": []}
    audit_seals.seal_all()
    report = audit_verification.verify()
    assert (report.findings, report.pruned_through) == ([], 1)

    assert audit_retention.prune(by=by, before=days[2]).events == 2
    assert audit_retention.prune(by=by, before=days[2]).events == 0
    assert audit_verification.verify().is_whole

    kept = AuditEvent.objects.filter(at=days[2]).first()
    assert kept is not None
    tamper(f"DELETE FROM hub_auditevent WHERE id = {kept.id}")
    assert [finding.what for finding in audit_verification.verify().findings] == [f"event {kept.id}"]
    pruned = audit_retention.prune(by=by, before=timezone.now())
    assert pruned.faults == (f"deleted: event {kept.id}: of seal 3 is gone",)
    assert AuditEvent.objects.latest("id").data["faults"] == list(pruned.faults), "pruning keeps what was wrong"


@pytest.mark.django_db
def test_the_future_is_not_pruned(db: None) -> None:
    with pytest.raises(audit_retention.TooRecent):
        audit_retention.prune(by=Actor(source="command"), before=timezone.now() + dt.timedelta(hours=1))
    with pytest.raises(CommandError, match="future"):
        call_command("audit", "prune", "--before", "2999-01-01")
    with pytest.raises(CommandError, match="no date"):
        call_command("audit", "prune", "--before", "2026-02-31")


@pytest.mark.django_db
def test_the_schedule_prunes_only_if_told_to(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old = timezone.now() - dt.timedelta(days=3)
    with transaction.atomic(), monkeypatch.context() as then:
        then.setattr("hub.services.audit.timezone.now", lambda: old)
        event = audit.record(Actor(), HubAction.AUDIT_READ, User(username="x"))
    audit_seals.seal_all()
    for days, stays in ((0, True), (4, True), (2, False)):
        settings.AUDIT_RETENTION_DAYS = days
        tasks.prune_audit_log()
        assert AuditEvent.objects.filter(id=event.id).exists() is stays, days
    assert AuditEvent.objects.get().actor_label == "the hub"


# --- a database from before


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_what_an_earlier_release_recorded_is_marked_and_sealed(build_user: Callable[..., User]) -> None:
    user = build_user("ada")
    executor = MigrationExecutor(connection)
    latest = executor.loader.graph.leaf_nodes()
    executor.migrate([("hub", "0002_people_and_permission")])
    try:
        with connection.cursor() as cursor:
            for number in range(3):
                cursor.execute(
                    "INSERT INTO hub_auditevent (at, action, actor_id, actor_label, namespace_id, target_type, target_id, "
                    "target_label, request_id, ip_address, data) VALUES (now(), 'hub.account.update', %s, 'ada', %s, "
                    """'hub.user', %s, 'ada', '', '::ffff:10.0.0.1', '{"a": [1, 2.50, 1e30], "ü": null}')""",
                    [user.id, user.namespace.id, number],
                )
    finally:
        MigrationExecutor(connection).migrate(latest)
    assert AuditUnsealed.objects.count() == AuditEvent.objects.count() == 4
    assert set(AuditEvent.objects.values_list("namespace_label", flat=True)) == {"ada"}
    assert audit_seals.seal_all() == 4
    assert audit_verification.verify().is_whole


def test_a_membership_row_is_a_target_too(organization: Organization, owner: Actor) -> None:
    with transaction.atomic():
        event = audit.record(owner, HubAction.MEMBERSHIP_UPDATE, Membership.objects.all()[0])
    assert event.target_type == "hub.membership"
    assert uuid.UUID(str(event.uid)).version == 4
