"""Resolution against the registry: who may use what, yanks, locks, two at once, and a constant number of queries."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistants.domain import composition
from assistants.models import Bundle, Lock, LockEntry
from assistants.services import fetching, resolving, starter
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import Namespace
from registry.domain import canonical
from registry.domain.faults import ManifestInvalid
from registry.domain.versions import Version
from registry.kinds import KINDS
from registry.models import Package, Release, Visibility
from registry.services import packages, releases

type Build = Callable[..., Package]

USES_STYLE = "rules:\n  - uses: acme/style@^1\n"


KINDS_BY_SECTION = {kind.section: kind.name for kind in KINDS.values()}


def lock_of(package: Package) -> Lock:
    return Lock.objects.select_related("bundle", "release").filter(release__package=package).latest("id")


def chosen(package: Package) -> list[str]:
    return [f"{one['package']}@{one['version']}" for one in lock_of(package).document["requirements"]]


def preview(by: Actor, namespace: Namespace, body: str, visibility: str = Visibility.PRIVATE) -> Any:
    into = Package(namespace=namespace, name="preview", kind="assistant", visibility=visibility)
    manifest = f"name: A\nversion: 1.0.0\n{body}"
    return resolving.preview(by=by, into=into, version="1.0.0", manifest=manifest)


def test_publishing_an_assistant_keeps_its_lock_and_bundle(build_package: Build, build_assistant: Build) -> None:
    build_package("style", "1.0.0", "1.2.0", "2.0.0")
    lock = lock_of(build_assistant("helper", USES_STYLE))
    content = bytes(lock.bundle.content)
    assert lock.bundle_id == canonical.digest(content) == lock.document["bundle"]
    document = json.loads(content)
    assert document["config"]["rules"] == [{"name": "style", "rule": "Text of style 1.2.0."}]
    assert document["requirements"] == lock.document["requirements"]
    assert 'uses: "acme/style@1.2.0"' in lock.pinned_manifest
    [entry] = LockEntry.objects.filter(lock=lock).select_related("release")
    assert (entry.path, entry.release.version) == ("rules[0]", "1.2.0")


def test_the_explanation_is_kept_with_the_lock(build_assistant: Build, yanked_release: Release) -> None:
    lock = lock_of(build_assistant("helper", "rules:\n  - uses: acme/leaky\n"))
    [entry] = fetching.explanation(lock.id)
    assert (entry["chosen"], entry["reason"]) == ("1.0.0", "newest stable release")
    assert entry["passed_over"] == [{"version": "1.1.0", "reason": "yanked: leaks", "code": "yanked", "by": "olga"}]


def test_equal_content_is_stored_once(build_package: Build, build_assistant: Build, owner: Actor) -> None:
    build_package("style", "1.0.0")
    build_assistant("helper", USES_STYLE)
    lock = lock_of(Package.objects.get(name="helper"))
    into = lock.release.package
    again = resolving.preview(by=owner, into=into, version="1.0.0", manifest=lock.release.manifest)
    assert (again.bundle, again.bundle_digest) == (bytes(lock.bundle.content), lock.bundle_id)
    assert Bundle.objects.count() == 1


@pytest.mark.parametrize(
    ("part", "whole", "allowed"),
    [
        ("public", "public", True),
        ("public", "private", True),
        ("internal", "internal", True),
        ("internal", "private", True),
        ("private", "private", True),
        ("internal", "public", False),
        ("private", "internal", False),
        ("private", "public", False),
    ],
)
def test_an_assistant_contains_nothing_that_fewer_may_read(
    build_package: Build, build_assistant: Build, part: str, whole: str, allowed: bool
) -> None:
    build_package("style", "1.0.0", visibility=part)
    if allowed:
        assert chosen(build_assistant("helper", USES_STYLE, visibility=whole)) == ["acme/style@1.0.0"]
        return
    with pytest.raises(ManifestInvalid, match=r"manifest\.yaml:5:11: “acme/style” is .* more people would see it"):
        build_assistant("helper", USES_STYLE, visibility=whole)
    assert not Release.objects.filter(package__name="helper").exists()
    assert not Bundle.objects.exists()


def test_a_part_of_another_namespace_has_to_be_public(build_package: Build, owner: Actor) -> None:
    build_package("style", "1.0.0", visibility="internal")
    assert owner.user is not None
    with pytest.raises(ManifestInvalid, match="more people would see it"):
        preview(owner, owner.user.namespace, USES_STYLE)


def test_to_a_stranger_a_private_part_is_not_there(build_package: Build, stranger: Actor) -> None:
    build_package("style", "1.0.0", visibility="private")
    assert stranger.user is not None
    answers = []
    for name in ("style", "absent"):
        with pytest.raises(ManifestInvalid) as caught:
            preview(stranger, stranger.user.namespace, f"rules:\n  - uses: acme/{name}\n")
        answers.append(str(caught.value).replace(name, "NAME"))
    assert answers[0] == answers[1]


def test_what_became_private_later_keeps_others_from_the_bundle(
    build_package: Build, build_assistant: Build, owner: Actor, stranger: Actor
) -> None:
    style = build_package("style", "1.0.0")
    digest = lock_of(build_assistant("helper", USES_STYLE)).bundle_id
    assert fetching.find_now(stranger, "acme", "helper").bundle_digest == digest
    packages.update(by=owner, package=style, visibility="private", summary="")
    with pytest.raises(PermissionRefused):
        fetching.find_now(stranger, "acme", "helper")
    assert not fetching.readable_bundle(stranger, digest)
    assert fetching.find_now(owner, "acme", "helper").bundle_digest == digest


def test_a_yanked_release_stays_in_existing_locks_and_is_never_chosen_anew(
    build_package: Build, build_assistant: Build, owner: Actor, acme: Namespace
) -> None:
    style = build_package("style", "1.0.0", "1.1.0")
    helper = build_assistant("helper", USES_STYLE)
    before = bytes(lock_of(helper).bundle.content)
    releases.yank(by=owner, release=style.releases.get(version="1.1.0"), reason="leaks")

    found = fetching.find_now(owner, "acme", "helper")
    assert fetching.bundles.get(found.bundle_digest) == before
    assert chosen(helper) == ["acme/style@1.1.0"]
    assert preview(owner, acme, USES_STYLE).lock["requirements"][0]["version"] == "1.0.0"
    for exact in ("1.1.0", ">=1.1.0"):
        with pytest.raises(ManifestInvalid, match=r"acme/style@1\.1\.0 was yanked: leaks"):
            preview(owner, acme, f"rules:\n  - uses: acme/style@{exact}\n")


def test_what_is_published_later_changes_no_lock(build_package: Build, build_assistant: Build, owner: Actor) -> None:
    style = build_package("style", "1.0.0")
    helper = build_assistant("helper", USES_STYLE)
    digest = lock_of(helper).bundle_id
    manifest = style.releases.get().manifest
    releases.publish(by=owner, package=style, version="1.5.0", manifest=manifest)
    assert fetching.find_now(owner, "acme", "helper").bundle_digest == digest
    packages.delete(by=owner, package=style)
    assert fetching.find_now(Actor(), "acme", "helper").bundle_digest == digest, "what was locked keeps its meaning"
    with pytest.raises(ManifestInvalid, match="no package “acme/style”"):
        preview(owner, helper.namespace, USES_STYLE)


def test_a_large_number_means_the_same_in_the_text_and_in_the_store(
    build_package: Build, build_assistant: Build, owner: Actor
) -> None:
    model = build_package("model", kind="model")
    text = "name: M\nversion: 1.0.0\nmodels:\n  - name: m\n    provider: p\n    model: m\n    maxStopWords: 1e{0}\n"
    releases.publish(by=owner, package=model, version="1.0.0", manifest=text.format(15))
    bundle = json.loads(bytes(lock_of(build_assistant("helper", "models:\n  - uses: acme/model\n")).bundle.content))
    assert bundle["config"]["models"][0]["maxStopWords"] == 10**15
    with pytest.raises(ManifestInvalid, match=r":7:19: This number is too large"):
        releases.publish(by=owner, package=model, version="1.1.0", manifest=text.format(20))


def test_the_example_that_people_start_from_uses_what_comes_with_the_hub() -> None:
    example = composition.read(KINDS["assistant"].example)
    catalogue = {
        (f"{starter.NAMESPACE}/{item.name}", item.kind): Version.parse(item.version) for item in starter.items()
    }
    assert example.requirements
    for requirement in example.requirements:
        assert requirement.range.allows(catalogue[requirement.package, KINDS_BY_SECTION[requirement.section]])


@pytest.mark.parametrize("number", [5, 50])
def test_the_number_of_queries_does_not_grow(
    build_package: Build, owner: Actor, acme: Namespace, django_assert_num_queries: Any, number: int
) -> None:
    for index in range(number):
        build_package(f"rule{index}", "1.0.0")
    body = "rules:\n" + "".join(f"  - uses: acme/rule{index}@^1\n" for index in range(number))
    into = Package(namespace=acme, name="preview", kind="assistant", visibility="public")
    read = composition.read(f"name: A\nversion: 1.0.0\n{body}")
    with django_assert_num_queries(4, info=f"{number} requirements"):
        resolved = resolving.resolve(by=owner, into=into, version="1.0.0", composition=read)
    assert len(resolved.resolution.document["config"]["rules"]) == number


def test_publishing_takes_as_many_queries_for_fifty_as_for_five(build_package: Build, build_assistant: Build) -> None:
    for index in range(50):
        build_package(f"rule{index}", "1.0.0")
    build_assistant("first", "rules:\n  - uses: acme/rule0\n")  # notes the key of receipts
    counts = []
    for number in (5, 50):
        body = "rules:\n" + "".join(f"  - uses: acme/rule{index}\n" for index in range(number))
        with CaptureQueriesContext(connection) as captured:
            build_assistant(f"helper{number}", body)
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_two_resolutions_at_once_give_the_same_digest(build_package: Build, owner: Actor, acme: Namespace) -> None:
    for index in range(10):
        build_package(f"rule{index}", "1.0.0", "1.1.0")
    body = "rules:\n" + "".join(f"  - uses: acme/rule{index}@^1\n" for index in range(10))
    assistants = [
        packages.create(by=owner, namespace=acme, name=f"helper{index}", kind="assistant", visibility="public")
        for index in range(4)
    ]
    start = threading.Barrier(len(assistants))
    failures: list[BaseException] = []
    previews: list[bytes] = []

    def publish(package: Package) -> None:
        try:
            start.wait(timeout=20)
            previews.append(preview(owner, acme, body).bundle)
            manifest = f"name: A\nversion: 1.0.0\n{body}"
            releases.publish(by=owner, package=package, version="1.0.0", manifest=manifest)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish, args=(package,)) for package in assistants]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert len(previews) == 4
    assert len(set(previews)) == 1
    configs = {json.dumps(json.loads(bytes(lock_of(package).bundle.content))["config"]) for package in assistants}
    assert len(configs) == 1


@pytest.mark.django_db(transaction=True)
def test_a_yank_and_a_publication_at_once_leave_a_whole_lock(
    build_package: Build, owner: Actor, acme: Namespace
) -> None:
    """Whichever comes first: the lock holds 1.1.0 because it was chosen before, or 1.0.0."""
    style = build_package("style", "1.0.0", "1.1.0")
    helper = packages.create(by=owner, namespace=acme, name="helper", kind="assistant", visibility="public")
    release = style.releases.select_related("package__namespace").get(version="1.1.0")
    start = threading.Barrier(2)

    def run(call: Callable[[], object]) -> None:
        start.wait(timeout=20)
        try:
            call()
        finally:
            connection.close()

    manifest = f"name: A\nversion: 1.0.0\n{USES_STYLE}"
    calls: list[Callable[[], object]] = [
        lambda: releases.yank(by=owner, release=release, reason="leaks"),
        lambda: releases.publish(by=owner, package=helper, version="1.0.0", manifest=manifest),
    ]
    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    lock = lock_of(helper)
    version = lock.document["requirements"][0]["version"]
    assert version in ("1.0.0", "1.1.0")
    assert f"Text of style {version}." in bytes(lock.bundle.content).decode()
