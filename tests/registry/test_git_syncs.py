"""A namespace is kept in step with a real repository over real HTTP: nothing is lost, and nothing done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from hub.actors import Actor
from hub.models import AuditEvent, Membership
from hub.services import organizations
from registry import background
from registry.models import GitSource, Package, Release, SyncEntry, SyncRun
from registry.services import git_reports, git_sources, git_syncs, releases
from tests.hub.together import together
from tests.registry.git import connected, outcomes, rule, synced
from tests.support import git_server
from tests.support.git_server import Remote, Server

pytestmark = pytest.mark.django_db

STYLE = {"rules/style.mdc": rule("style")}
BOTH = {**STYLE, "rules/tests.mdc": rule("tests")}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The syncs that were handed to workers."""
    found: list[int] = []
    monkeypatch.setattr(background, "send", lambda task, run_id: found.append(run_id))
    return found


@pytest.fixture
def server(tmp_path: Path, settings: Any, sent: list[int]) -> Iterator[Server]:
    """A Git server on this machine, which the operator has named."""
    with git_server.running(tmp_path) as running:
        settings.GIT_ALLOWED_HOSTS = [f"127.0.0.1:{running.port}"]
        yield running


@pytest.fixture
def remote(server: Server) -> Remote:
    """An empty repository."""
    return server.new()


def versions(name: str) -> list[str]:
    rows = Release.objects.filter(package__name=name).order_by("id")
    return list(rows.values_list("version", flat=True))


def test_the_first_sync_publishes_what_is_there(acme: Any, owner: Actor, remote: Remote) -> None:
    commit = remote.commit({**BOTH, "README.txt": "Not a rule."})
    source = connected(owner, acme, remote, visibility="internal")
    run = synced(owner, source)
    assert (run.state, run.error, run.commit_after) == ("done", "", commit)
    assert outcomes(run)["rules/style.mdc"] == outcomes(run)["rules/tests.mdc"] == "imported"
    assert run.counts["imported"] == 2
    package = Package.objects.get(name="style")
    assert (str(package), package.visibility) == ("acme/style", "internal")
    assert versions("style") == ["1.0.0"]
    assert (source.last_commit, source.last_ref) == (commit, commit)


def test_only_what_changed_is_published_again(acme: Any, owner: Actor, remote: Remote) -> None:
    remote.commit(BOTH)
    source = connected(owner, acme, remote)
    synced(owner, source)
    commit = remote.commit({**BOTH, "rules/style.mdc": rule("style", "Be brief.")})
    run = synced(owner, source)
    assert outcomes(run) == {"rules/style.mdc": "imported", "rules/tests.mdc": "unchanged"}
    assert (run.commit_after, versions("tests")) == (commit, ["1.0.0"])
    assert len(versions("style")) == 2


def test_a_renamed_file_keeps_its_package_and_publishes_nothing(acme: Any, owner: Actor, remote: Remote) -> None:
    remote.commit(STYLE)
    source = connected(owner, acme, remote)
    synced(owner, source)
    remote.commit({"guides/deep/style.mdc": rule("style")})
    run = synced(owner, source)
    assert outcomes(run) == {"guides/deep/style.mdc": "unchanged"}
    assert versions("style") == ["1.0.0"]


def test_a_deleted_file_is_told_until_it_is_back_and_its_releases_stay(acme: Any, owner: Actor, remote: Remote) -> None:
    remote.commit(BOTH)
    source = connected(owner, acme, remote)
    synced(owner, source)
    remote.commit(STYLE)
    for _ in range(2):
        run = synced(owner, source)
        assert outcomes(run) == {"rules/style.mdc": "unchanged", "rules/tests.mdc": "gone"}
    package = Package.objects.get(name="tests")
    assert package.deleted_at is None
    assert package.latest_release is not None
    remote.commit(BOTH)
    assert outcomes(synced(owner, source))["rules/tests.mdc"] == "unchanged"
    assert versions("tests") == ["1.0.0"]


def test_a_force_push_changes_no_release(acme: Any, owner: Actor, remote: Remote) -> None:
    remote.commit(STYLE)
    remote.commit({"rules/style.mdc": rule("style", "Second.")})
    source = connected(owner, acme, remote)
    synced(owner, source)
    before = list(Release.objects.order_by("id").values_list("digest", "version"))
    commit = remote.commit(STYLE, parents=[])
    run = synced(owner, source)
    assert (run.state, run.commit_after) == ("done", commit)
    after = list(Release.objects.order_by("id").values_list("digest", "version"))
    assert after[: len(before)] == before
    assert len(after) == len(before) + 1, "what the branch holds now is the next version"


