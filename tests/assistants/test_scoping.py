"""What organizations and teams lay over the assistants of their members: who gets it, what comes of it, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from assistants.domain import receipts as receipt_domain
from assistants.models import Lock, Overlay, Receipt
from assistants.services import fetching, overlays, receipts, scoping
from assistants.services.overlays import Setup
from assistants.services.scoping import OverlayRequired, OverlayUnusable
from hub.actors import Actor
from hub.models import Organization, Team
from hub.services import organizations, service_accounts, teams, tokens
from registry.models import Package
from registry.services import packages, quarantines, releases
from tests.hub.together import together

type Build = Callable[..., Package]
type Bundle = dict[str, Any]

REQUIRED, ADDED = Setup(mode="required"), Setup(mode="added")


def rules(bundle: Bundle) -> list[str]:
    return [rule if isinstance(rule, str) else rule["rule"] for rule in bundle["config"]["rules"]]


def fetched(actor: Actor, name: str = "acme/helper", scope: str = "", version: str = "latest") -> Bundle:
    found = scoping.find_now(actor, *name.split("/"), version, scope)
    return dict(json.loads(fetching.bundles.get(found.bundle_digest)))


def again(package: Package, by: Actor, version: str, body: str) -> None:
    manifest = f"name: {package.name}\nversion: {version}\nschema: v1\n{body}"
    releases.publish(by=by, package=package, version=version, manifest=manifest)


@pytest.fixture
def helper(build_package: Build, build_assistant: Build) -> Package:
    """acme/helper, public: a package and a rule of its own."""
    build_package("style", "1.0.0", "1.1.0")
    return build_assistant("helper", "rules:\n  - uses: acme/style@^1\n  - Be brief.\n")


@pytest.fixture
def base(build_package: Build, build_assistant: Build) -> Package:
    """acme/base, internal: what acme lays over the others."""
    build_package("safety", "1.0.0", visibility="internal")
    return build_assistant("base", "rules:\n  - uses: acme/safety\n  - Ask first.\n", visibility="internal")


@pytest.fixture
def backend(organization: Organization, owner: Actor, member: Actor) -> Team:
    """The team acme/backend, with mia in it."""
    team = teams.create(by=owner, organization=organization, slug="backend", name="Backend")
    teams.add_member(by=owner, team=team, user=member.user)
    return team


@pytest.fixture
def lay(organization: Organization, owner: Actor) -> Callable[..., Overlay]:
    """Lays an assistant over those of acme's members."""

    def make(package: Package, setup: Setup = REQUIRED, **more: Any) -> Overlay:
        return overlays.add(by=owner, organization=organization, package=package, setup=setup, **more)

    return make


def test_members_get_what_lies_on_them_and_nobody_else_does(
    helper: Package, base: Package, lay: Callable[..., Overlay], owner: Actor, member: Actor, stranger: Actor
) -> None:
    plain = fetched(member)
    lay(base)
    for actor in (owner, member):
        bundle = fetched(actor)
        assert rules(bundle) == ["Text of safety 1.0.0.", "Ask first.", "Text of style 1.1.0.", "Be brief."]
        assert [(one["path"], one["package"], one["mode"]) for one in bundle["overlays"]] == [
            ("overlays[0]", "acme/base", "required")
        ]
        assert bundle["assistant"] == plain["assistant"]
    for other in (stranger, Actor()):
        assert fetched(other) == plain
    assert Lock.objects.exclude(base=None).count() == 1, "one for all on whom the same lies"


def test_added_gives_way_and_required_stays(
    build_assistant: Build, build_package: Build, lay: Callable[..., Overlay], member: Actor
) -> None:
    build_package("safety", "1.0.0", "2.0.0", visibility="internal")
    base = build_assistant("base", "rules:\n  - uses: acme/safety@1\n  - Tip.\n", visibility="internal")
    build_assistant("helper", "without: [acme/safety, Tip.]\nrules:\n  - uses: acme/safety@2\n", visibility="internal")
    laid = lay(base, ADDED)
    assert rules(fetched(member)) == ["Text of safety 2.0.0."]
    overlays.change(by=Actor(laid.created_by), overlay=laid, setup=REQUIRED)
    assert rules(fetched(member)) == ["Text of safety 1.0.0.", "Tip."]


