"""What package pages tell: comparing, dependencies, badges, downloads, and what all of it costs the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub.actors import Actor
from registry.domain import files as files_domain
from registry.domain.versions import Version
from registry.models import DownloadCount, Package, Release, Visibility
from registry.services import downloads, releases
from tests.conftest import RULE

type Build = Callable[..., Package]
type Read = Callable[..., str]

README = "# Style\n\n## Use it\n\nSee [how](#how-it-works).\n\n## How it works\n\n## Use it\n\n## Why?\n"


@pytest.fixture
def read() -> Read:
    """The text of a page, for an actor or nobody: `read("/acme/style", owner)`."""

    def get(address: str, actor: Actor | None = None, status: int = 200) -> str:
        client = Client()
        if actor is not None and actor.user is not None:
            client.force_login(actor.user, backend="allauth.account.auth_backends.AuthenticationBackend")
        answer = client.get(address)
        assert answer.status_code == status, address
        return answer.content.decode()

    return get


def text_of(page: str) -> str:
    """The words of a page, without marks."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def publish(by: Actor, package: Package, version: str, *, readme: str = "", manifest: str = "", **more: Any) -> Release:
    manifest = manifest or RULE.format(title=package.name, version=version, text=f"Text {version}.")
    notes = releases.Notes(readme, more.get("changelog", ""))
    return releases.publish(by=by, package=package, version=version, manifest=manifest, notes=notes)


def test_comparing_starts_with_the_latest_release_and_the_one_before(build_package: Build, read: Read) -> None:
    build_package("style", "1.0.0", "1.1.0", "1.2.0-rc.1", "1.2.0", "2.0.0-rc.1")
    page = read("/acme/style/compare")
    assert '<option value="1.1.0" selected>' in page
    assert '<option value="1.2.0" selected>' in page
    assert "from 1.1.0 to 1.2.0" in text_of(page)
    assert '<option value="1.2.0" selected>' in read("/acme/style/compare?to=2.0.0-rc.1"), "of a pre-release, any"


def test_comparing_shows_each_text_that_differs(build_package: Build, read: Read, owner: Actor) -> None:
    package = build_package("style")
    publish(owner, package, "1.0.0", readme="Old words.\n", changelog="First.\n")
    publish(owner, package, "1.1.0", readme="New words.\n", changelog="First.\n")
    for view in ("", "&view=unified"):
        page = read(f"/acme/style/compare?from=1.0.0&to=1.1.0{view}")
        assert "Differences in manifest.yaml" in page
        assert "Differences in README.md" in page
        assert "Differences in CHANGELOG.md" not in page
        assert "<del>Old</del>" in page
        assert "<ins>New</ins>" in page
        assert "Changes the text of the rule" in text_of(page)
    swapped = re.search(r'href="([^"]*)">Swap', page)
    assert swapped is not None
    assert "from=1.1.0&amp;to=1.0.0" in swapped[1]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?from=1.0.0&to=1.0.0", "Both sides are the same release."),
        ("?to=1.0.0", "No release came before 1.0.0."),
        ("?from=1.0.0&to=1.1.0", "What changes for a client"),
        ("?from=%5E1.0&to=latest", "Both sides are the same release."),
    ],
)
def test_comparing_says_when_there_is_nothing_to_compare(
    build_package: Build, read: Read, query: str, words: str
) -> None:
    build_package("style", "1.0.0", "1.1.0")
    assert words in text_of(read(f"/acme/style/compare{query}"))


def test_comparing_without_a_release_and_with_unknown_ones(build_package: Build, read: Read) -> None:
    build_package("empty")
    assert "No release to compare" in read("/acme/empty/compare")
    build_package("style", "1.0.0")
    for query in ("from=9.0.0", "to=9.0.0", "from=made%20up", "to=%3E%3E"):
        read(f"/acme/style/compare?{query}", status=404)


def test_texts_of_others_are_escaped_when_compared(build_package: Build, read: Read, owner: Actor) -> None:
    package = build_package("style")
    publish(owner, package, "1.0.0", readme="x <script>alert(1)</script>\n")
    publish(owner, package, "1.1.0", readme="x <script>alert(2)</script>\n")
    for view in ("split", "unified"):
        page = read(f"/acme/style/compare?view={view}")
        assert "<script>alert" not in page
        assert "&lt;" in page