def test_a_broken_file_blocks_only_itself(acme: Any, owner: Actor, remote: Remote) -> None:
    remote.commit({**BOTH, "rules/odd.mdc": b"---\nname: odd\n---\nCaf\xe9\n", "rules/empty.mdc": ""})
    run = synced(owner, connected(owner, acme, remote))
    found = outcomes(run)
    assert (found["rules/style.mdc"], found["rules/odd.mdc"]) == ("imported", "refused")
    entry = SyncEntry.objects.get(run=run, path="rules/odd.mdc")
    assert "UTF-8" in entry.reason
    assert entry.line == 4


def test_what_cannot_be_taken_in_is_told_with_its_reason(acme: Any, owner: Actor, remote: Remote) -> None:
    odd = {
        "a/link.mdc": (git_server.LINK, "/etc/passwd"),
        "a/module": (git_server.SUBMODULE, b"1" * 40),
        "a/..": "x",
        "a/.GIT": "x",
        b"a/caf\xe9.mdc": "x",
        b"a/new\nline.mdc": "x",
        "a/UPPER.mdc": rule("upper"),
        "a/upper.mdc": rule("upper"),
        "a/large.mdc": "x" * (1 << 20) + "x",
        "/".join(["deep"] * 25): "x",
    }
    remote.commit({**STYLE, **odd})
    run = synced(owner, connected(owner, acme, remote))
    assert run.state == "done"
    skipped = dict(SyncEntry.objects.filter(run=run, outcome="skipped").values_list("path", "reason"))
    assert {
        "a/link.mdc": "symbolic link",
        "a/module": "submodule",
        "a/..": "leads elsewhere",
        "a/.GIT": "belongs to Git",
        "a/caf\\xe9.mdc": "not UTF-8",
        "a/new\\x0aline.mdc": "control characters",
        "a/upper.mdc": "upper and lower case",
        "a/large.mdc": "larger than 1 MiB",
    }.items() <= {path: next((w for w in WORDS if w in reason), reason) for path, reason in skipped.items()}.items()
    assert any("folders deep" in reason for reason in skipped.values())
    assert outcomes(run)["rules/style.mdc"] == "imported"


WORDS = (
    "symbolic link", "submodule", "leads elsewhere", "belongs to Git", "not UTF-8", "control characters",
    "upper and lower case", "larger than 1 MiB",
)  # fmt: skip


def test_only_the_folder_and_the_branch_or_tag_that_were_chosen_are_taken(
    acme: Any, owner: Actor, remote: Remote
) -> None:
    remote.commit(BOTH)
    remote.commit({"ai/style.mdc": rule("style"), "other/noise.mdc": rule("noise")}, branch="team/next")
    remote.repo.refs[b"refs/tags/v1"] = remote.repo.refs[b"refs/heads/team/next"]
    for branch in ("team/next", "v1"):
        source = connected(owner, acme, remote, branch=branch, folder="/ai/")
        assert list(outcomes(synced(owner, source))) == ["ai/style.mdc"]
        source.delete()


@pytest.mark.parametrize(
    ("setup", "words"),
    [
        ({"branch": "nope"}, "no branch or tag “nope”"),
        ({"folder": "nope"}, "no folder “nope”"),
        ({"folder": "rules/style.mdc"}, "no folder"),
        ({"token": "wrong"}, "refuses the credential"),
    ],
)
def test_what_is_missing_is_told_in_words(
    acme: Any, owner: Actor, server: Server, remote: Remote, setup: Any, words: str
) -> None:
    remote.commit(STYLE)
    server.password = "right" if "token" in setup else ""
    source = connected(owner, acme, remote, **setup)
    run = synced(owner, source)
    assert run.state == "failed"
    assert words in run.error
    assert source.is_enabled, "the next sync may find it mended"
    assert not Package.objects.exists()


def test_a_deploy_credential_opens_the_repository_and_is_kept_sealed(
    acme: Any, owner: Actor, server: Server, remote: Remote
) -> None:
    remote.commit(STYLE)
    server.password = "deploy-token-1"
    source = connected(owner, acme, remote, token="deploy-token-1")
    assert synced(owner, source).state == "done"
    stored = GitSource.objects.values().get()
    assert not any("deploy-token-1" in str(value) for value in stored.values())
    assert not any("deploy-token-1" in str(event.data) for event in AuditEvent.objects.all())


def test_an_empty_a_deleted_and_a_missing_repository_are_told_in_words(
    acme: Any, owner: Actor, server: Server, remote: Remote
) -> None:
    source = connected(owner, acme, remote)
    assert "is empty" in synced(owner, source).error
    remote.commit(STYLE)
    assert synced(owner, source).state == "done"
    server.forget()
    assert "no repository at this address" in synced(owner, source).error
    assert versions("style") == ["1.0.0"], "what was published stays"


