"""Entries are kept in step, and made anew while others publish."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from hub.actors import Actor
from registry import catalogue
from registry.catalogue import Search
from registry.models import Package, SearchEntry
from registry.services import packages, releases, search_entries
from registry.tasks import tidy_search_index
from tests.conftest import RULE
from tests.hub.together import together

type Build = Callable[..., Package]


def found(text: str) -> list[str]:
    return [one.name for one in catalogue.look(Actor(), Search(text), limit=9).page.items]


def test_a_rebuild_makes_the_same_entries(build_package: Build, owner: Actor) -> None:
    for number in range(5):
        build_package(f"style-{number}", "1.0.0", summary="Words.")
    packages.delete(by=owner, package=build_package("gone", "1.0.0"))
    before = list(SearchEntry.objects.order_by("package_id").values_list("package_id", "vector", "clients", "basis"))
    SearchEntry.objects.filter(package__name="style-3").delete()
    SearchEntry.objects.filter(package__name="style-4").update(vector="")
    output = io.StringIO()
    call_command("search_index", "rebuild", "--batch", "2", stdout=output)
    assert "6 packages are indexed." in output.getvalue()
    assert (
        list(SearchEntry.objects.order_by("package_id").values_list("package_id", "vector", "clients", "basis"))
        == before
    )


def test_the_schedule_adds_what_is_missing(build_package: Build) -> None:
    build_package("style", "1.0.0")
    SearchEntry.objects.all().delete()
    assert found("style") == []
    tidy_search_index()
    assert found("style") == ["style"]


def test_an_older_state_never_replaces_a_newer_one(build_package: Build, owner: Actor) -> None:
    package = build_package("style", "1.0.0", summary="Before.")
    stale = search_entries._read([package.id])
    packages.update(by=owner, package=package, visibility="public", summary="Afterwards.")
    search_entries._store(stale)
    assert (found("before"), found("afterwards")) == ([], ["style"])
    packages.delete(by=owner, package=package)
    search_entries._store(stale)
    assert SearchEntry.objects.get(package=package).vector == "'#gone'"


def test_an_entry_is_undone_with_its_publication(build_package: Build, owner: Actor) -> None:
    package = build_package("style", "1.0.0")
    with transaction.atomic():
        packages.update(by=owner, package=package, visibility="public", summary="Undone.")
        assert found("undone") == ["style"]
        transaction.set_rollback(True)
    assert found("undone") == []


@pytest.mark.django_db(transaction=True)
def test_publishing_during_a_rebuild_succeeds_at_once_and_wins(build_package: Build, owner: Actor) -> None:
    style = build_package("style", "1.0.0")
    for number in range(4):
        build_package(f"other-{number}", "1.0.0")
    steps = search_entries.rebuild(batch=1)
    stale = search_entries._read([style.id])  # what a step of the rebuild has read but not yet written

    def publish() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")  # whoever has to wait for the rebuild fails here
        manifest = RULE.format(title="style", version="1.1.0", text="Text with capers.")
        return releases.publish(by=owner, package=Package.objects.get(id=style.id), version="1.1.0", manifest=manifest)

    next(steps)
    results = together(publish, lambda: list(steps))
    assert results[0].version == "1.1.0"
    search_entries._store(stale)
    assert found("capers") == ["style"]
    entry = SearchEntry.objects.get(package=style)
    assert entry.basis == Package.objects.get(id=style.id).updated_at
    assert entry.basis > style.updated_at - timedelta(days=1)
