"""Proposals: who may do what, what they become, and what happens when two act at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent
from registry import policies
from registry.domain.faults import ManifestInvalid
from registry.domain.files import File, tree
from registry.models import Package, Proposal, ProposalState, Release
from registry.services import artifacts, grants, packages, proposal_comments, proposal_reviews, proposals, releases
from registry.services.proposal_comments import Spot
from registry.services.proposals import Content
from tests.conftest import RULE
from tests.hub.together import together

pytestmark = pytest.mark.django_db

type Build = Callable[..., Package]
LONG = "name: style\nversion: {version}\nschema: v1\nrules:\n  - name: style\n    rule: |\n{lines}"


def rule(*lines: str, version: str = "1.0.0") -> str:
    return LONG.format(version=version, lines="".join(f"      {line}\n" for line in lines))


def content(text: str = "Better words.", version: str = "1.1.0", **more: str) -> Content:
    return Content(version, RULE.format(title="style", version=version, text=text), changelog="Better.", **more)


def fresh(proposal: Proposal) -> Proposal:
    rows = Proposal.objects.select_related("package__namespace", "package__latest_release", "current__base", "author")
    return rows.get(id=proposal.id)


def propose(by: Actor, package: Package, **more: Any) -> Proposal:
    more = {"title": "Better words", "content": content()} | more
    return fresh(proposals.create(by=by, package=package, **more))


@pytest.fixture
def style(build_package: Build) -> Package:
    """`acme/style@1.0.0`, public."""
    return build_package("style", "1.0.0")


def test_whoever_reads_a_package_proposes_and_who_publishes_merges(
    style: Package, stranger: Actor, owner: Actor
) -> None:
    first, second = propose(stranger, style), propose(stranger, style)
    assert [first.number, second.number] == [1, 2]
    with pytest.raises(PermissionRefused):
        proposals.merge(by=stranger, proposal=first, revision=1)
    release = proposals.merge(by=owner, proposal=first, revision=1)
    first, style = fresh(first), Package.objects.get(id=style.id)
    assert (first.state, first.release, release.version) == ("merged", release, "1.1.0")
    assert style.latest_release == release
    assert release.published_by == owner.user
    assert release.origin == {"proposal": "1", "author": "stranger"}
    event = AuditEvent.objects.get(action="registry.proposal.merge")
    assert event.data == {"proposal": 1, "author": "stranger", "revision": 1, "version": "1.1.0"}


def test_nobody_proposes_what_they_may_not_read(build_package: Build, stranger: Actor) -> None:
    hidden = build_package("style", "1.0.0", visibility="private")
    with pytest.raises(PermissionRefused):
        propose(stranger, hidden)
    with pytest.raises(PermissionRefused):
        propose(Actor(), hidden)


def test_a_draft_is_its_authors_alone(style: Package, stranger: Actor, owner: Actor) -> None:
    draft = propose(stranger, style, state=ProposalState.DRAFT)
    assert list(Proposal.objects.visible_to(owner)) == []
    assert list(Proposal.objects.visible_to(Actor())) == []
    assert list(Proposal.objects.visible_to(stranger)) == [draft]
    for refused in (
        lambda: proposal_comments.add(by=owner, proposal=draft, text="Hm."),
        lambda: proposals.merge(by=owner, proposal=draft, revision=1),
        lambda: proposals.close(by=owner, proposal=draft),
    ):
        with pytest.raises(PermissionRefused):
            refused()
    proposals.open_up(by=stranger, proposal=draft)
    assert list(Proposal.objects.visible_to(owner)) == [draft]


def test_who_loses_the_package_loses_the_proposal(build_package: Build, owner: Actor, member: Actor) -> None:
    hidden = build_package("style", "1.0.0", visibility="private")
    grant = grants.give(by=owner, package=hidden, permission="read", user=member.user)
    mine = propose(member, hidden)
    grants.withdraw(by=owner, grant=grant)
    assert list(Proposal.objects.visible_to(member)) == []
    with pytest.raises(PermissionRefused):
        proposals.revise(by=member, proposal=mine, content=content("Other."))
    packages.delete(by=owner, package=hidden)
    assert list(Proposal.objects.visible_to(owner)) == [], "a deleted package takes its proposals along"


def test_only_its_author_revises_and_approvals_of_earlier_revisions_count_no_more(
    style: Package, stranger: Actor, owner: Actor, admin: Actor
) -> None:
    proposals.set_required_approvals(by=owner, package=style, count=1)
    asked = propose(stranger, style)
    proposal_reviews.give(by=admin, proposal=asked, verdict="approve", revision=1)
    assert proposal_reviews.standing(proposal=fresh(asked)).is_enough
    with pytest.raises(PermissionRefused):
        proposals.revise(by=owner, proposal=asked, content=content("Mine."))
    made = proposals.revise(by=stranger, proposal=asked, content=content("Even better."))
    assert made.number == 2
    assert proposals.revise(by=stranger, proposal=fresh(asked), content=content("Even better.")) == made
    assert not proposal_reviews.standing(proposal=fresh(asked)).is_enough
    with pytest.raises(proposals.Stale):
        proposals.merge(by=owner, proposal=asked, revision=1)
    with pytest.raises(proposals.NotReady, match="0 of the 1"):
        proposals.merge(by=owner, proposal=asked, revision=2)


def test_only_people_who_publish_and_are_not_the_author_count(
    style: Package, stranger: Actor, owner: Actor, admin: Actor, member: Actor
) -> None:
    proposals.set_required_approvals(by=owner, package=style, count=1)
    asked = propose(owner, style)
    with pytest.raises(PermissionRefused, match="their own"):
        proposal_reviews.give(by=owner, proposal=asked, verdict="approve", revision=1)
    for bystander in (stranger, member):
        proposal_reviews.give(by=bystander, proposal=asked, verdict="approve", revision=1)
        proposal_reviews.give(by=bystander, proposal=asked, verdict="request_changes", revision=1, text="No.")
    assert proposal_reviews.standing(proposal=fresh(asked)).approvals == 0
    assert not proposal_reviews.standing(proposal=fresh(asked)).blockers
    grants.give(by=owner, package=style, permission="publish", user=member.user)
    assert proposal_reviews.standing(proposal=fresh(asked)).blockers == {member.user.pk}
    proposal_reviews.give(by=member, proposal=asked, verdict="approve", revision=1)
    proposals.merge(by=admin, proposal=asked, revision=1)


def test_a_request_for_changes_stands_until_its_reviewer_looks_again_or_it_is_dismissed(
    style: Package, stranger: Actor, owner: Actor, admin: Actor
) -> None:
    asked = propose(stranger, style)
    given = proposal_reviews.give(by=admin, proposal=asked, verdict="request_changes", revision=1, text="Shorter.")
    proposals.revise(by=stranger, proposal=asked, content=content("Short."))
    with pytest.raises(proposals.NotReady):
        proposals.merge(by=owner, proposal=asked, revision=2)
    given.proposal = fresh(asked)
    with pytest.raises(PermissionRefused):
        proposal_reviews.dismiss(by=stranger, review=given, reason="I say so.")
    proposal_reviews.dismiss(by=owner, review=given, reason="Done.")
    with pytest.raises(proposal_reviews.Gone):
        proposal_reviews.dismiss(by=owner, review=given, reason="Again.")
    proposals.merge(by=owner, proposal=asked, revision=2)


def test_who_counts_are_those_whom_the_policy_lets_publish(
    style: Package, build_user: Any, owner: Actor, admin: Actor, member: Actor, stranger: Actor
) -> None:
    everybody = [owner, admin, member, stranger]
    for _ in range(2):
        may = {by.user for by in everybody if policies.may_release(by, style)}
        assert set(policies.publishers(style)) == may
        assert set(policies.managers(style)) == {by.user for by in everybody if policies.may_manage(by, style)}
        grants.give(by=owner, package=style, permission="publish", user=member.user)


def test_a_manifest_with_faults_is_kept_but_not_merged(style: Package, stranger: Actor, owner: Actor) -> None:
    asked = propose(stranger, style, content=Content("1.1.0", "name: style\nrules: 3\n"))
    with pytest.raises(proposals.NotReady, match="A check failed"):
        proposals.merge(by=owner, proposal=asked, revision=1)
    assert Release.objects.count() == 1


@pytest.mark.parametrize(
    "bad",
    [
        Content("1.1.0", "name: x\nkey: ghp_" + "a1B2" * 9 + "\n"),
        Content("1.1.0", rule("<<<<<<< this proposal", "a", "=======", "b", ">>>>>>> acme/style@1.1.0").replace("      <", "<")),
        Content("1.1.0", "x" * 300_000),
        Content("1.1.0", "name: \0\n"),
    ],
)  # fmt: skip
def test_what_must_not_be_kept_is_refused(style: Package, stranger: Actor, bad: Content) -> None:
    with pytest.raises(ManifestInvalid):
        propose(stranger, style, content=bad)
    assert not Proposal.objects.exists()


def test_a_proposal_on_an_old_base_is_merged_with_the_new_one(
    build_package: Build, owner: Actor, stranger: Actor
) -> None:
    style = build_package("style")
    old = rule("One.", "Two.", "Three.", "Four.", "Five.")
    releases.publish(by=owner, package=style, version="1.0.0", manifest=old)
    asked = propose(
        stranger,
        style,
        content=Content("1.1.0", old.replace("Five.", "Five, better.").replace("1.0.0", "1.1.0"), changelog="x"),
    )
    releases.publish(
        by=owner, package=style, version="1.0.1", manifest=old.replace("One.", "One, mended.").replace("1.0.0", "1.0.1")
    )
    with pytest.raises(proposals.BaseMoved):
        proposals.merge(by=owner, proposal=asked, revision=1)
    merged = proposals.onto_latest(proposal=fresh(asked))["manifest"]
    assert merged.conflicts == 0
    assert "One, mended." in merged.text
    assert "Five, better." in merged.text
    made = proposals.revise(
        by=stranger, proposal=asked, content=Content("1.1.0", merged.text, changelog="x"), base="1.0.1"
    )
    assert proposals.merge(by=owner, proposal=asked, revision=made.number).manifest == merged.text


def test_where_both_sides_changed_a_line_it_has_to_be_decided(style: Package, owner: Actor, stranger: Actor) -> None:
    asked = propose(stranger, style)
    manifest = RULE.format(title="style", version="1.0.1", text="Other words.")
    releases.publish(by=owner, package=style, version="1.0.1", manifest=manifest)
    merged = proposals.onto_latest(proposal=fresh(asked))["manifest"]
    assert merged.conflicts
    assert "<<<<<<< this proposal" in merged.text
    assert ">>>>>>> acme/style@1.0.1" in merged.text
    with pytest.raises(ManifestInvalid, match="not resolved"):
        proposals.revise(by=stranger, proposal=asked, content=Content("1.1.0", merged.text), base="1.0.1")


def test_lines_are_commented_on_and_only_those_that_are_there(style: Package, owner: Actor, stranger: Actor) -> None:
    asked = propose(stranger, style)
    made = proposal_comments.add(by=owner, proposal=asked, text="*Why?*", spot=Spot(1, "manifest", "after", 6))
    assert (made.line, made.html) == (6, "<p><em>Why?</em></p>")
    for spot in (Spot(1, "manifest", "after", 7), Spot(2, "manifest", "after", 1), Spot(1, "readme", "before", 1)):
        with pytest.raises(proposal_comments.InvalidText):
            proposal_comments.add(by=owner, proposal=asked, text="?", spot=spot)
    made.proposal = asked
    with pytest.raises(PermissionRefused):
        proposal_comments.edit(by=stranger, comment=made, text="I said so.")
    assert proposal_comments.resolve(by=stranger, comment=made)
    assert not proposal_comments.resolve(by=stranger, comment=made)
    assert proposal_comments.unresolve(by=owner, comment=made)
    with pytest.raises(PermissionRefused):
        proposal_comments.delete(by=stranger, comment=made)
    proposal_comments.delete(by=owner, comment=made)
    with pytest.raises(proposal_comments.Gone):
        proposal_comments.delete(by=owner, comment=made)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>x", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>"]
)
def test_what_people_say_is_made_safe(style: Package, owner: Actor, text: str) -> None:
    made = proposal_comments.add(by=owner, proposal=propose(owner, style), text=text)
    for evil in ("<script", "javascript:", "onerror"):
        assert evil not in made.html


def test_a_handed_over_package_takes_its_proposals_along(style: Package, owner: Actor, stranger: Actor) -> None:
    from registry.services import transfers  # of this test alone

    asked = propose(owner, style)
    offer = transfers.request(by=owner, package=style, destination="stranger")
    transfers.accept(by=stranger, transfer=offer)
    asked = fresh(asked)
    assert str(asked) == "stranger/style#1"
    release = proposals.merge(by=stranger, proposal=asked, revision=1)
    assert str(release) == "stranger/style@1.1.0"


def test_a_closed_proposal_is_opened_again_and_another_takes_its_place(
    style: Package, owner: Actor, stranger: Actor
) -> None:
    asked, other = propose(stranger, style), propose(owner, style)
    proposals.close(by=owner, proposal=asked)
    with pytest.raises(proposals.WrongState):
        proposals.merge(by=owner, proposal=asked, revision=1)
    with pytest.raises(proposals.WrongState):
        proposals.close(by=owner, proposal=asked)
    proposals.reopen(by=stranger, proposal=asked)
    with pytest.raises(proposals.WrongState):
        proposals.close(by=owner, proposal=asked, superseded_by=99)
    proposals.close(by=owner, proposal=asked, superseded_by=other.number)
    assert fresh(asked).state == ProposalState.SUPERSEDED


def test_a_skill_keeps_the_files_beside_its_manifest(owner: Actor, acme: Any, stranger: Actor) -> None:
    text = "---\nname: review\ndescription: Reviews code.\n---\n\n{words}\n"
    skill = packages.create(by=owner, namespace=acme, name="review", kind="skill", visibility="public")
    beside = tree([File("scripts/run.sh", b"echo hello\n", executable=True)])
    releases.publish(by=owner, package=skill, version="1.0.0", manifest=text.format(words="Old."), files=beside)
    skill.refresh_from_db()
    asked = propose(stranger, skill, content=Content("1.1.0", text.format(words="New."), changelog="x"))
    release = proposals.merge(by=owner, proposal=asked, revision=1)
    files = artifacts.files_of(release)
    assert files is not None
    assert {file.path for file in files.files} == {"SKILL.md", "scripts/run.sh"}
    assert b"New." in files.get("SKILL.md").content  # type: ignore[union-attr]  # it is there


@pytest.mark.django_db(transaction=True)
def test_of_two_merges_at_once_exactly_one_wins(
    build_package: Build, owner: Actor, admin: Actor, stranger: Actor
) -> None:
    style = build_package("style", "1.0.0")
    one, other = propose(stranger, style), propose(stranger, style, content=content("Else.", "1.2.0"))
    results = together(
        lambda: proposals.merge(by=owner, proposal=fresh(one), revision=1),
        lambda: proposals.merge(by=admin, proposal=fresh(one), revision=1),
        lambda: proposals.merge(by=admin, proposal=fresh(other), revision=1),
    )
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds.count("Release") == 1, results
    assert set(kinds) <= {"Release", "WrongState", "BaseMoved"}
    assert Proposal.objects.filter(state="merged").count() == 1
    assert AuditEvent.objects.filter(action="registry.proposal.merge").count() == 1


@pytest.mark.django_db(transaction=True)
def test_proposals_made_at_once_get_numbers_of_their_own(build_package: Build, stranger: Actor) -> None:
    style = build_package("style", "1.0.0")
    made = together(*[lambda: propose(stranger, style).number] * 4)
    assert sorted(map(str, made)) == ["1", "2", "3", "4"]
