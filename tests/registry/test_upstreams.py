"""A fork and its upstream: how far behind it is, taking in what changed there, and giving back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Namespace
from registry.domain.faults import ManifestInvalid
from registry.domain.files import File, tree
from registry.models import Package, Proposal, ProposalState, Release, SyncPoint, Visibility
from registry.services import (
    artifacts,
    forks,
    packages,
    proposal_checks,
    proposals,
    quarantines,
    releases,
    sync_points,
    upstream_merges,
    upstreams,
)
from registry.services.proposals import Content
from registry.services.upstream_merges import NothingToCarry
from tests.conftest import PASSWORD
from tests.hub.together import together

pytestmark = pytest.mark.django_db

type Build = Callable[..., Package]
LONG = "name: style\nversion: {version}\nschema: v1\nrules:\n  - name: style\n    rule: |\n{lines}"
LINES = ("Be kind.", "Read first.", "Ask when unsure.", "Write tests.", "Keep it short.")


def rule(*lines: str, version: str = "1.0.0") -> str:
    return LONG.format(version=version, lines="".join(f"      {line}\n" for line in lines))


def fresh(package: Package) -> Package:
    return Package.objects.select_related("namespace", "latest_release").get(id=package.id)


def of(proposal: Proposal | None) -> Proposal:
    assert proposal is not None
    rows = Proposal.objects.select_related("package__namespace", "package__latest_release", "current__base", "author")
    return rows.get(id=proposal.pk)


def publish(by: Actor, package: Package, version: str, *lines: str, changelog: str = "", readme: str = "") -> Release:
    notes = releases.Notes(readme, changelog)
    manifest = rule(*lines, version=version)
    return releases.publish(by=by, package=fresh(package), version=version, manifest=manifest, notes=notes)


@pytest.fixture
def style(build_package: Build, owner: Actor) -> Package:
    """`acme/style@1.0.0`, public, of five lines."""
    package = build_package("style")
    publish(owner, package, "1.0.0", *LINES, readme="# Style\n\nOurs.\n")
    return fresh(package)


@pytest.fixture
def mine(style: Package, stranger: Actor) -> Package:
    """`stranger/mine`, a public fork of it."""
    assert stranger.user is not None
    space = stranger.user.namespace
    return fresh(forks.fork(by=stranger, upstream=style, namespace=space, name="mine", visibility=Visibility.PUBLIC))


def changed(at: int, line: str, lines: tuple[str, ...] = LINES) -> tuple[str, ...]:
    return (*lines[:at], line, *lines[at + 1 :])


def test_a_fork_that_is_up_to_date_says_so(mine: Package, style: Package, stranger: Actor) -> None:
    found = upstreams.standing(by=stranger, package=mine)
    assert (found.upstream, found.ahead, found.fixes, found.changes) == (style, 0, 0, [])
    assert found.has == style.latest_release
    with pytest.raises(NothingToCarry, match="everything"):
        upstream_merges.merge(by=stranger, package=mine)
    with pytest.raises(upstreams.NoFork):
        upstreams.standing(by=stranger, package=style)


def test_what_is_missing_is_counted_and_said(mine: Package, style: Package, owner: Actor, stranger: Actor) -> None:
    publish(owner, style, "1.1.0", *changed(0, "Be honest."), changelog="Honest now.")
    second = publish(owner, style, "1.2.0", *changed(0, "Be honest."), "And brief.", changelog="Brief too.")
    publish(owner, style, "2.0.0-rc.1", "Something else.")
    yanked = publish(owner, style, "1.2.1", "Oops.")
    releases.yank(by=owner, release=yanked, reason="Wrong.")
    releases.mark_fix(by=owner, release=second, fix=releases.Fix("It was too long.", is_security=True))
    found = upstreams.standing(by=stranger, package=mine)
    assert (found.ahead, found.fixes) == (2, 1)
    assert ["the text of the rule" in change.words for change in found.changes] == [True]
    assert found.point is not None
    missing = upstreams.missing(fresh(style), found.point).order_by("-version_key")
    assert [one.version for one in missing] == ["1.2.0", "1.1.0"]


def test_the_queries_do_not_grow_with_what_is_missing(
    mine: Package, style: Package, owner: Actor, stranger: Actor, client: Client, api: Any
) -> None:
    def counts() -> tuple[int, int]:
        found = []
        for ask in (
            lambda: client.get("/stranger/mine/upstream"),
            lambda: api("get", "packages/stranger/mine/upstream", stranger),
        ):
            ask()
            with CaptureQueriesContext(connection) as queries:
                assert ask().status_code == 200
            found.append(len(queries))
        return found[0], found[1]

    client.login(username="stranger", password=PASSWORD)
    publish(owner, style, "1.1.0", *changed(0, "Be honest."))
    few = counts()
    for minor in range(2, 8):
        publish(owner, style, f"1.{minor}.0", *changed(0, f"Be honest, {minor} times."))
    assert counts() == few


def test_a_merge_from_upstream_is_a_proposal_and_moves_the_sync_point(
    mine: Package, style: Package, owner: Actor, stranger: Actor
) -> None:
    publish(stranger, mine, "1.1.0", *changed(4, "Keep it very short."), readme="# Mine\n\nOurs.\n")
    theirs = publish(
        owner,
        style,
        "1.3.0",
        *changed(0, "Be honest."),
        changelog="Honest now.",
        readme="# Style\n\nOurs.\n\nAll of it.\n",
    )
    carried = upstream_merges.merge(by=stranger, package=fresh(mine))
    made = of(carried.proposal)
    assert (carried.is_new, carried.conflicts, made.state, made.author) == (True, 0, "open", stranger.user)
    current = proposals.current_of(made)
    assert current.version == "1.2.0", "the next minor one of the fork"
    assert current.manifest == rule(*changed(0, "Be honest.", changed(4, "Keep it very short.")), version="1.2.0")
    assert current.readme == "# Mine\n\nOurs.\n\nAll of it.\n"
    assert "Honest now." in current.changelog
    assert "the text of the rule" in made.message
    for text in (made.title, made.message, current.changelog):
        assert "acme" not in text
        assert "1.3.0" not in text
    assert SyncPoint.objects.count() == 1
    release = proposals.merge(by=stranger, proposal=made, revision=1)
    point = sync_points.newest(mine)
    assert point is not None
    assert (point.upstream_release, point.release, point.proposal) == (theirs, release, made)
    event = AuditEvent.objects.get(action="registry.package.sync")
    assert event.data == {"upstream_release": theirs.pk, "version": "1.2.0", "proposal": made.number}
    assert upstreams.standing(by=stranger, package=fresh(mine)).ahead == 0


def test_a_merge_that_fails_moves_nothing(
    mine: Package, style: Package, owner: Actor, stranger: Actor, monkeypatch: Any
) -> None:
    publish(owner, style, "1.1.0", *changed(0, "Be honest."))
    made = of(upstream_merges.merge(by=stranger, package=mine).proposal)

    def broken(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("registry.services.sync_points.record", lambda *_: broken())
    with pytest.raises(RuntimeError):
        proposals.merge(by=stranger, proposal=made, revision=1)
    assert (SyncPoint.objects.count(), fresh(mine).releases.count(), of(made).state) == (1, 1, "open")


def test_an_older_release_than_the_latest_can_be_chosen(
    mine: Package, style: Package, owner: Actor, stranger: Actor
) -> None:
    publish(owner, style, "1.1.0", *changed(0, "Be honest."))
    publish(owner, style, "1.2.0", *changed(0, "Be honest."), "And brief.")
    with pytest.raises(NothingToCarry, match=r"no release 1\.0\.0 that"):
        upstream_merges.merge(by=stranger, package=mine, version="1.0.0")
    with pytest.raises(NothingToCarry, match=r"no release 7\.0\.0 that"):
        upstream_merges.merge(by=stranger, package=mine, version="7.0.0")
    made = of(upstream_merges.merge(by=stranger, package=mine, version="1.1.0").proposal)
    proposals.merge(by=stranger, proposal=made, revision=1)
    assert upstreams.standing(by=stranger, package=fresh(mine)).ahead == 1


def test_conflicts_stand_in_the_proposal_until_somebody_decides(
    mine: Package, style: Package, owner: Actor, stranger: Actor, client: Client
) -> None:
    publish(stranger, mine, "1.1.0", *changed(0, "Be brave."))
    publish(owner, style, "1.1.0", *changed(0, "Be honest."))
    carried = upstream_merges.merge(by=stranger, package=fresh(mine))
    made = of(carried.proposal)
    assert carried.conflicts == 1
    text = proposals.current_of(made).manifest
    assert "<<<<<<< this package\n      Be brave.\n=======\n      Be honest.\n>>>>>>> upstream\n" in text
    failed = {check.name for check in proposal_checks.of(proposals.current_of(made)) if check.state == "failed"}
    assert "conflicts" in failed
    with pytest.raises(proposals.NotReady, match="No conflict is left"):
        proposals.merge(by=stranger, proposal=made, revision=1)
    client.login(username="stranger", password=PASSWORD)
    editor = client.get(f"/stranger/mine/proposals/{made.number}/edit").content.decode()
    assert "1 place stands between lines" in editor
    assert "&gt;&gt;&gt;&gt;&gt;&gt;&gt; upstream" in editor
    half = Content("1.2.0", text.replace("<<<<<<< this package\n", ""), changelog="Both.")
    with pytest.raises(ManifestInvalid, match="not resolved"):
        proposals.revise(by=stranger, proposal=made, content=half)
    decided = Content("1.2.0", rule(*changed(0, "Be brave and honest."), version="1.2.0"), changelog="Both.")
    proposals.revise(by=stranger, proposal=made, content=decided)
    proposals.merge(by=stranger, proposal=of(made), revision=2)
    assert upstreams.standing(by=stranger, package=fresh(mine)).ahead == 0


def test_one_merge_is_under_way_at_a_time(mine: Package, style: Package, owner: Actor, stranger: Actor) -> None:
    publish(owner, style, "1.1.0", *changed(0, "Be honest."))
    first = upstream_merges.merge(by=stranger, package=mine)
    again = upstream_merges.merge(by=owner, package=mine)
    assert (again.proposal, again.is_new) == (first.proposal, False)
    proposals.close(by=stranger, proposal=of(first.proposal))
    third = upstream_merges.merge(by=stranger, package=mine)
    assert third.is_new
    with pytest.raises(proposals.WrongState, match="under way"):
        proposals.reopen(by=stranger, proposal=of(first.proposal))


@pytest.mark.django_db(transaction=True)
def test_two_who_merge_at_once_get_one_proposal(mine: Package, style: Package, owner: Actor, stranger: Actor) -> None:
    publish(owner, style, "1.1.0", *changed(0, "Be honest."))
    carried = together(*[lambda: upstream_merges.merge(by=stranger, package=mine)] * 3)
    assert len({one.proposal for one in carried}) == 1
    assert sorted(one.is_new for one in carried) == [False, False, True]
    assert Proposal.objects.filter(package=mine).count() == 1


def test_who_reads_both_may_ask_and_who_publishes_decides(
    mine: Package, style: Package, owner: Actor, member: Actor, stranger: Actor
) -> None:
    publish(owner, style, "1.1.0", *changed(0, "Be honest."))
    with pytest.raises(PermissionRefused):
        upstream_merges.merge(by=Actor(), package=mine)
    made = of(upstream_merges.merge(by=member, package=mine).proposal)
    with pytest.raises(PermissionRefused):
        proposals.merge(by=member, proposal=made, revision=1)
    proposals.merge(by=stranger, proposal=made, revision=1)
    packages.update(by=stranger, package=mine, visibility="private", summary="")
    with pytest.raises(PermissionRefused):
        upstream_merges.merge(by=member, package=fresh(mine))


def test_of_a_quarantined_upstream_only_that_is_said_and_nothing_is_taken(
    mine: Package, style: Package, owner: Actor, stranger: Actor, client: Client
) -> None:
    publish(owner, style, "1.1.0", *changed(0, "Be honest."), changelog="Honest now.")
    quarantines.impose(by=owner, package=style, reason="It steals.")
    with pytest.raises(NothingToCarry, match="quarantined"):
        upstream_merges.merge(by=stranger, package=mine)
    with pytest.raises(NothingToCarry, match="quarantined"):
        upstream_merges.propose(by=stranger, package=mine)
    page = client.get("/stranger/mine/upstream").content.decode()
    assert "It steals." in page
    assert "Honest now." not in page


def test_a_quarantined_release_is_not_missing_and_the_one_before_it_is_taken(
    mine: Package, style: Package, owner: Actor, stranger: Actor
) -> None:
    publish(owner, style, "1.1.0", *changed(0, "Be honest."))
    bad = publish(owner, style, "1.2.0", *changed(0, "Be evil."))
    quarantines.impose(by=owner, package=style, release=bad, reason="Evil.")
    assert upstreams.standing(by=stranger, package=mine).ahead == 1
    made = of(upstream_merges.merge(by=stranger, package=mine).proposal)
    assert "evil" not in proposals.current_of(made).manifest


def test_what_a_fork_changed_is_proposed_back_onto_the_latest_of_upstream(
    mine: Package, style: Package, owner: Actor, stranger: Actor, client: Client
) -> None:
    publish(stranger, mine, "1.1.0", *changed(4, "Keep it very short."), changelog="Shorter.")
    publish(owner, style, "1.5.0", *changed(0, "Be honest."))
    carried = upstream_merges.propose(by=stranger, package=fresh(mine), title="Shorter", message="It helps.")
    made = of(carried.proposal)
    assert (str(made.package), made.author, made.title, made.message) == (
        "acme/style",
        stranger.user,
        "Shorter",
        "It helps.",
    )
    current = proposals.current_of(made)
    expected = rule(*changed(0, "Be honest.", changed(4, "Keep it very short.")), version="1.6.0")
    assert (current.version, current.manifest, current.changelog) == ("1.6.0", expected, "Shorter.")
    assert upstream_merges.propose(by=stranger, package=fresh(mine)).proposal == made
    page = client.get(f"/acme/style/proposals/{made.number}").content.decode()
    assert 'href="/stranger/mine/releases/1.1.0"' in page
    packages.update(by=stranger, package=fresh(mine), visibility="private", summary="")
    page = client.get(f"/acme/style/proposals/{made.number}").content.decode()
    assert "stranger/mine" not in page
    assert "a fork changed that is gone, or that you may not see" in page
    proposals.merge(by=owner, proposal=made, revision=1)
    assert SyncPoint.objects.count() == 1, "what upstream took over is the fork's to take in again"


def test_taking_in_what_one_gave_is_noted_without_a_release(
    mine: Package, style: Package, owner: Actor, member: Actor, stranger: Actor
) -> None:
    publish(stranger, mine, "1.1.0", *changed(4, "Keep it very short."), readme="# Style\n\nOurs.\n")
    made = of(upstream_merges.propose(by=stranger, package=fresh(mine)).proposal)
    theirs = proposals.merge(by=owner, proposal=made, revision=1)
    assert upstreams.standing(by=stranger, package=fresh(mine)).ahead == 1
    with pytest.raises(PermissionRefused):
        upstream_merges.merge(by=member, package=fresh(mine))
    carried = upstream_merges.merge(by=stranger, package=fresh(mine))
    assert carried.proposal is None
    assert carried.point is not None
    assert carried.point.upstream_release == theirs
    assert upstreams.standing(by=stranger, package=fresh(mine)).ahead == 0
    with pytest.raises(NothingToCarry, match="everything that this fork changed"):
        upstream_merges.propose(by=stranger, package=fresh(mine))


def test_nobody_proposes_back_what_upstream_does_not_take(
    mine: Package, style: Package, owner: Actor, stranger: Actor
) -> None:
    publish(stranger, mine, "1.1.0", *changed(4, "Keep it very short."))
    Package.objects.filter(id=style.pk).update(archived_at=style.created_at)
    with pytest.raises(PermissionRefused, match="archived"):
        upstream_merges.propose(by=stranger, package=fresh(mine))


def test_conflicts_of_what_is_proposed_back_are_decided_there(
    mine: Package, style: Package, owner: Actor, stranger: Actor
) -> None:
    publish(stranger, mine, "1.1.0", *changed(0, "Be brave."))
    publish(owner, style, "1.1.0", *changed(0, "Be honest."))
    carried = upstream_merges.propose(by=stranger, package=fresh(mine))
    assert carried.conflicts == 1
    assert ">>>>>>> the fork\n" in proposals.current_of(of(carried.proposal)).manifest
    with pytest.raises(proposals.NotReady, match="No conflict is left"):
        proposals.merge(by=owner, proposal=of(carried.proposal), revision=1)


SKILL = "---\nname: look\ndescription: Looks at changes.\nlicense: MIT\n---\n\n# Look\n\nLook closely.\n"


def files_of(release: Release) -> dict[str, bytes]:
    files = artifacts.files_of(release)
    return {file.path: file.content for file in files.files} if files else {}


def test_the_files_of_a_folder_are_merged_too(acme: Namespace, owner: Actor, stranger: Actor, client: Client) -> None:
    look = packages.create(by=owner, namespace=acme, name="look", kind="skill", visibility="public")

    def release(by: Actor, package: Package, version: str, **files: bytes) -> Release:
        beside = tree([File(path.replace("_", "."), content) for path, content in files.items()])
        return releases.publish(by=by, package=fresh(package), version=version, manifest=SKILL, files=beside)

    release(owner, look, "1.0.0", LICENSE=b"MIT\n", a_md=b"1\n2\n3\n", logo_png=b"\0a", gone_md=b"x\n")
    space = stranger.user.namespace  # type: ignore[union-attr]
    fork = forks.fork(by=stranger, upstream=fresh(look), namespace=space, name="look", visibility="public")
    release(stranger, fork, "1.1.0", LICENSE=b"MIT\n", a_md=b"one\n2\n3\n", logo_png=b"\0mine", gone_md=b"x\n")
    release(owner, look, "2.0.0", LICENSE=b"Apache\n", a_md=b"1\n2\nthree\n", logo_png=b"\0theirs", new_md=b"n\n")
    made = of(upstream_merges.merge(by=stranger, package=fresh(fork)).proposal)
    assert "`logo.png`" in made.message
    page = client.get(f"/stranger/look/proposals/{made.number}").content.decode()
    assert "gone.md" in page
    merged = proposals.merge(by=stranger, proposal=made, revision=1)
    main = files_of(merged).pop("SKILL.md")
    assert main == SKILL.encode()
    assert files_of(merged) == {
        "SKILL.md": main,
        "LICENSE": b"Apache\n",
        "a.md": b"one\n2\nthree\n",
        "logo.png": b"\0mine",
        "new.md": b"n\n",
    }


def test_a_merge_that_was_made_before_the_forks_next_release_is_brought_up_to_date(
    mine: Package, style: Package, owner: Actor, stranger: Actor, client: Client
) -> None:
    publish(owner, style, "1.1.0", *changed(0, "Be honest."))
    made = of(upstream_merges.merge(by=stranger, package=mine).proposal)
    publish(stranger, mine, "1.0.1", *changed(4, "Keep it very short."))
    with pytest.raises(proposals.BaseMoved):
        proposals.merge(by=stranger, proposal=made, revision=1)
    client.login(username="stranger", password=PASSWORD)
    address = f"/stranger/mine/proposals/{made.number}/edit"
    form = client.get(f"{address}?onto=latest").context["form"]
    assert client.post(address, {**form.initial}).status_code == 302
    proposals.merge(by=stranger, proposal=of(made), revision=2)
    assert "very short" in fresh(mine).latest_release.manifest  # type: ignore[union-attr]
    assert upstreams.standing(by=stranger, package=fresh(mine)).ahead == 0


def test_over_rest(mine: Package, style: Package, owner: Actor, stranger: Actor, api: Any) -> None:
    publish(owner, style, "1.1.0", *changed(0, "Be honest."), changelog="Honest now.")
    body = api("get", "packages/stranger/mine/upstream", stranger).json()
    assert (body["state"], body["upstream"]["package"], body["has"], body["latest"]) == (
        "behind",
        "acme/style",
        "1.0.0",
        "1.1.0",
    )
    assert [one["changelog"] for one in body["releases"]["items"]] == ["Honest now."]
    assert api("get", "packages/acme/style/upstream", stranger).status_code == 404
    merged = api("post", "packages/stranger/mine/upstream/merge", stranger, {})
    assert (merged.status_code, merged.json()["is_new"]) == (201, True)
    assert merged["Location"] == "/api/v1/packages/stranger/mine/proposals/1"
    again = api("post", "packages/stranger/mine/upstream/merge", stranger, {})
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    assert api("get", "packages/stranger/mine/upstream", stranger).json()["proposal"] == 1
    nothing = api("post", "packages/stranger/mine/upstream/propose", stranger, {})
    assert (nothing.status_code, nothing.json()["type"].rpartition("/")[2].rpartition(":")[2]) == (
        409,
        "nothing_to_carry",
    )
    publish(stranger, mine, "1.0.1", *changed(4, "Keep it very short."), readme="# Style\n\nOurs.\n")
    back = api("post", "packages/stranger/mine/upstream/propose", stranger, {"title": "Shorter"})
    assert (back.status_code, back.json()["proposal"]["package"]) == (201, "acme/style")


def test_on_the_pages(mine: Package, style: Package, owner: Actor, stranger: Actor, client: Client) -> None:
    publish(owner, style, "1.1.0", *changed(0, "Be honest."), changelog="Honest now.")
    page = client.get("/stranger/mine/upstream").content.decode()
    assert "Upstream is 1 release ahead" in page
    assert "Honest now." in page
    assert "upstream/merge" not in page, "who is not signed in proposes nothing"
    assert client.get("/acme/style/upstream").status_code == 404
    client.login(username="stranger", password=PASSWORD)
    assert "upstream/merge" in client.get("/stranger/mine/upstream").content.decode()
    answer = client.post("/stranger/mine/upstream/merge")
    assert answer["Location"] == "/stranger/mine/proposals/1"
    assert "It merges what changed in" in client.get("/stranger/mine/proposals/1").content.decode()
    refused = client.post("/stranger/mine/upstream/propose", {"title": "Nothing"})
    assert refused.status_code == 422
    publish(stranger, mine, "1.0.1", *changed(4, "Keep it very short."), readme="# Style\n\nOurs.\n")
    done = client.post("/stranger/mine/upstream/propose", {"title": "Shorter"})
    assert done["Location"] == "/acme/style/proposals/1"
    assert Proposal.objects.get(package=style).state == ProposalState.OPEN