def test_teams_lay_theirs_on_their_members_only(
    helper: Package, base: Package, build_assistant: Build, lay: Callable[..., Overlay], backend: Team, owner: Actor,
    member: Actor, admin: Actor,
) -> None:  # fmt: skip
    lay(base, ADDED)
    lay(build_assistant("api", "rules:\n  - Name things.\n", visibility="internal"), ADDED, team=backend)
    assert rules(fetched(member))[-2:] == ["Ask first.", "Name things."]
    assert rules(fetched(admin))[-1:] == ["Ask first."]
    assert rules(fetched(member, scope="acme"))[-1:] == ["Ask first."]
    assert rules(fetched(admin, scope="acme/backend"))[-2:] == ["Ask first.", "Name things."], "who manages it may look"
    assert rules(fetched(member, scope="none")) == ["Text of style 1.1.0.", "Be brief."]


@pytest.mark.parametrize(
    "scope", ["acme", "acme/backend", "acme/absent", "absent", "a/b/c", "/", "acme/", "x" * 201, "\0"]
)
def test_a_scope_of_others_is_not_there(helper: Package, stranger: Actor, backend: Team, scope: str) -> None:
    for actor in (stranger, Actor()):
        with pytest.raises(Http404):
            scoping.find_now(actor, "acme", "helper", scope=scope)


def test_a_team_is_for_those_who_are_in_it(
    helper: Package, backend: Team, owner: Actor, organization: Organization, build_user: Callable[..., Any]
) -> None:
    other = build_user("otto")
    organizations.add_member(by=owner, organization=organization, user=other, role="member")
    fetched(Actor(other), scope="acme")
    with pytest.raises(Http404):
        fetched(Actor(other), scope="acme/backend")


@pytest.mark.parametrize("scope", ["none", "other"])
def test_what_is_required_cannot_be_left_out(
    helper: Package, base: Package, lay: Callable[..., Overlay], member: Actor, scope: str
) -> None:
    organizations.create(by=member, slug="other", name="Other")
    laid = lay(base)
    with pytest.raises(OverlayRequired, match="“acme” requires “acme/base”"):
        fetched(member, scope=scope)
    overlays.change(by=Actor(laid.created_by), overlay=laid, setup=ADDED)
    assert rules(fetched(member, scope=scope)) == ["Text of style 1.1.0.", "Be brief."]
    overlays.change(by=Actor(laid.created_by), overlay=laid, setup=Setup(mode="required", is_enabled=False))
    assert rules(fetched(member, scope=scope)) == ["Text of style 1.1.0.", "Be brief."]


def test_an_assistant_gets_itself_and_what_it_builds_on_once(
    base: Package, build_assistant: Build, lay: Callable[..., Overlay], owner: Actor, member: Actor
) -> None:
    build_assistant("mine", "extends: acme/base\nrules:\n  - Mine.\n", visibility="internal")
    lay(base, ADDED)
    for name in ("acme/base", "acme/mine"):
        assert "overlays" not in fetched(member, name)
    assert rules(fetched(member, "acme/mine")) == ["Text of safety 1.0.0.", "Ask first.", "Mine."]


def test_building_on_what_is_required_is_no_way_round_it(
    base: Package, build_assistant: Build, lay: Callable[..., Overlay], owner: Actor, member: Actor
) -> None:
    build_assistant(
        "mine", "extends:\n  - uses: acme/base\n    without: [acme/safety]\nrules: [Mine.]\n", visibility="internal"
    )
    lay(base)
    assert sorted(rules(fetched(member, "acme/mine"))) == ["Ask first.", "Mine.", "Text of safety 1.0.0."]
    assert "overlays" not in fetched(member, "acme/base")
    again(base, owner, "2.0.0", "rules:\n  - uses: acme/safety\n  - Ask twice.\n")
    older = rules(fetched(member, "acme/base", version="1.0.0"))
    assert "Ask twice." in older, "an older release does not get round it, either"


