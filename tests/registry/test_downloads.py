"""Downloads: what counts as one, that none is counted twice or lost without need, and what counting costs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as hub_settings
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from hub.actors import Actor
from registry import tasks
from registry.models import DownloadCount, Package, PackageDownloadCount, Release
from registry.services import downloads, releases
from registry.services.downloads import tally
from tests.hub.together import together

type Build = Callable[..., Package]

HELPER = "rules:\n  - uses: acme/style\n"
COUNTED = (
    ("/api/v1/packages/acme/style/releases/1.0.0/manifest", "style"),
    ("/api/v1/packages/acme/style/releases/latest/manifest", "style"),
    ("/api/v1/assistants/acme/helper/bundle", "helper"),
    ("/ide/get-assistant/acme/helper", "helper"),
    ("/registry/v1/acme/style/latest", "style"),
    ("/v0/acme/style/latest/download", "style"),
)
# A folder, which clients take as an archive.
SKILL = "---\nname: pdf\ndescription: Reads PDF files. Use it when somebody has one.\n---\n\nRead.\n"
NOT_COUNTED = (
    "/acme/style",
    "/acme/style/releases/1.0.0",
    "/api/v1/packages/acme/style",
    "/api/v1/packages/acme/style/releases/1.0.0",
    "/api/v1/assistants/acme/helper/lock",
    "/ide/list-assistants",
)


def counts() -> dict[str, int]:
    """What is written, by release."""
    downloads.write()
    rows = DownloadCount.objects.select_related("release__package__namespace")
    return {str(row.release).removeprefix("acme/"): row.count for row in rows}


@pytest.fixture
def style(build_package: Build) -> Package:
    """A public rule with one release."""
    return build_package("style", "1.0.0")


@pytest.fixture
def helper(style: Package, build_assistant: Build) -> Package:
    """An assistant that contains it."""
    return build_assistant("helper", HELPER)


@pytest.mark.parametrize(("address", "name"), COUNTED)
def test_what_clients_fetch_is_counted(
    helper: Package, api: Callable[..., Any], owner: Actor, address: str, name: str
) -> None:
    for _ in range(2):
        assert api("get", address, owner).status_code == 200
    assert counts() == {f"{name}@1.0.0": 2}


def test_an_archive_is_counted(build_package: Build, owner: Actor, api: Callable[..., Any]) -> None:
    package = build_package("pdf", kind="skill")
    releases.publish(by=owner, package=package, version="1.0.0", manifest=SKILL)
    assert api("get", "packages/acme/pdf/releases/1.0.0/archive").status_code == 200
    assert counts() == {"pdf@1.0.0": 1}


@pytest.mark.parametrize("address", NOT_COUNTED)
def test_what_is_looked_at_is_not(helper: Package, api: Callable[..., Any], owner: Actor, address: str) -> None:
    assert api("get", address, owner).status_code == 200
    assert counts() == {}


def test_a_client_that_has_the_bytes_and_one_that_asks_for_headers_are_not_counted(
    helper: Package, api: Callable[..., Any]
) -> None:
    address = "/api/v1/assistants/acme/helper/bundle"
    tag = api("get", address).headers["ETag"]
    assert api("get", address, None, None, **{"If-None-Match": tag}).status_code == 304
    api("head", address)
    assert api("get", "/api/v1/assistants/acme/helper/bundle?version=9.0.0").status_code == 404
    assert counts() == {"helper@1.0.0": 1}


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (compatible; Googlebot/2.1)", "web spider", "assistant-hub"])
def test_bots_and_hubs_that_mirror_are_not_counted(style: Package, api: Callable[..., Any], agent: str) -> None:
    api("get", COUNTED[0][0], None, None, **{"User-Agent": agent})
    assert counts() == {}
    api("get", COUNTED[0][0], None, None, **{"User-Agent": "curl/8.5"})
    assert counts() == {"style@1.0.0": 1}


def test_counting_costs_no_query(helper: Package, api: Callable[..., Any], owner: Actor) -> None:
    address = "/api/v1/assistants/acme/helper/bundle"
    api("get", address, owner)
    with CaptureQueriesContext(connection) as queries:
        api("get", address, owner)
    assert len(queries) == 0
    assert len(tally) == 1


def release_of(package: Package) -> Release:
    return Release.objects.get(package=package)


def test_counts_are_added_to_those_of_the_day_and_rolled_up_once(style: Package) -> None:
    release = release_of(style)
    for _ in range(3):
        downloads.note(release.pk)
        downloads.write()
    tasks.roll_up_downloads()
    tasks.roll_up_downloads()
    release.refresh_from_db()
    style.refresh_from_db()
    assert (release.download_count, style.download_count) == (3, 3)
    assert PackageDownloadCount.objects.get().count == 3
    downloads.note(release.pk)
    downloads.write()
    tasks.roll_up_downloads()
    style.refresh_from_db()
    assert style.download_count == 4
    assert downloads.of_package(style, 30)[-1] == (downloads.today(), 4)
    assert downloads.of_release(release, 30)[-1] == (downloads.today(), 4)
    assert downloads.of_package(style, 30)[0] == (downloads.today() - timedelta(days=29), 0)


def test_more_rows_than_a_step_takes_are_all_added(build_package: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "ROWS_A_STEP", 2)
    versions = [f"1.{number}.0" for number in range(5)]
    package = build_package("style", *versions)
    for release in package.releases.all():
        downloads.note(release.pk)
    downloads.write()
    tasks.roll_up_downloads()
    package.refresh_from_db()
    assert package.download_count == 5
    assert PackageDownloadCount.objects.get().count == 5


def test_what_cannot_be_written_is_kept(style: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    downloads.note(release_of(style).pk)

    class Away:
        def cursor(self) -> Any:
            raise OperationalError("away")

    with monkeypatch.context() as broken:
        broken.setattr(downloads, "connection", Away())
        with pytest.raises(OperationalError):
            downloads.write()
    assert counts() == {"style@1.0.0": 1}


def test_a_release_that_is_gone_takes_no_other_count_with_it(style: Package) -> None:
    downloads.note(release_of(style).pk)
    downloads.note(9_999_999)
    assert counts() == {"style@1.0.0": 1}


def test_old_days_are_forgotten_and_totals_are_not(style: Package) -> None:
    release, old = release_of(style), downloads.today() - timedelta(days=downloads.KEPT_DAYS + 1)
    DownloadCount.objects.create(release=release, day=old, count=7)
    tasks.prune_downloads()
    assert DownloadCount.objects.exists(), "not in the totals yet"
    tasks.roll_up_downloads()
    tasks.prune_downloads()
    assert not DownloadCount.objects.exists()
    assert not PackageDownloadCount.objects.exists()
    style.refresh_from_db()
    assert style.download_count == 7


@pytest.mark.django_db(transaction=True)
def test_processes_that_write_and_roll_up_at_once_count_each_download_once(build_package: Build) -> None:
    package = build_package("style", *(f"1.{number}.0" for number in range(4)))
    ids = list(package.releases.values_list("id", flat=True))
    day = downloads.today()

    def writes(order: list[int]) -> Callable[[], None]:
        def deed() -> None:
            for _ in range(10):
                with connection.cursor() as cursor:
                    cursor.execute(downloads._ADD, [order, [day] * len(order), [1] * len(order)])

        return deed

    def rolls() -> None:
        for _ in range(10):
            downloads.roll_up()

    assert together(writes(ids), writes(ids[::-1]), rolls, rolls) == [None] * 4
    while downloads.roll_up():
        pass
    package.refresh_from_db()
    assert package.download_count == 2 * 10 * len(ids)
    assert PackageDownloadCount.objects.get().count == package.download_count
    assert {release.download_count for release in package.releases.all()} == {20}


@pytest.mark.django_db(transaction=True)
def test_a_package_that_is_being_changed_is_left_for_the_next_time(build_package: Build) -> None:
    package = build_package("style", "1.0.0")
    downloads.note(release_of(package).pk)
    downloads.write()
    done: list[int] = []

    def elsewhere() -> None:
        try:
            done.append(downloads.roll_up())
        finally:
            connection.close()

    with transaction.atomic():
        Package.objects.select_for_update().get(id=package.pk)
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join()
    assert done == [0]
    assert downloads.roll_up() == 1


@pytest.mark.django_db(transaction=True)
def test_the_thread_writes_by_itself(build_package: Build, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    release = release_of(build_package("style", "1.0.0"))
    written = threading.Event()
    write = downloads.write

    def and_tell() -> int:
        count = write()
        if count:
            written.set()
        return count

    monkeypatch.setattr(downloads, "write", and_tell)
    settings.DOWNLOADS_WRITTEN_EVERY = 0.01
    writer = downloads.Writer()
    monkeypatch.setattr(downloads, "_writer", writer)
    downloads.note(release.pk)
    assert written.wait(10)
    settings.DOWNLOADS_WRITTEN_EVERY = 0
    writer.stop()
    assert counts() == {"style@1.0.0": 1}


@pytest.mark.django_db(transaction=True)
def test_a_process_that_ends_writes_what_it_has_counted(build_package: Build) -> None:
    release = release_of(build_package("style", "1.0.0"))
    script = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        f"connection.settings_dict['NAME'] = {connection.settings_dict['NAME']!r}\n"
        "from registry.services import downloads\n"
        f"[downloads.note({release.pk}) for _ in range(5)]\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment, timeout=60, cwd=hub_settings.BASE_DIR)
    assert DownloadCount.objects.get().count == 5


def test_a_child_process_does_not_write_what_its_parent_counted() -> None:
    script = (
        "import os, django; django.setup()\n"
        "from registry.services import downloads\n"
        "downloads.settings.DOWNLOADS_WRITTEN_EVERY = 600\n"
        "downloads.note(1)\n"
        "child = os.fork()\n"
        "os._exit(len(downloads.tally)) if child == 0 else None\n"
        "left = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\n"
        "os._exit(0 if (left, len(downloads.tally)) == (0, 1) else 1)\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings", "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment, timeout=60, cwd=hub_settings.BASE_DIR)
