"""Runs: two workers at once, one that is killed, publications meanwhile. Nothing is lost, nothing is done twice."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistants.models import Lock, UpdateRun, UpdateState
from assistants.services import fetching, update_runs, updating
from hub.actors import Actor
from hub.models import AuditEvent
from registry import background
from registry.models import Package
from registry.services import releases
from tests.assistants.updating import current, floating, parts, publish, settle
from tests.conftest import RULE
from tests.hub.together import together
from tests.registry.git import database_environment

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
USES_STYLE = "rules:\n  - uses: acme/style@^1\n"
COUNT, MANY = 12, 36

type Build = Callable[..., Package]


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What was handed to workers: nothing else listens here."""
    said: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(background, "send", lambda task, **arguments: said.append((task, arguments)))
    return said


@pytest.fixture
def style(build_package: Build) -> Package:
    return build_package("style", "1.0.0")


@pytest.fixture
def fleet(style: Package, build_assistant: Build, owner: Actor) -> list[Package]:
    """A dozen of floating assistants, all of them settled."""
    return grown(build_assistant, owner, COUNT)


def grown(build_assistant: Build, owner: Actor, count: int) -> list[Package]:
    made = [build_assistant(f"helper-{number}", USES_STYLE) for number in range(count)]
    floating(owner, *made)
    settle()
    return made


def run_of(package: Package) -> UpdateRun:
    return UpdateRun.objects.filter(package=package).latest("id")


def numbers() -> set[int]:
    """The numbers of the locks in force."""
    return set(Lock.objects.current().values_list("number", flat=True))


def test_a_publication_queues_one_run_when_it_is_committed(
    fleet: list[Package], style: Package, owner: Actor, sent: list[tuple[str, dict[str, Any]]]
) -> None:
    sent.clear()
    with transaction.atomic():
        publish(owner, style, "1.1.0")
        assert sent == []
    assert sent == [("assistants.tasks.work_on_update", {"run_id": run_of(style).pk})]


def test_a_publication_that_fails_leaves_no_run(fleet: list[Package], style: Package, owner: Actor) -> None:
    before = UpdateRun.objects.count()
    with pytest.raises(releases.VersionExists):
        publish(owner, style, "1.0.0")
    assert UpdateRun.objects.count() == before


def test_several_workers_at_once_do_every_assistant_once(style: Package, build_assistant: Build, owner: Actor) -> None:
    grown(build_assistant, owner, MANY)
    publish(owner, style, "1.1.0")
    run = run_of(style)
    results = together(*[lambda: update_runs.work(run_id=run.pk, seconds=60) for _ in range(3)])
    assert results == [False, False, False]
    run.refresh_from_db()
    assert (run.state, run.claims, run.looked_at_count, run.moved_count) == ("done", 1, MANY, MANY)
    assert numbers() == {2}
    assert Lock.objects.count() == 2 * MANY
    assert AuditEvent.objects.filter(action="assistants.lock.move").count() == MANY


def test_two_runs_at_once_over_the_same_assistants_do_every_one_once(
    build_package: Build, build_assistant: Build, style: Package, owner: Actor
) -> None:
    tests = build_package("tests", "1.0.0")
    made = [build_assistant(f"both-{n}", f"{USES_STYLE}  - uses: acme/tests@^1\n") for n in range(10)]
    floating(owner, *made)
    settle()
    publish(owner, style, "1.1.0")
    publish(owner, tests, "1.1.0")
    runs = [run_of(style).pk, run_of(tests).pk]
    results = together(*[lambda run=run: update_runs.work(run_id=run, seconds=60) for run in runs])
    assert results == [False, False]
    for assistant in made:
        assert parts(assistant) == ["acme/style@1.1.0", "acme/tests@1.1.0"]
    # Whoever came second to an assistant found both done.
    assert numbers() == {2}