def test_the_newest_that_fits_is_laid_over(
    helper: Package, base: Package, lay: Callable[..., Overlay], owner: Actor, member: Actor
) -> None:
    laid = lay(base, Setup(range="^1", mode="required"))
    again(base, owner, "1.1.0", "rules: [Ask again.]\n")
    again(base, owner, "2.0.0", "rules: [Ask twice.]\n")
    assert rules(fetched(member))[0] == "Ask again."
    overlays.change(by=owner, overlay=laid, setup=Setup(range="1.0.0", mode="required"))
    assert rules(fetched(member))[1] == "Ask first."
    overlays.change(by=owner, overlay=laid, setup=REQUIRED)
    assert rules(fetched(member))[0] == "Ask twice."


def test_a_new_release_below_or_above_makes_another_lock_and_keeps_the_old_one(
    helper: Package, base: Package, lay: Callable[..., Overlay], owner: Actor, member: Actor
) -> None:
    lay(base)
    before = scoping.find_now(member, "acme", "helper", "1.0.0")
    content = fetching.bundles.get(before.bundle_digest)
    again(base, owner, "1.1.0", "rules: [Ask again.]\n")
    after = scoping.find_now(member, "acme", "helper", "1.0.0")
    assert after.lock_id != before.lock_id
    assert bytes(Lock.objects.select_related("bundle").get(id=before.lock_id).bundle.content) == content
    assert fetching.readable_bundle(member, before.bundle_digest)


def test_a_bundle_by_digest_is_for_those_whose_scope_it_is(
    helper: Package, build_assistant: Build, lay: Callable[..., Overlay], backend: Team, owner: Actor, member: Actor,
    stranger: Actor, organization: Organization, build_user: Callable[..., Any],
) -> None:  # fmt: skip
    other = Actor(build_user("otto"))
    organizations.add_member(by=owner, organization=organization, user=other.user, role="member")
    # Public, so that nothing but the scope keeps others out.
    lay(build_assistant("open", "rules: [Open.]\n"), team=backend)
    digest = scoping.find_now(member, "acme", "helper").bundle_digest
    assert [fetching.readable_bundle(actor, digest) for actor in (member, owner, other, stranger, Actor())] == [
        True, True, False, False, False,
    ]  # fmt: skip
    teams.delete(by=owner, team=backend)
    assert not fetching.readable_bundle(member, digest), "of a team that is no more it is nobody's"


def test_who_leaves_loses_it(
    helper: Package, base: Package, lay: Callable[..., Overlay], owner: Actor, member: Actor, organization: Organization
) -> None:
    plain = fetched(Actor())
    lay(base)
    digest = scoping.find_now(member, "acme", "helper").bundle_digest
    organizations.remove_member(by=owner, organization=organization, user=member.user)
    assert fetched(member) == plain
    assert not fetching.readable_bundle(member, digest)


def test_several_organizations_lay_theirs_one_after_the_other(
    helper: Package, base: Package, build_assistant: Build, lay: Callable[..., Overlay], member: Actor, stranger: Actor
) -> None:
    other = organizations.create(by=member, slug="other", name="Other")
    theirs = build_assistant("theirs", "rules: [Theirs.]\n", by=member, namespace=other.namespace)
    overlays.add(by=member, organization=other, package=theirs, setup=REQUIRED)
    lay(base)
    assert rules(fetched(member))[:3] == ["Text of safety 1.0.0.", "Ask first.", "Theirs."]
    lock = Lock.objects.exclude(base=None).get()
    assert len(lock.scope_organizations) == 2
    organizations.add_member(by=member, organization=other, user=stranger.user, role="member")
    assert not fetching.readable_bundle(stranger, lock.bundle_id), "one of the two is not enough"