def test_a_sync_that_finds_the_same_commit_fetches_nothing(
    acme: Any, owner: Actor, server: Server, remote: Remote
) -> None:
    remote.commit(STYLE)
    source = connected(owner, acme, remote)
    synced(owner, source)
    server.requests.clear()
    run = git_syncs.announce(source=source)
    assert run is not None
    git_syncs.work(run_id=run.id)
    run.refresh_from_db()
    assert (run.state, run.counts) == ("done", {})
    assert server.requests == ["/rules.git/info/refs"]


def test_two_workers_on_one_sync_do_it_once(acme: Any, owner: Actor, remote: Remote) -> None:
    remote.commit(STYLE)
    run = git_syncs.ask(by=owner, source=connected(owner, acme, remote))
    assert git_syncs.work(run_id=run.id) is False
    assert git_syncs.work(run_id=run.id) is False
    assert versions("style") == ["1.0.0"]
    assert SyncEntry.objects.filter(run=run).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_syncs_at_once_are_one_after_the_other(acme: Any, owner: Actor, remote: Remote, sent: list[int]) -> None:
    remote.commit(BOTH)
    source = connected(owner, acme, remote)
    asked = together(*[lambda: git_syncs.ask(by=owner, source=source)] * 3)
    assert len({run.id for run in asked if isinstance(run, SyncRun)}) == 1, asked
    first = SyncRun.objects.get()
    SyncRun.objects.filter(id=first.id).update(
        state="running", attempt=1, started_at=timezone.now(), heartbeat_at=timezone.now()
    )
    second = git_syncs.ask(by=owner, source=source)
    assert second.id != first.id, "what is pushed while one runs is taken in by the one that waits"
    assert together(*[lambda: git_syncs.work(run_id=second.id)] * 2) == [False, False]
    second.refresh_from_db()
    assert second.state == "queued"
    SyncRun.objects.filter(id=first.id).update(heartbeat_at=None)
    sent.clear()
    assert together(*[lambda: git_syncs.work(run_id=first.id)] * 3) == [False] * 3
    assert sent == [second.id], "whoever ends one hands out the one that waited"
    git_syncs.work(run_id=second.id)
    assert versions("style") == versions("tests") == ["1.0.0"]
    assert list(SyncRun.objects.order_by("id").values_list("state", flat=True)) == ["done", "done"]


def test_a_worker_that_was_given_up_cannot_write_any_more(acme: Any, owner: Actor, remote: Remote) -> None:
    remote.commit(STYLE)
    run = git_syncs.ask(by=owner, source=connected(owner, acme, remote))
    late = git_syncs._claimed(run.id)
    assert late is not None
    SyncRun.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    report = git_reports.Report(late)
    assert git_syncs.work(run_id=run.id) is False
    with pytest.raises(git_reports.Superseded):
        report.close("failed", error="Late.")
    run.refresh_from_db()
    assert (run.state, run.losses) == ("done", 1)


def test_a_sync_that_ends_every_worker_ends_itself(acme: Any, owner: Actor, remote: Remote) -> None:
    remote.commit(STYLE)
    run = git_syncs.ask(by=owner, source=connected(owner, acme, remote))
    for _ in range(git_syncs.MAX_LOSSES):
        assert git_syncs._claimed(run.id) is not None
        SyncRun.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    git_syncs.work(run_id=run.id)
    run.refresh_from_db()
    assert run.state == "failed"
    assert "workers ended" in run.error


def test_a_long_sync_goes_on_in_steps_and_its_report_is_whole(
    acme: Any, owner: Actor, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_reports, "STEP_SECONDS", -1.0)
    shown: list[int] = []
    flush = git_reports.Report._flush

    def flush_and_look(report: git_reports.Report) -> None:
        flush(report)
        shown.append(SyncRun.objects.values_list("done", flat=True).get(id=report.run.id))

    monkeypatch.setattr(git_reports.Report, "_flush", flush_and_look)
    names = [f"rule-{number}" for number in range(4)]
    remote.commit({f"{name}.mdc": rule(name) for name in names})
    run = git_syncs.ask(by=owner, source=connected(owner, acme, remote))
    steps = 1
    while git_syncs.work(run_id=run.id):
        steps += 1
    assert steps > 1
    run.refresh_from_db()
    assert (run.state, run.losses, run.counts) == ("done", 0, {"imported": 4})
    assert [versions(name) for name in names] == [["1.0.0"]] * 4
    assert SyncEntry.objects.filter(run=run).count() == 4
    assert shown == sorted(shown), "a step that passes over what is done shows less than the one before"


