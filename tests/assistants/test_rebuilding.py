"""A lock gives its bundle again, byte for byte, long after and whatever was published since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from assistants.models import Lock, LockEntry
from assistants.services import rebuilding, resolving
from assistants.services.rebuilding import Differs
from hub.actors import Actor
from registry.domain.versions import Version
from registry.models import Package, Release

type Build = Callable[..., Package]


@pytest.fixture
def helper(build_package: Build, build_assistant: Build) -> Package:
    """An assistant that uses `acme/style` by itself, and by way of what it builds on."""
    build_package("style", "1.0.0")
    build_assistant("base", "rules:\n  - uses: acme/style@^1\n  - Be brief.\n")
    return build_assistant("helper", "extends: acme/base\nprompts:\n  - name: p\n    prompt: Hi.\n")


def lock_of(package: Package) -> Lock:
    rows = Lock.objects.current().select_related("bundle", "release__package__namespace", "release__published_by")
    return rows.get(release__package=package)


def publish_many(package: Package, number: int) -> None:
    """As many further releases, made at once: this is about what they change, not about publishing."""
    first = package.releases.get()
    fields = {
        field.name: getattr(first, field.name) for field in Release._meta.concrete_fields if not field.primary_key
    }
    versions = [Version.parse(f"1.{index + 1}.0") for index in range(number)]
    Release.objects.bulk_create(
        Release(**fields | {"version": str(one), "version_key": one.sort_key, "manifest": f"Rule of {one}.\n"})
        for one in versions
    )


def test_a_year_and_a_thousand_releases_later_it_is_the_same_bytes(
    helper: Package, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = lock_of(helper)
    kept = bytes(lock.bundle.content)
    later = timezone.now() + dt.timedelta(days=365)
    monkeypatch.setattr(timezone, "now", lambda: later)
    publish_many(Package.objects.get(name="style"), 1000)
    assert rebuilding.rebuild(lock_of(helper)).bundle == kept
    # What is chosen today is something else, so it was the lock that gave the same.
    base = Package.objects.get(name="base")
    text = base.releases.get().manifest
    today = resolving.preview(by=owner, into=base, version="1.0.0", manifest=text)
    assert today.bundle_digest != lock_of(base).bundle_id


def test_a_text_that_was_changed_behind_the_hubs_back_is_found(helper: Package) -> None:
    entry = LockEntry.objects.filter(lock=lock_of(helper), path="extends[0].rules[0]").get()
    Release.objects.filter(id=entry.release_id).update(manifest="Something else.\n")
    with pytest.raises(Differs, match=r"acme/style@1\.0\.0 at extends"):
        rebuilding.rebuild(lock_of(helper))


def test_the_command_checks_everything_and_says_what_is_wrong(helper: Package) -> None:
    out = StringIO()
    call_command("bundles", "verify", stdout=out)
    assert "2 bundles come out as they were kept." in out.getvalue()
    style = Package.objects.get(name="style")
    Release.objects.filter(package=style).update(manifest="Something else.\n")
    with pytest.raises(CommandError, match="2 bundles"):
        call_command("bundles", "verify", stdout=out, stderr=out)
    assert "acme/helper@1.0.0: acme/style@1.0.0 at extends[0].rules[0] has another text" in out.getvalue()