def test_service_accounts_get_their_organization_s(
    helper: Package, base: Package, lay: Callable[..., Overlay], owner: Actor, organization: Organization
) -> None:
    account = service_accounts.create(by=owner, organization=organization, name="ci", role="member")
    made = service_accounts.create_token(by=owner, account=account, name="ci", scopes=("read",))
    machine = Actor(account.user, token=made.token, confined_to=organization.id)
    lay(base)
    assert rules(fetched(machine))[1] == "Ask first."


def test_a_token_that_does_not_read_or_is_confined_elsewhere_has_no_scope(
    helper: Package, base: Package, lay: Callable[..., Overlay], member: Actor
) -> None:
    lay(base)
    plain = fetched(Actor())
    publishing = tokens.create(by=member, name="ci", scopes=("publish",)).token
    assert fetched(Actor(member.user, token=publishing)) == plain
    other = organizations.create(by=member, slug="other", name="Other")
    assert fetched(Actor(member.user, confined_to=other.id)) == plain


def test_what_cannot_be_had_is_refused_if_required_and_left_out_if_added(
    helper: Package, base: Package, lay: Callable[..., Overlay], owner: Actor, member: Actor
) -> None:
    laid = lay(base)
    packages.update(by=owner, package=base, visibility="private", summary="")
    with pytest.raises(OverlayUnusable) as caught:
        fetched(member)
    assert "acme/base" not in str(caught.value)
    assert str(caught.value).startswith("What “acme” requires")
    packages.update(by=owner, package=base, visibility="internal", summary="")
    overlays.change(by=owner, overlay=laid, setup=ADDED)
    packages.update(by=owner, package=base, visibility="private", summary="")
    assert rules(fetched(member)) == ["Text of style 1.1.0.", "Be brief."]


@pytest.mark.parametrize("part", ["base", "safety"])
def test_a_quarantine_of_what_is_required_refuses_those_on_whom_it_lies(
    helper: Package, base: Package, lay: Callable[..., Overlay], owner: Actor, member: Actor, part: str
) -> None:
    laid = lay(base)
    fetched(member)
    package = Package.objects.select_related("namespace").get(name=part)
    quarantines.impose(by=owner, package=package, reason="It leaks.")
    with pytest.raises(OverlayUnusable, match=f"“acme/base”, which “acme” requires.*“acme/{part}” is quarantined: It"):
        fetched(member)
    assert rules(fetched(Actor())) == ["Text of style 1.1.0.", "Be brief."]
    Overlay.objects.filter(id=laid.id).update(mode="added")
    assert rules(fetched(member)) == ["Text of style 1.1.0.", "Be brief."]
    quarantines.lift(by=owner, package=package)
    assert rules(fetched(member))[-1] == "Ask first."


def test_what_has_no_release_that_fits_any_more_is_refused(
    helper: Package, base: Package, lay: Callable[..., Overlay], owner: Actor, member: Actor
) -> None:
    lay(base, Setup(range="^1", mode="required"))
    releases.yank(by=owner, release=base.releases.select_related("package__namespace").get(), reason="Wrong.")
    with pytest.raises(OverlayUnusable, match="no release that fits “\\^1”"):
        fetched(member)


def test_a_token_narrowed_to_one_package_has_to_name_what_is_required(
    helper: Package, base: Package, lay: Callable[..., Overlay], member: Actor
) -> None:
    lay(base)
    narrow = tokens.create(by=member, name="ci", scopes=("read",), patterns=["acme/helper"]).token
    with pytest.raises(OverlayUnusable, match="use a token that may read it"):
        fetched(Actor(member.user, token=narrow))
    wide = tokens.create(by=member, name="all", scopes=("read",), patterns=["acme/*"]).token
    assert rules(fetched(Actor(member.user, token=wide)))[1] == "Ask first."


