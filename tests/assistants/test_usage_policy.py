"""An organization's policy decides in every resolution into its assistants, and says that it was it."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from assistants.models import Receipt, UpdateState, UsagePolicy
from assistants.services import resolving, usage_policies
from assistants.services.usage_policies import InvalidPolicy
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Namespace, Organization
from registry.domain import canonical
from registry.domain.faults import ManifestInvalid
from registry.models import Package, Release
from registry.services import packages
from tests.assistants.updating import current, floating, parts, publish, settle

type Build = Callable[..., Package]
USES = "rules:\n  - uses: {}\n"


@pytest.fixture
def vendor(build_package: Build, stranger: Actor) -> Package:
    """A public package of somebody else."""
    assert stranger.user is not None
    made = packages.create(
        by=stranger, namespace=stranger.user.namespace, name="tips", kind="rule", visibility="public"
    )
    publish(stranger, made, "1.0.0")
    return made


def preview(by: Actor, namespace: Namespace, body: str) -> resolving.Resolution:
    into = Package(namespace=namespace, name="preview", kind="assistant", visibility="private")
    return resolving.preview(by=by, into=into, version="1.0.0", manifest=f"name: A\nversion: 1.0.0\n{body}")


def decide(by: Actor, organization: Organization, **more: Any) -> bool:
    return usage_policies.configure(by=by, organization=organization, **more)


def test_what_is_denied_is_refused_with_the_policy_and_its_reason(
    vendor: Package, organization: Organization, owner: Actor, build_assistant: Build
) -> None:
    decide(owner, organization, denied=["stranger/*"], reason="Not reviewed.")
    expected = r"manifest\.yaml:\d+:11: acme's policy forbids “stranger/tips”: Not reviewed\."
    with pytest.raises(ManifestInvalid, match=expected):
        preview(owner, organization.namespace, USES.format("stranger/tips"))
    with pytest.raises(ManifestInvalid, match=expected):
        build_assistant("helper", USES.format("stranger/tips"))


def test_an_allowed_list_leaves_out_others_but_not_its_own(
    vendor: Package, build_package: Build, organization: Organization, owner: Actor, stranger: Actor
) -> None:
    build_package("style", "1.0.0")
    decide(owner, organization, allowed=["partner/*"])
    with pytest.raises(ManifestInvalid, match="acme's policy forbids “stranger/tips”"):
        preview(owner, organization.namespace, USES.format("stranger/tips"))
    preview(owner, organization.namespace, USES.format("acme/style"))
    decide(owner, organization, allowed=["stranger/t*"])
    preview(owner, organization.namespace, USES.format("stranger/tips"))
    decide(owner, organization, allowed=["stranger/t*"], denied=["acme/style"])
    with pytest.raises(ManifestInvalid, match="acme's policy forbids “acme/style”"):
        preview(owner, organization.namespace, USES.format("acme/style"))
    assert stranger.user is not None
    # It is about the organization's assistants, not about its packages.
    preview(stranger, stranger.user.namespace, USES.format("acme/style"))


def test_what_is_forbidden_is_found_inside_of_what_an_assistant_builds_on(
    vendor: Package, organization: Organization, owner: Actor, build_assistant: Build
) -> None:
    build_assistant("base", USES.format("stranger/tips"))
    decide(owner, organization, denied=["stranger/tips"])
    with pytest.raises(ManifestInvalid, match="In “acme/base”: acme's policy forbids “stranger/tips”"):
        preview(owner, organization.namespace, "extends: acme/base\n")


def test_its_cool_down_counts_if_it_is_longer(
    vendor: Package, organization: Organization, owner: Actor, stranger: Actor, build_assistant: Build
) -> None:
    Release.objects.filter(package=vendor).update(published_at=timezone.now() - dt.timedelta(days=9))
    helper = build_assistant("helper", USES.format("stranger/tips"))
    decide(owner, organization, min_age_hours=48)
    floating(owner, helper, min_age_hours=2)
    made = publish(stranger, vendor, "1.1.0")
    settle()
    assert parts(helper) == ["stranger/tips@1.0.0"]
    assert UpdateState.objects.get(package=helper).due_at == made.published_at + dt.timedelta(hours=48)
    [explained] = preview(owner, organization.namespace, USES.format("stranger/tips")).explanation
    [passed_over] = explained["passed_over"]
    assert (passed_over["code"], passed_over["by"]) == ("cooling", "the policy of acme")


def test_floating_assistants_follow_a_policy_that_changes_or_say_why_they_cannot(
    vendor: Package, organization: Organization, owner: Actor, stranger: Actor, build_assistant: Build
) -> None:
    decide(owner, organization, min_age_hours=8760)
    Release.objects.filter(package=vendor).update(published_at=timezone.now() - dt.timedelta(days=900))
    helper = build_assistant("helper", USES.format("stranger/tips"))
    floating(owner, helper)
    publish(stranger, vendor, "1.1.0")
    settle()
    assert parts(helper) == ["stranger/tips@1.0.0"]
    decide(owner, organization, min_age_hours=0)
    settle()
    assert parts(helper) == ["stranger/tips@1.1.0"]
    decide(owner, organization, denied=["stranger/*"])
    settle()
    assert "acme's policy forbids “stranger/tips”" in UpdateState.objects.get(package=helper).problem
    assert current(helper).number == 2


def test_the_receipt_names_the_policy_that_held(
    vendor: Package, organization: Organization, owner: Actor, build_assistant: Build
) -> None:
    def policy_of(package: Package) -> str:
        envelope = Receipt.objects.get(lock=current(package)).envelope
        said: str = json.loads(base64.b64decode(envelope["payload"]))["predicate"]["policy"]
        return said

    before = policy_of(build_assistant("before", USES.format("stranger/tips")))
    decide(owner, organization, allowed=["stranger/*"])
    row = UsagePolicy.objects.get()
    assert row.version == 1
    after = policy_of(build_assistant("after", USES.format("stranger/tips")))
    assert before != after
    statement = resolving.rules_for(Package.objects.get(name="after")).domain.statement
    assert statement["usage_policy"] == {"of": "acme", "version": 1, "digest": row.digest}
    assert canonical.digest(canonical.encode(dict(statement))) in json.dumps(after)


def test_every_change_makes_a_version_and_an_event(organization: Organization, owner: Actor) -> None:
    assert not decide(owner, organization)
    assert decide(owner, organization, denied=["b/*", "a/*", "a/*"])
    assert not decide(owner, organization, denied=["a/*", "b/*"])
    assert decide(owner, organization, denied=["a/*"], reason="Why.")
    row = UsagePolicy.objects.get()
    assert (row.version, row.denied, row.reason) == (2, ["a/*"], "Why.")
    event = AuditEvent.objects.filter(action="assistants.usage-policy.update").latest("id")
    assert (event.data["before"]["denied"], event.data["after"]["denied"], event.data["version"]) == (
        ["a/*", "b/*"],
        ["a/*"],
        2,
    )


def test_owners_and_admins_decide(organization: Organization, admin: Actor, member: Actor, stranger: Actor) -> None:
    assert decide(admin, organization, min_age_hours=1)
    for actor in (member, stranger, Actor()):
        with pytest.raises(PermissionRefused):
            decide(actor, organization, min_age_hours=2)


@pytest.mark.parametrize(
    "asked", [{"min_age_hours": 9000}, {"denied": ["*"]}, {"allowed": ["a/b/c"]}, {"reason": "x" * 501}]
)
def test_what_cannot_be_is_refused(organization: Organization, owner: Actor, asked: dict[str, object]) -> None:
    with pytest.raises(InvalidPolicy):
        decide(owner, organization, **asked)