def test_whoever_connected_it_has_to_be_allowed_still(
    acme: Any, organization: Any, owner: Actor, admin: Actor, remote: Remote
) -> None:
    remote.commit(STYLE)
    source = connected(admin, acme, remote)
    organizations.change_role(by=owner, organization=organization, user=admin.user, role="member")
    run = synced(owner, source)
    assert run.state == "failed"
    assert "adam" in run.error
    assert not source.is_enabled
    assert source.stopped_because == run.error
    assert git_syncs.announce(source=source) is None
    assert not Package.objects.exists()
    git_sources.change(by=owner, source=source, setup=git_sources.Setup())
    assert (source.connected_by, source.stopped_because) == (owner.user, "")
    assert synced(owner, source).state == "done"
    assert Release.objects.get().published_by == owner.user


def test_it_goes_on_where_sign_ins_must_prove_more(acme: Any, organization: Any, owner: Actor, remote: Remote) -> None:
    remote.commit(STYLE)
    source = connected(owner, acme, remote)
    type(organization).objects.update(sso_required=True, second_factor_required=True)
    run = git_syncs.announce(source=source)
    assert run is not None
    git_syncs.work(run_id=run.id)
    run.refresh_from_db()
    assert (run.state, run.error) == ("done", "")
    event = AuditEvent.objects.get(action="registry.release.publish")
    assert (event.actor_label, event.source, event.on_behalf_of) == ("olga", "task", "olga")


def test_the_sweep_queues_what_is_due_once_and_hands_out_what_was_left(
    acme: Any, owner: Actor, remote: Remote, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    remote.commit(STYLE)
    source = connected(owner, acme, remote, interval_minutes=15)
    with django_capture_on_commit_callbacks(execute=True):
        git_syncs.sweep()
        git_syncs.sweep()
    run = SyncRun.objects.get()
    assert (run.trigger, sent) == ("schedule", [run.id])
    source.refresh_from_db()
    assert source.next_sync_at is not None
    assert timedelta(minutes=14) < source.next_sync_at - timezone.now() <= timedelta(minutes=15)
    SyncRun.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert git_syncs.sweep() == 1, "its task was lost"
    git_syncs.work(run_id=run.id)
    assert git_syncs.sweep() == 0


def test_a_source_that_is_off_or_closed_is_left_alone(acme: Any, owner: Actor, remote: Remote) -> None:
    source = connected(owner, acme, remote, is_enabled=False)
    assert source.next_sync_at is None
    assert git_syncs.announce(source=source) is None
    GitSource.objects.update(is_enabled=True, next_sync_at=timezone.now())
    type(acme).objects.filter(id=acme.id).update(closed_at=timezone.now())
    git_syncs.sweep()
    assert not SyncRun.objects.exists()


def test_disconnecting_forgets_the_source_and_keeps_the_packages(acme: Any, owner: Actor, remote: Remote) -> None:
    remote.commit(STYLE)
    source = connected(owner, acme, remote)
    synced(owner, source)
    git_sources.disconnect(by=owner, source=GitSource.objects.select_related("namespace").get(id=source.id))
    assert not SyncRun.objects.exists()
    assert versions("style") == ["1.0.0"]


def test_a_yanked_release_stays_yanked(acme: Any, owner: Actor, remote: Remote) -> None:
    remote.commit(STYLE)
    source = connected(owner, acme, remote)
    synced(owner, source)
    releases.yank(by=owner, release=Release.objects.select_related("package__namespace").get(), reason="Wrong.")
    assert outcomes(synced(owner, source)) == {"rules/style.mdc": "unchanged"}
    assert Release.objects.get().is_yanked


def test_history_is_bounded(acme: Any, owner: Actor, remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_reports, "KEPT_RUNS", 2)
    source = connected(owner, acme, remote)
    for number in range(5):
        remote.commit({**STYLE, "rules/tests.mdc": rule("tests", f"Text {number}.")})
        last = synced(owner, source)
    assert SyncRun.objects.count() == 3
    assert set(SyncEntry.objects.exclude(run=last).values_list("outcome", flat=True)) == {"imported"}


@pytest.fixture
def promote(organization: Any, owner: Actor) -> Callable[[Actor, str], None]:
    """Gives somebody a role."""

    def give(who: Actor, role: str) -> None:
        Membership.objects.filter(user=who.user, organization=organization).update(role=role)

    return give


def test_who_connects_changes_and_asks(
    acme: Any, owner: Actor, member: Actor, stranger: Actor, remote: Remote, promote: Any
) -> None:
    source = connected(owner, acme, remote)
    for nobody in (member, stranger, Actor()):
        with pytest.raises(Exception, match=r"publish in|Sign in"):
            git_syncs.ask(by=nobody, source=source)
        with pytest.raises(Exception, match=r"connect repositories|Sign in"):
            git_sources.disconnect(by=nobody, source=source)
    promote(member, "maintainer")
    assert git_syncs.ask(by=member, source=source).state == "queued"
    with pytest.raises(Exception, match="connect repositories"):
        git_sources.change(by=member, source=source, setup=git_sources.Setup())