def test_a_scope_that_would_be_too_large_is_refused_with_the_reason(
    build_assistant: Build, lay: Callable[..., Overlay], member: Actor
) -> None:
    many = "".join(f"  - Rule {number}.\n" for number in range(1200))
    build_assistant("helper", f"rules:\n{many}")
    lay(build_assistant("base", f"rules:\n{many}", visibility="internal"), ADDED)
    with pytest.raises(OverlayUnusable, match=r"acme/base.* does not fit on it"):
        fetched(member)
    assert len(rules(fetched(member, scope="none"))) == 1200


def test_the_explanation_keeps_the_reasons_of_those_who_chose(
    build_package: Build, build_assistant: Build, lay: Callable[..., Overlay], member: Actor
) -> None:
    build_package("style", "1.0.0", "2.0.0")
    build_package("safety", "1.0.0", "2.0.0", visibility="internal")
    build_assistant("helper", "rules:\n  - uses: acme/style@^1\n  - name: safety\n    rule: Mine.\n")
    lay(build_assistant("base", "rules:\n  - uses: acme/safety@^1\n", visibility="internal"))
    told = {one["path"]: one for one in fetching.explanation(scoping.find_now(member, "acme", "helper").lock_id)}
    assert told["rules[0]"]["reason"] == "newest release that fits ^1"
    assert [one["version"] for one in told["rules[0]"]["passed_over"]] == ["2.0.0"]
    assert told["overlays[0].rules[0]"]["via"] == "acme/base@1.0.0"
    assert [one["version"] for one in told["overlays[0].rules[0]"]["passed_over"]] == ["2.0.0"]
    assert told["rules[1]"] == {"path": "rules[1]", "dropped": "same name as overlays[0].rules[0]"}


def test_a_scope_s_bundle_has_a_receipt_that_names_the_overlays(
    helper: Package, base: Package, lay: Callable[..., Overlay], member: Actor
) -> None:
    lay(base)
    found = scoping.find_now(member, "acme", "helper")
    content = fetching.bundles.get(found.bundle_digest)
    said = receipt_domain.verify(content, receipts.of_lock(found.lock_id), receipts.key_set())
    assert {"acme/base", "acme/safety", "acme/style"} == {one["package"] for one in said["predicate"]["packages"]}
    assert Receipt.objects.filter(lock=found.lock_id).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_fetches_at_once_make_one_lock(
    helper: Package, base: Package, lay: Callable[..., Overlay], owner: Actor, member: Actor
) -> None:
    lay(base)
    found = together(*(lambda who=who: scoping.find_now(who, "acme", "helper").lock_id for who in (owner, member) * 2))
    assert len(set(found)) == 1, found
    assert Lock.objects.exclude(base=None).count() == 1


def test_a_warm_fetch_asks_nothing_and_a_cold_one_a_fixed_number(
    helper: Package, base: Package, lay: Callable[..., Overlay], build_assistant: Build, member: Actor
) -> None:
    lay(base)
    scoping.find(member, "acme", "helper")
    with CaptureQueriesContext(connection) as warm:
        scoping.find(member, "acme", "helper")
    assert len(warm) == 0
    with CaptureQueriesContext(connection) as few:
        scoping.find_now(member, "acme", "helper")
    for number in range(4):
        lay(build_assistant(f"more{number}", f"rules: [Rule {number}.]\n", visibility="internal"))
    scoping.find_now(member, "acme", "helper")
    with CaptureQueriesContext(connection) as many:
        scoping.find_now(member, "acme", "helper")
    assert len(many) == len(few) == 4


def test_whom_nothing_lies_on_pays_no_query_more(
    helper: Package, base: Package, lay: Callable[..., Overlay], stranger: Actor
) -> None:
    lay(base)
    with CaptureQueriesContext(connection) as queries:
        scoping.find_now(stranger, "acme", "helper")
    assert len(queries) == 1