def test_a_killed_worker_loses_nothing_and_the_next_one_doubles_nothing(
    fleet: list[Package], style: Package, owner: Actor, sent: list[tuple[str, dict[str, Any]]]
) -> None:
    publish(owner, style, "1.1.0")
    run = run_of(style)
    command = [sys.executable, "-m", "tests.assistants.killed_run", str(run.pk), "5"]
    killed = subprocess.run(
        command, cwd=ROOT, env=database_environment(), capture_output=True, timeout=120, check=False
    )
    assert killed.returncode == -9, killed.stderr.decode()
    run.refresh_from_db()
    assert (run.state, run.claims, run.moved_count) == ("running", 1, 5)
    assert Lock.objects.filter(number=2).count() == 5, "the assistant in which it died is as it was"
    assert update_runs.work(run_id=run.pk, seconds=60) is False, "it is not given up yet"
    assert Lock.objects.filter(number=2).count() == 5

    UpdateRun.objects.filter(id=run.pk).update(beat_at=timezone.now() - 2 * update_runs.STALE)
    sent.clear()
    update_runs.sweep()
    assert sent == [("assistants.tasks.work_on_update", {"run_id": run.pk})]
    update_runs.work(run_id=run.pk, seconds=60)
    run.refresh_from_db()
    assert (run.state, run.claims, run.looked_at_count, run.moved_count) == ("done", 2, COUNT, COUNT)
    assert numbers() == {2}
    assert Lock.objects.count() == 2 * COUNT
    assert AuditEvent.objects.filter(action="assistants.lock.move").count() == COUNT