def test_an_assistant_tells_which_parts_are_taken_of_another_release(
    build_package: Build, build_assistant: Build, read: Read, owner: Actor, stranger: Actor
) -> None:
    style = build_package("style", "1.0.0")
    hidden = build_package("hidden", "1.0.0")
    helper = build_assistant("helper", "rules:\n  - uses: acme/style\n  - uses: acme/hidden\n")
    for package in (style, hidden):
        publish(owner, package, "1.1.0")
    manifest = "name: helper\nversion: 1.1.0\nschema: v1\nrules:\n  - uses: acme/style\n  - uses: acme/hidden\n"
    releases.publish(by=owner, package=helper, version="1.1.0", manifest=manifest)
    Package.objects.filter(id=hidden.pk).update(visibility=Visibility.PRIVATE)
    page = text_of(read("/acme/helper/compare", owner))
    assert "acme / style 1.0.0 1.1.0" in page
    assert "acme / hidden 1.0.0 1.1.0" in page
    page = text_of(read("/acme/helper/compare", stranger))
    assert "acme / style 1.0.0 1.1.0" in page
    assert "acme / hidden 1.0.0" not in page


def test_dependencies_of_an_assistant_name_what_one_may_read_and_count_the_rest(
    build_package: Build, build_assistant: Build, read: Read, owner: Actor, stranger: Actor
) -> None:
    style = build_package("style", "1.0.0")
    hidden = build_package("hidden", "1.0.0")
    build_assistant("helper", "rules:\n  - uses: acme/style\n  - uses: acme/hidden\n")
    publish(owner, style, "1.1.0")
    Package.objects.filter(id=hidden.pk).update(visibility=Visibility.PRIVATE)
    page = read("/acme/helper/dependencies", owner)
    assert "acme/hidden" in page
    assert style.releases.get(version="1.0.0").digest in page
    assert "1.1.0 is out" in page
    page = read("/acme/helper/dependencies", stranger)
    assert "hidden" not in text_of(page)
    assert "It also contains a package that you may not read." in page
    assert "Dependencies of 1.0.0" in read("/acme/helper/dependencies?version=1.0.0", stranger)
    read("/acme/helper/dependencies?version=3.0.0", stranger, 404)


def test_dependencies_of_a_server_are_what_it_fetches(build_package: Build, read: Read, owner: Actor) -> None:
    package = build_package("server", kind="mcp-server")
    manifest = (
        "name: server\nversion: 1.0.0\nschema: v1\nmcpServers:\n  - name: server\n    command: npx\n"
        '    args: ["-y", "@acme/server@1.2.3"]\n'
    )
    publish(owner, package, "1.0.0", manifest=manifest)
    page = text_of(read("/acme/server/dependencies"))
    assert "@acme/server npm 1.2.3" in page
    assert "Not pinned" not in page
    publish(owner, package, "1.1.0", manifest=manifest.replace("@1.2.3", ""))
    assert "Not pinned" in read("/acme/server/dependencies")


def test_a_rule_has_no_tab_of_dependencies(build_package: Build, build_assistant: Build, read: Read) -> None:
    build_package("style", "1.0.0")
    build_assistant("helper", "rules:\n  - uses: acme/style\n")
    assert "/acme/style/dependencies" not in read("/acme/style")
    assert "/acme/helper/dependencies" in read("/acme/helper")
    assert "No dependencies" in read("/acme/style/dependencies")


def test_versions_in_use_count_what_one_may_see(
    build_package: Build, build_assistant: Build, read: Read, owner: Actor
) -> None:
    style = build_package("style", "1.0.0")
    build_assistant("first", "rules:\n  - uses: acme/style\n")
    build_assistant("secret", "rules:\n  - uses: acme/style\n", visibility="private")
    publish(owner, style, "1.1.0")
    build_assistant("second", "rules:\n  - uses: acme/style\n")
    assert "1.0.0 2" in text_of(read("/acme/style/used-by", owner))
    page = text_of(read("/acme/style/used-by"))
    assert "1.0.0 1" in page
    assert "1.1.0 1" in page
    assert "2 assistants that you may see have this package" in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "acme/style: 1.1.0"),
        ("?show=version", "acme/style: 1.1.0"),
        ("?show=downloads", "downloads: 1.2k"),
        ("?show=kind", "kind: Rule"),
        ("?show=license", "licence: not stated"),
    ],
)
def test_badges_show_what_they_are_asked_for(build_package: Build, read: Read, query: str, words: str) -> None:
    package = build_package("style", "1.0.0", "1.1.0")
    Package.objects.filter(id=package.pk).update(download_count=1234)
    assert f"<title>{words}</title>" in read(f"/acme/style/badge.svg{query}")


