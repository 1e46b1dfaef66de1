"""Floating assistants follow what they use by a new lock; nothing is lost, nothing is done twice."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from assistants.models import Lock, Receipt, UpdateRun, UpdateState
from assistants.services import fetching, update_runs, updates
from assistants.services.updates import InvalidSettings, Settings
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent
from registry.models import Mirror, MirroredPackage, Package, Release
from registry.services import releases
from tests.assistants.updating import current, floating, moved, parts, publish, settle

type Build = Callable[..., Package]
USES_STYLE = "rules:\n  - uses: acme/style@^1\n"


@pytest.fixture
def style(build_package: Build) -> Package:
    return build_package("style", "1.0.0")


@pytest.fixture
def helper(style: Package, build_assistant: Build, owner: Actor) -> Package:
    made = build_assistant("helper", USES_STYLE)
    floating(owner, made)
    return made


def test_a_floating_assistant_gets_another_lock_with_a_note_of_what_moved(
    helper: Package, style: Package, owner: Actor
) -> None:
    before = current(helper)
    publish(owner, style, "1.1.0")
    assert parts(helper) == ["acme/style@1.0.0"]
    settle()
    after = current(helper)
    assert parts(helper) == ["acme/style@1.1.0"]
    assert (after.number, after.release_id) == (2, before.release_id)
    assert after.moved == [
        {
            "path": "rules[0]",
            "package": "acme/style",
            "before": "1.0.0",
            "after": "1.1.0",
            "level": "minor",
            "why": "newest release that fits ^1",
        }
    ]
    assert after.bundle_id != before.bundle_id
    assert json.loads(bytes(after.bundle.content))["config"]["rules"][0]["rule"] == "Text of style 1.1.0."
    old = Lock.objects.get(id=before.pk)
    assert old.superseded_at is not None
    assert Receipt.objects.filter(lock=after).exists()
    event = AuditEvent.objects.get(action="assistants.lock.move")
    assert (event.actor_label, event.data["number"], moved(event.data["moved"])) == (
        "the hub",
        2,
        [("acme/style", "1.0.0", "1.1.0")],
    )
    assert (event.data["before"], event.data["after"]) == (before.bundle_id, after.bundle_id)


def test_clients_get_what_it_moved_to(helper: Package, style: Package, owner: Actor) -> None:
    publish(owner, style, "1.2.0")
    settle()
    assert fetching.find_now(owner, "acme", "helper").bundle_digest == current(helper).bundle_id


def test_looking_again_changes_nothing(helper: Package, style: Package, owner: Actor) -> None:
    publish(owner, style, "1.1.0")
    settle()
    locks = Lock.objects.count()
    updates.update_queue.look_again(helper)
    settle()
    update_runs.work_due(seconds=5)
    assert Lock.objects.count() == locks


def test_what_is_yanked_is_left_again_and_the_note_says_why(helper: Package, style: Package, owner: Actor) -> None:
    release = publish(owner, style, "1.1.0")
    settle()
    releases.yank(by=owner, release=release, reason="It leaks.")
    settle()
    lock = current(helper)
    assert (lock.number, moved(lock.moved)) == (3, [("acme/style", "1.1.0", "1.0.0")])
    assert lock.moved[0]["why"] == "1.1.0 was yanked: It leaks.; newest release that fits ^1"
    releases.unyank(by=owner, release=Release.objects.select_related("package__namespace").get(id=release.pk))
    settle()
    assert parts(helper) == ["acme/style@1.1.0"]


def test_a_release_outside_of_the_range_moves_nothing(helper: Package, style: Package, owner: Actor) -> None:
    publish(owner, style, "2.0.0")
    settle()
    assert current(helper).number == 1


def test_only_packages_that_something_uses_make_work(build_package: Build, owner: Actor, helper: Package) -> None:
    settle()
    unused = build_package("unused", "1.0.0")
    publish(owner, unused, "1.1.0")
    assert not UpdateRun.objects.filter(package=unused).exists()


def test_where_it_cannot_be_resolved_the_lock_stays_and_the_reason_is_kept(
    helper: Package, style: Package, owner: Actor
) -> None:
    release = Release.objects.select_related("package__namespace").get(package=style)
    releases.yank(by=owner, release=release, reason="It leaks.")
    settle()
    assert parts(helper) == ["acme/style@1.0.0"]
    state = UpdateState.objects.get(package=helper)
    assert "was yanked: It leaks." in state.problem
    publish(owner, style, "1.0.1")
    settle()
    assert (parts(helper), UpdateState.objects.get(package=helper).problem) == (["acme/style@1.0.1"], "")


def test_assistants_that_build_on_a_floating_one_follow_it(
    helper: Package, style: Package, build_assistant: Build, owner: Actor
) -> None:
    middle = build_assistant("middle", "extends: acme/helper\nrules:\n  - name: own\n    rule: Mine.\n")
    top = build_assistant("top", "extends: acme/middle\n")
    floating(owner, middle, top)
    settle()
    publish(owner, style, "1.3.0")
    settle()
    assert [one for one in parts(top) if "style" in one] == ["acme/style@1.3.0"]
    assert current(top).moved[0]["path"] == "extends[0].extends[0].rules[0]"
    assert sorted(UpdateRun.objects.filter(moved_count=1).values_list("package__name", "depth")) == [
        ("helper", 1),
        ("middle", 2),
        ("style", 0),
    ]


def test_a_cool_down_holds_back_what_is_fresh_until_its_time_has_come(
    style: Package, build_assistant: Build, owner: Actor
) -> None:
    helper = build_assistant("helper", USES_STYLE)
    Release.objects.filter(package=style).update(published_at=timezone.now() - dt.timedelta(days=9))
    floating(owner, helper, min_age_hours=24)
    made = publish(owner, style, "1.1.0")
    settle()
    assert parts(helper) == ["acme/style@1.0.0"]
    due = UpdateState.objects.get(package=helper).due_at
    assert due == made.published_at + dt.timedelta(hours=24)
    # A day passes.
    Release.objects.filter(id=made.pk).update(published_at=timezone.now() - dt.timedelta(hours=25))
    UpdateState.objects.filter(package=helper).update(due_at=timezone.now())
    settle()
    assert parts(helper) == ["acme/style@1.1.0"]
    assert UpdateState.objects.get(package=helper).due_at is None


def test_a_security_fix_is_never_held_back(style: Package, build_assistant: Build, owner: Actor) -> None:
    helper = build_assistant("helper", USES_STYLE)
    Release.objects.filter(package=style).update(published_at=timezone.now() - dt.timedelta(days=9))
    floating(owner, helper, min_age_hours=24)
    publish(owner, style, "1.0.1", fix_note="Closes a hole.", is_security_fix=True)
    settle()
    assert parts(helper) == ["acme/style@1.0.1"]
    assert current(helper).moved[0]["security_fix"] is True


def test_an_assistant_that_was_just_published_is_looked_at_once_more(helper: Package) -> None:
    settle()
    releases_at = Release.objects.get(package=helper).published_at
    state = UpdateState.objects.filter(package=helper).first()
    assert state is None or state.due_at is None or state.due_at > releases_at


@pytest.mark.parametrize(
    "asked",
    [
        Settings(mode="wild"),
        Settings(merges="everything"),
        Settings(min_age_hours=-1),
        Settings(min_age_hours=8761),
        Settings(merges="patch", proposes=False),
    ],
)
def test_settings_that_cannot_be_are_refused(helper: Package, owner: Actor, asked: Settings) -> None:
    with pytest.raises(InvalidSettings):
        updates.configure(by=owner, package=helper, settings=asked)


def test_who_manages_the_assistant_decides_and_nobody_else(
    helper: Package, member: Actor, stranger: Actor, admin: Actor
) -> None:
    for actor in (member, stranger, Actor()):
        with pytest.raises(PermissionRefused):
            updates.configure(by=actor, package=helper, settings=Settings())
    assert updates.configure(by=admin, package=helper, settings=Settings(min_age_hours=3))
    assert not updates.configure(by=admin, package=helper, settings=Settings(min_age_hours=3))
    event = AuditEvent.objects.filter(action="assistants.update-policy.update").latest("id")
    assert (event.data["before"]["mode"], event.data["after"]["min_age_hours"]) == ("floating", 3)


def test_what_is_deleted_archived_or_has_no_lock_is_passed_over(
    helper: Package, style: Package, owner: Actor, build_assistant: Build
) -> None:
    other = build_assistant("other", USES_STYLE)
    floating(owner, other)
    settle()
    Package.objects.filter(id=helper.pk).update(archived_at=timezone.now())
    Package.objects.filter(id=other.pk).update(deleted_at=timezone.now())
    publish(owner, style, "1.1.0")
    settle()
    assert {lock.number for lock in Lock.objects.all()} == {1}
    run: Any = UpdateRun.objects.filter(package=style).latest("id")
    assert (run.state, run.moved_count, run.failed_count) == ("done", 0, 0)


def test_a_mirrored_assistant_follows_its_upstream_alone(helper: Package, style: Package, owner: Actor) -> None:
    settle()
    mirror = Mirror.objects.create(
        namespace=helper.namespace, upstream="hub", base_url="https://hub.example.com", made_by=owner.user
    )
    MirroredPackage.objects.create(mirror=mirror, upstream_name="there/helper", package=helper)
    publish(owner, style, "1.1.0")
    settle()
    assert current(helper).number == 1
    with pytest.raises(InvalidSettings, match="follows that"):
        updates.configure(by=owner, package=helper, settings=Settings())