def test_a_worker_that_was_given_up_and_wakes_up_changes_nothing_more(
    fleet: list[Package], style: Package, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(owner, style, "1.1.0")
    run = run_of(style)
    bring = updating.bring_up_to_date

    def slowly(**asked: Any) -> updating.Outcome:
        """While the first assistant is done, another worker takes over and ends the run."""
        monkeypatch.setattr(updating, "bring_up_to_date", bring)
        UpdateRun.objects.filter(id=run.pk).update(claims=run.claims + 5)
        return bring(**asked)

    monkeypatch.setattr(updating, "bring_up_to_date", slowly)
    assert update_runs.work(run_id=run.pk, seconds=60) is False
    run.refresh_from_db()
    assert (run.cursor, run.moved_count, numbers()) == (0, 0, {1})


def test_what_is_published_while_a_run_is_under_way_is_followed_too(
    fleet: list[Package], style: Package, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(owner, style, "1.1.0")
    first = run_of(style)
    bring = updating.bring_up_to_date
    seen: list[int] = []

    def interrupted(**asked: Any) -> updating.Outcome:
        seen.append(asked["package_id"])
        if len(seen) == 4:
            thread = threading.Thread(target=_publish_elsewhere, args=(owner, style, "1.2.0"))
            thread.start()
            thread.join(60)
        return bring(**asked)

    monkeypatch.setattr(updating, "bring_up_to_date", interrupted)
    update_runs.work(run_id=first.pk, seconds=60)
    second = run_of(style)
    assert second.pk != first.pk
    assert second.state == "queued", "it began before: another run has to look at all of them"
    settle()
    assert {tuple(parts(assistant)) for assistant in fleet} == {("acme/style@1.2.0",)}


def _publish_elsewhere(by: Actor, package: Package, version: str) -> None:
    try:
        manifest = RULE.format(title="style", version=version, text="Meanwhile.")
        releases.publish(by=by, package=Package.objects.get(id=package.pk), version=version, manifest=manifest)
    finally:
        connection.close()


def test_runs_that_wait_for_the_same_are_over_with_the_first(
    fleet: list[Package], style: Package, owner: Actor
) -> None:
    for version in ("1.1.0", "1.2.0", "1.3.0"):
        publish(owner, style, version)
    waiting = list(UpdateRun.objects.filter(package=style, state="queued").order_by("id"))
    assert len(waiting) == 3
    update_runs.work(run_id=waiting[0].pk, seconds=60)
    assert not UpdateRun.objects.filter(package=style, state="queued").exists()
    assert {tuple(parts(assistant)) for assistant in fleet} == {("acme/style@1.3.0",)}
    assert numbers() == {2}


def test_an_assistant_that_is_being_published_is_waited_for_and_then_followed_in_its_new_release(
    fleet: list[Package], style: Package, owner: Actor
) -> None:
    publish(owner, style, "1.1.0")
    run, assistant = run_of(style), fleet[0]
    started = threading.Event()

    def publishing() -> None:
        with transaction.atomic():
            Package.objects.select_for_update().get(id=assistant.pk)
            started.set()
            manifest = f"name: helper-0\nversion: 2.0.0\n{USES_STYLE}"
            made = releases.publish(
                by=owner, package=Package.objects.get(id=assistant.pk), version="2.0.0", manifest=manifest
            )
            assert made.version == "2.0.0"

    def following() -> bool:
        assert started.wait(20)
        return update_runs.work(run_id=run.pk, seconds=60)

    assert together(publishing, following) == [None, False]
    assert parts(assistant) == ["acme/style@1.1.0"]
    assert Lock.objects.current().filter(release__package=assistant, release__version="2.0.0").count() == 1


def test_one_that_cannot_be_done_stops_nobody_else(
    fleet: list[Package], style: Package, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, bring = fleet[3].pk, updating.bring_up_to_date

    def sometimes(**asked: Any) -> updating.Outcome:
        if asked["package_id"] == bad:
            raise RuntimeError("Something unforeseen.")
        return bring(**asked)

    monkeypatch.setattr(updating, "bring_up_to_date", sometimes)
    publish(owner, style, "1.1.0")
    run = run_of(style)
    update_runs.work(run_id=run.pk, seconds=60)
    run.refresh_from_db()
    assert (run.state, run.moved_count, run.failed_count) == ("done", COUNT - 1, 1)
    assert UpdateState.objects.get(package=bad).problem == update_runs.UNEXPECTED


def test_one_at_which_workers_die_again_and_again_is_passed_over(
    fleet: list[Package], style: Package, owner: Actor
) -> None:
    publish(owner, style, "1.1.0")
    run = run_of(style)
    UpdateRun.objects.filter(id=run.pk).update(tries=update_runs.MAX_TRIES)
    update_runs.work(run_id=run.pk, seconds=60)
    run.refresh_from_db()
    assert (run.state, run.moved_count, run.failed_count) == ("done", COUNT - 1, 1)


def test_a_database_that_went_away_leaves_the_run_to_the_next_worker(
    fleet: list[Package], style: Package, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**asked: Any) -> updating.Outcome:
        raise OperationalError("The connection is closed.")

    publish(owner, style, "1.1.0")
    run = run_of(style)
    with monkeypatch.context() as patch:
        patch.setattr(updating, "bring_up_to_date", away)
        with pytest.raises(OperationalError):
            update_runs.work(run_id=run.pk, seconds=60)
    run.refresh_from_db()
    assert (run.state, run.cursor) == ("running", 0)
    UpdateRun.objects.filter(id=run.pk).update(beat_at=timezone.now() - 2 * update_runs.STALE)
    update_runs.work(run_id=run.pk, seconds=60)
    assert numbers() == {2}


def test_a_run_ends_a_step_in_time_and_is_taken_up_where_it_is(
    fleet: list[Package], style: Package, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update_runs, "BATCH", 5)
    publish(owner, style, "1.1.0")
    run = run_of(style)
    steps = 0
    while update_runs.work(run_id=run.pk, seconds=0):
        steps += 1
    assert steps == COUNT // 5
    assert numbers() == {2}


def test_a_fetch_does_not_wait_for_an_assistant_that_is_being_moved(
    fleet: list[Package], style: Package, owner: Actor
) -> None:
    before = current(fleet[0]).bundle_id
    publish(owner, style, "1.1.0")

    def fetch() -> str:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '1ms'")
            return fetching.find_now(owner, "acme", "helper-0").bundle_digest
        finally:
            connection.close()

    with transaction.atomic():
        updating.bring_up_to_date(package_id=fleet[0].pk)
        found: list[str] = []
        thread = threading.Thread(target=lambda: found.append(fetch()))
        thread.start()
        thread.join(20)
        assert found == [before]
    assert fetching.find_now(owner, "acme", "helper-0").bundle_digest != before


def test_an_assistant_where_nothing_moves_costs_few_queries(fleet: list[Package]) -> None:
    with CaptureQueriesContext(connection) as queries:
        updating.bring_up_to_date(package_id=fleet[0].pk)
    assert len(queries) <= 15, [one["sql"] for one in queries]