def test_badges_are_kept_by_caches_and_asked_for_again_by_their_tag(build_package: Build, client: Client) -> None:
    build_package("style", "1.0.0")
    answer = client.get("/acme/style/badge.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Vary" not in answer.headers
    again = client.get("/acme/style/badge.svg", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/acme/style/badge.svg?show=nothing").status_code == 400


@pytest.mark.parametrize("visibility", ["internal", "private"])
def test_what_not_everybody_reads_has_no_badge(build_package: Build, read: Read, owner: Actor, visibility: str) -> None:
    build_package("style", "1.0.0", visibility=visibility)
    read("/acme/style/badge.svg", owner, 404)
    page = read("/acme/style", owner)
    assert "badge.svg" not in page
    assert '<meta name="robots" content="noindex">' in page


def test_a_package_without_a_release_has_a_badge_that_says_so(build_package: Build, read: Read) -> None:
    build_package("style")
    assert "acme/style: no release" in read("/acme/style/badge.svg")


def test_downloads_are_drawn_and_listed(build_package: Build, read: Read) -> None:
    release = build_package("style", "1.0.0").releases.get()
    assert "None in the last 30 days." in text_of(read("/acme/style"))
    for days, count in ((0, 5), (3, 1200), (60, 7)):
        day = downloads.today() - timedelta(days=days)
        DownloadCount.objects.create(release=release, day=day, count=count)
    downloads.roll_up()
    page = read("/acme/style")
    assert page.count('class="chart-bar"') == 2
    assert "1,212" in text_of(page), "in all"
    assert "1,205 in all; most, 1,200," in text_of(page)
    for address in ("/acme/style?period=365", "/acme/style/releases/1.0.0?period=365"):
        page = read(address)
        assert page.count('class="chart-bar"') in (2, 3)
        assert "in the last 52 weeks" in page
        assert " style=" not in page
    assert "in the last 30 days" in read("/acme/style?period=made-up")


def test_releases_are_filtered(build_package: Build, read: Read) -> None:
    build_package("style", "1.0.0", "1.1.0-rc.1")
    listed = {
        show: re.findall(r'scope="row" class="mono"><a href="[^"]*">([^<]*)', read(f"/acme/style/releases?show={show}"))
        for show in ("", "stable", "prereleases", "made-up")
    }
    assert listed == {
        "": ["1.1.0-rc.1", "1.0.0"],
        "stable": ["1.0.0"],
        "prereleases": ["1.1.0-rc.1"],
        "made-up": ["1.1.0-rc.1", "1.0.0"],
    }
    build_package("plain", "1.0.0")
    assert "This package has no pre-releases." in read("/acme/plain/releases?show=prereleases")


def test_headings_of_a_readme_can_be_linked_to(build_package: Build, read: Read, owner: Actor) -> None:
    publish(owner, build_package("style"), "1.0.0", readme=README)
    for address in ("/acme/style", "/acme/style/releases/1.0.0"):
        page = read(address)
        assert '<h3 id="readme-use-it">' in page
        assert '<h3 id="readme-use-it-1">' in page
        assert 'href="#readme-how-it-works"' in page
        assert re.search(r'data-level="3"><a href="#readme-why">Why\?', page)


def test_metadata_leads_to_the_source_and_only_to_the_web(build_package: Build, read: Read, owner: Actor) -> None:
    package = build_package("style")
    manifest = RULE.format(title="style", version="1.0.0", text="T.") + (
        "metadata:\n  repository: https://git.example/acme/style.git\n  homepage: javascript:alert(1)\n"
    )
    publish(owner, package, "1.0.0", manifest=manifest)
    page = read("/acme/style")
    assert '<a href="https://git.example/acme/style.git" rel="nofollow noopener ugc">git.example/acme/style</a>' in page
    assert 'href="javascript' not in page


def test_a_folder_is_compared_file_by_file(
    build_package: Build, read: Read, owner: Actor, api: Callable[..., Any]
) -> None:
    package = build_package("pdf", kind="skill")
    skill = "---\nname: pdf\ndescription: Reads PDF files. Use it when somebody has one.\n---\n\nRead {}.\n"
    for version, files in (
        ("1.0.0", {"run.sh": b"echo one\n", "gone.md": b"Gone.\n", "same.md": b"Same.\n", "logo.png": b"\0one"}),
        ("1.1.0", {"run.sh": b"echo two\n", "new.md": b"New.\n", "same.md": b"Same.\n", "logo.png": b"\0longer"}),
    ):
        tree = files_domain.tree(files_domain.File(path, content) for path, content in files.items())
        releases.publish(by=owner, package=package, version=version, manifest=skill.format(version), files=tree)
    page = read("/acme/pdf/compare")
    words = text_of(page)
    assert "gone.md removed 6 bytes –" in words.replace("\xa0", " ")
    assert "new.md added – 5 bytes" in words.replace("\xa0", " ")
    assert "logo.png changed 4 bytes 7 bytes" in words.replace("\xa0", " ")
    assert "same.md" not in words
    for file in ("SKILL.md", "run.sh", "gone.md", "new.md"):
        assert f"Differences in {file}" in page
    assert "Differences in logo.png" not in page
    body = api("get", "packages/acme/pdf/compare").json()
    assert [(one["path"], one["how"]) for one in body["files"]] == [
        ("gone.md", "removed"),
        ("logo.png", "changed"),
        ("new.md", "added"),
        ("run.sh", "changed"),
    ]
    assert {one["file"] for one in body["texts"]} == {"SKILL.md", "run.sh", "gone.md", "new.md"}


def test_an_origin_is_told_and_leads_to_the_web_alone(build_package: Build, read: Read, owner: Actor) -> None:
    package = build_package("style")
    manifest = RULE.format(title="style", version="1.0.0", text="T.")
    origin = {
        "commit": "c0ffee",
        "repository": "https://git.example/acme/rules",
        "path": "rules/style.md",
        "odd": "javascript:x",
    }
    releases.publish(by=owner, package=package, version="1.0.0", manifest=manifest, origin=origin)
    page = read("/acme/style/releases/1.0.0")
    assert 'href="https://git.example/acme/rules"' in page
    assert "Commit c0ffee Path rules/style.md odd javascript:x" in text_of(page)
    assert 'href="javascript' not in page


def test_a_release_says_where_it_comes_from(build_package: Build, read: Read) -> None:
    release = build_package("style", "1.0.0", "1.1.0").releases.get(version="1.1.0")
    page = read("/acme/style/releases/1.1.0")
    assert f'<code class="whole-digest">{release.digest}</code>' in page
    assert "/acme/style/compare?from=1.0.0&amp;to=1.1.0" in page
    assert "Latest release: 1.1.0" in read("/acme/style/releases/1.0.0")


def many(package: Package, count: int) -> None:
    """Releases as if so many had been published."""
    model = package.releases.get(version="1.0.0")
    rows = []
    for number in range(1, count):
        version = Version.parse(f"1.0.{number}")
        fields = {field.attname: getattr(model, field.attname) for field in Release._meta.concrete_fields}
        rows.append(Release(**{**fields, "id": None, "version": str(version), "version_key": version.sort_key}))
    Release.objects.bulk_create(rows)
    Package.objects.filter(id=package.pk).update(latest_release=Release.objects.get(version=f"1.0.{count - 1}"))


ADDRESSES = (
    "/acme/style",
    "/acme/style/releases",
    "/acme/style/releases/1.0.0",
    "/acme/style/compare",
    "/acme/style/compare?from=1.0.0",
    "/acme/style/dependencies",
    "/acme/style/badge.svg",
    "/api/v1/packages/acme/style/downloads",
)
DEAREST = {"/acme/style": 8, "/acme/style/releases": 5, "/acme/style/compare": 8, "/acme/style/badge.svg": 1}


def test_pages_cost_the_same_however_many_releases_there_are(build_package: Build, client: Client) -> None:
    package = build_package("style", "1.0.0")
    many(package, 3)

    def costs() -> dict[str, int]:
        found = {}
        for address in ADDRESSES:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found[address] = len(queries)
        return found

    before = costs()
    Package.objects.filter(id=package.pk).update(latest_release=None)
    Release.objects.filter(package=package).exclude(version="1.0.0")._raw_delete("default")
    many(package, 400)
    assert costs() == before
    assert {address: before[address] for address in DEAREST} == DEAREST


def test_the_lists_of_versions_to_compare_are_short(build_package: Build, read: Read) -> None:
    package = build_package("style", "1.0.0")
    many(package, 400)
    page = read("/acme/style/compare?from=1.0.0&to=1.0.399")
    assert page.count('<option value="1.0.') == 2 * 201
    assert "Any other version can be named in the address." in page
