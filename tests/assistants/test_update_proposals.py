"""Locked assistants get one proposal for all that moved, which is revised, withdrawn, declined, or merged by policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assistants.models import UpdatePolicy, UpdateState
from assistants.services import update_runs, updates
from assistants.services.updates import Settings
from hub.actors import Actor
from hub.models import Membership
from registry.models import Package, Proposal, ProposalEvent, Release
from registry.services import proposal_checks, proposal_events, proposal_reviews, proposals, releases
from registry.services.proposals import Content
from tests.assistants.updating import current, moved, parts, proposals_of, publish, settle, update_of

type Build = Callable[..., Package]
USES_BOTH = "rules:\n  - uses: acme/style@^1  # ours\n  - uses: acme/tests@^1\n"


@pytest.fixture
def style(build_package: Build) -> Package:
    return build_package("style", "1.0.0")


@pytest.fixture
def tests(build_package: Build) -> Package:
    return build_package("tests", "1.0.0")


@pytest.fixture
def helper(style: Package, tests: Package, build_assistant: Build) -> Package:
    return build_assistant("helper", USES_BOTH)


def configure(by: Actor, package: Package, **more: Any) -> None:
    updates.configure(by=by, package=package, settings=Settings(**more))


def fresh(proposal: Proposal) -> Proposal:
    return Proposal.objects.select_related("package__namespace", "current__base").get(id=proposal.pk)


def test_a_locked_assistant_stays_and_gets_a_proposal(helper: Package, style: Package, owner: Actor) -> None:
    publish(owner, style, "1.0.1")
    settle()
    assert parts(helper) == ["acme/style@1.0.0", "acme/tests@1.0.0"]
    [proposal] = proposals_of(helper)
    assert proposal.author is None
    assert proposal.title == "Update acme/style from 1.0.0 to 1.0.1"
    revision = proposal.current
    assert revision is not None
    assert revision.version == "1.0.1"
    base = Release.objects.get(package=helper)
    # The text is the one that there was, with another version: comments stay.
    assert revision.manifest == base.manifest.replace("version: 1.0.0", "version: 1.0.1")
    assert "`acme/style` 1.0.0 → 1.0.1" in revision.changelog
    assert moved(update_of(proposal).moves) == [("acme/style", "1.0.0", "1.0.1")]
    assert proposal_checks.is_green(proposal_checks.of(fresh(proposal).current or revision))


def test_further_releases_revise_the_same_proposal(
    helper: Package, style: Package, tests: Package, owner: Actor
) -> None:
    publish(owner, style, "1.0.1")
    settle()
    publish(owner, tests, "1.1.0")
    settle()
    [proposal] = proposals_of(helper)
    assert (proposal.title, proposal.current and proposal.current.number) == ("Update 2 packages", 2)
    assert proposal.current is not None
    assert proposal.current.version == "1.1.0"
    settle()
    updates.update_queue.look_again(helper)
    settle()
    assert fresh(proposal).current_id == proposal.current_id


def test_merging_it_publishes_what_it_says_and_nothing_is_left_to_update(
    helper: Package, style: Package, owner: Actor
) -> None:
    publish(owner, style, "1.0.1")
    settle()
    [proposal] = proposals_of(helper)
    proposals.merge(by=owner, proposal=fresh(proposal), revision=1)
    settle()
    assert parts(helper) == ["acme/style@1.0.1", "acme/tests@1.0.0"]
    assert proposals_of(helper) == []
    assert Proposal.objects.filter(package=helper).count() == 1


def test_when_nothing_is_left_to_update_it_is_withdrawn_and_may_come_again(
    helper: Package, style: Package, owner: Actor
) -> None:
    release = publish(owner, style, "1.0.1")
    settle()
    releases.yank(by=owner, release=release, reason="Wrong.")
    settle()
    [proposal] = proposals_of(helper, "closed")
    assert proposal.decided_by is None
    releases.unyank(by=owner, release=Release.objects.select_related("package__namespace").get(id=release.pk))
    settle()
    assert [one.number for one in proposals_of(helper)] == [2]


def test_what_people_closed_is_proposed_again_only_when_it_is_something_else(
    helper: Package, style: Package, owner: Actor
) -> None:
    publish(owner, style, "1.0.1")
    settle()
    [proposal] = proposals_of(helper)
    proposals.close(by=owner, proposal=fresh(proposal))
    updates.update_queue.look_again(helper)
    settle()
    assert proposals_of(helper) == []
    publish(owner, style, "1.0.2")
    settle()
    assert [one.title for one in proposals_of(helper)] == ["Update acme/style from 1.0.0 to 1.0.2"]


def test_a_release_by_hand_moves_the_start_of_the_open_proposal(helper: Package, style: Package, owner: Actor) -> None:
    publish(owner, style, "1.0.1")
    settle()
    [proposal] = proposals_of(helper)
    manifest = "name: helper\nversion: 2.0.0\nschema: v1\nrules:\n  - uses: acme/style@1.0.0\n  - uses: acme/tests\n"
    releases.publish(by=owner, package=helper, version="2.0.0", manifest=manifest)
    updates.update_queue.look_again(helper)
    settle()
    # The exact version was asked for: there is nothing to take any more.
    assert fresh(proposal).state == "closed"


def test_without_proposals_nothing_is_proposed(helper: Package, style: Package, owner: Actor) -> None:
    configure(owner, helper, proposes=False)
    publish(owner, style, "1.0.1")
    settle()
    assert proposals_of(helper) == []


def test_beyond_the_range_only_if_that_is_wanted(helper: Package, style: Package, owner: Actor) -> None:
    publish(owner, style, "2.0.0")
    settle()
    assert proposals_of(helper) == []
    configure(owner, helper, beyond_range=True)
    settle()
    [proposal] = proposals_of(helper)
    assert proposal.current is not None
    assert "  - uses: acme/style@^2.0.0  # ours\n" in proposal.current.manifest
    assert proposal.current.version == "1.1.0"
    assert update_of(proposal).moves[0]["level"] == "major"
    proposals.merge(by=owner, proposal=fresh(proposal), revision=1)
    settle()
    assert parts(helper)[0] == "acme/style@2.0.0"


def test_a_floating_assistant_floats_within_its_range_and_is_proposed_what_lies_beyond(
    helper: Package, style: Package, tests: Package, owner: Actor
) -> None:
    configure(owner, helper, mode="floating", beyond_range=True)
    publish(owner, style, "1.4.0")
    publish(owner, tests, "3.0.0")
    settle()
    assert parts(helper) == ["acme/style@1.4.0", "acme/tests@1.0.0"]
    [proposal] = proposals_of(helper)
    assert moved(update_of(proposal).moves) == [("acme/tests", "1.0.0", "3.0.0")]


@pytest.mark.parametrize(
    ("merges", "version", "is_fix", "merged"),
    [
        ("none", "1.0.1", False, False),
        ("patch", "1.0.1", False, True),
        ("patch", "1.1.0", False, False),
        ("minor", "1.1.0", False, True),
        ("fixes", "1.1.0", False, False),
        ("fixes", "1.1.0", True, True),
        ("all", "1.9.0", False, True),
    ],
)
def test_policy_merges_what_it_covers(
    helper: Package, style: Package, owner: Actor, merges: str, version: str, is_fix: bool, merged: bool
) -> None:
    configure(owner, helper, merges=merges)
    marks = {"fix_note": "Closes a hole.", "is_security_fix": True} if is_fix else {}
    publish(owner, style, version, **marks)
    settle()
    assert (parts(helper)[0] == f"acme/style@{version}") is merged
    assert bool(proposals_of(helper)) is not merged
    if merged:
        [proposal] = proposals_of(helper, "merged")
        assert proposal.decided_by == owner.user
        # The new release is looked at once more, for what was published while it was.
        assert UpdateState.objects.get(package=helper).due_at is not None


def test_policy_waits_for_approvals_and_merges_when_they_are_given(
    helper: Package, style: Package, owner: Actor, admin: Actor
) -> None:
    proposals.set_required_approvals(by=owner, package=helper, count=1)
    configure(owner, helper, merges="patch")
    publish(owner, style, "1.0.1")
    settle()
    [proposal] = proposals_of(helper)
    assert update_of(proposal).note == "It has 0 of the 1 approvals that it needs."
    proposal_reviews.give(by=admin, proposal=fresh(proposal), verdict="approve", revision=1)
    update_runs.sweep()
    settle()
    assert fresh(proposal).state == "merged"
    assert parts(helper)[0] == "acme/style@1.0.1"


def test_policy_acts_for_nobody_who_lost_the_right(helper: Package, style: Package, owner: Actor, admin: Actor) -> None:
    configure(admin, helper, merges="all")
    Membership.objects.filter(user=admin.user).update(role="member")
    publish(owner, style, "1.0.1")
    settle()
    [proposal] = proposals_of(helper)
    assert "You may not publish in “acme/helper”" in update_of(proposal).note
    UpdatePolicy.objects.update(set_by=None)
    updates.update_queue.look_again(helper)
    settle()
    assert update_of(proposal).note.startswith("Whoever set the policy has no account in use")


def test_people_hear_that_the_hub_proposes_something(helper: Package, style: Package, owner: Actor) -> None:
    publish(owner, style, "1.0.1")
    settle()
    event = ProposalEvent.objects.select_related("proposal__package__namespace", "actor").get(kind="opened")
    assert event.data["hub"] is True
    assert proposal_events._note(event).title.startswith("The hub proposes acme/helper#1")
    proposal_events.tell(event_id=event.pk)
    assert owner.user is not None
    assert owner.user.notifications.filter(kind="proposal-opened").exists()


def test_a_proposal_that_people_made_is_left_alone(helper: Package, style: Package, owner: Actor) -> None:
    text = Release.objects.get(package=helper).manifest.replace("1.0.0", "1.0.1")
    own = proposals.create(by=owner, package=helper, title="Mine", content=Content("1.0.1", text))
    publish(owner, style, "1.0.1")
    settle()
    assert fresh(own).state == "open"
    assert [one.number for one in proposals_of(helper)] == [2]
    assert current(helper).number == 1
