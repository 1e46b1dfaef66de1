"""Kinds of packages beyond one text: folders, server.json, models with a price."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import strip_tags

from hub.actors import Actor
from hub.models import Namespace
from registry.domain import canonical
from registry.domain.files import File, tree, unpack
from registry.kinds import KINDS
from registry.models import Artifact, Package, Release
from registry.services import forks, packages, publications, releases
from tests.domain.test_servers import REMOTE, SERVER

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SKILL = "---\nname: notes\ndescription: Writes release notes.\nlicense: MIT\n---\n\n# How\n\nRun `scripts/list.sh`.\n"
SCRIPT = b"#!/bin/sh\ngit log\n"


def archive(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for path, content in files.items():
            made.writestr(path.replace("__", "/"), content)
    return packed.getvalue()


FOLDER = archive(**{"notes__SKILL.md": SKILL.encode(), "notes__scripts__list.sh": SCRIPT})


@pytest.fixture
def notes(acme: Namespace, owner: Actor) -> Package:
    """A skill without releases."""
    return packages.create(by=owner, namespace=acme, name="notes", kind="skill", visibility="public")


@pytest.fixture
def published(notes: Package, owner: Actor) -> Release:
    files = tree([File("SKILL.md", SKILL.encode()), File("scripts/list.sh", SCRIPT, executable=True)])
    return releases.publish(by=owner, package=notes, version="1.0.0", manifest=SKILL, files=files)


def upload(client: Client, secret: str, package: str, content: bytes, **more: str) -> Any:
    data = {"version": "1.0.0", "archive": SimpleUploadedFile("notes.zip", content), **more}
    headers = {"Authorization": f"Bearer {secret}"}
    return client.post(f"/api/v1/packages/{package}/releases", data, headers=headers)


def test_every_kind_has_an_example_that_it_takes(acme: Namespace, owner: Actor) -> None:
    for kind in KINDS.values():
        if kind.name != "assistant":
            name = "release-notes" if kind.takes_files else f"an-{kind.name}"
            made = publications.publish_new(
                by=owner, namespace=acme, name=name, kind=kind.name, version="1.0.0", manifest=kind.example
            )
            assert made.warnings == [], kind.name


def test_a_folder_is_kept_once_and_named_by_its_content(published: Release, notes: Package, owner: Actor) -> None:
    assert published.artifact is not None
    assert published.artifact.file_count == 2
    assert [file["path"] for file in published.files] == ["SKILL.md", "scripts/list.sh"]
    assert [file["executable"] for file in published.files] == [False, True]
    content = bytes(Artifact.objects.get().content)
    assert canonical.digest(content) == published.artifact_id
    again = releases.publish(by=owner, package=notes, version="1.0.1", manifest=SKILL, files=unpack(content))
    assert again.artifact_id == published.artifact_id
    assert Artifact.objects.count() == 1
    notes.refresh_from_db()
    assert (notes.summary, notes.license) == ("Writes release notes.", "MIT")


def test_a_folder_is_published_over_rest_and_downloaded(
    notes: Package, owner: Actor, client: Client, token_of: Callable[..., str], api: Callable[..., Any]
) -> None:
    answer = upload(client, token_of(owner), "acme/notes", FOLDER)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert [file["path"] for file in body["files"]] == ["SKILL.md", "scripts/list.sh"]
    assert body["manifest"] == SKILL
    got = client.get("/api/v1/packages/acme/notes/releases/1.0.0/archive")
    assert got.headers["ETag"] == f'"{body["artifact"]}"'
    assert got.headers["Content-Type"] == "application/gzip"
    with tarfile.open(fileobj=io.BytesIO(got.content)) as opened:
        assert opened.getnames() == ["SKILL.md", "scripts/list.sh"]
    fresh = client.get(
        "/api/v1/packages/acme/notes/releases/latest/archive", headers={"If-None-Match": body["artifact"]}
    )
    assert fresh.status_code == 304
    assert client.get("/api/v1/packages/acme/notes/releases/latest/manifest").headers["Content-Type"].startswith("text/markdown")  # fmt: skip


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"no archive", 422, "not a zip"),
        (archive(readme=b"x"), 422, "There is no SKILL.md"),
        (archive(**{"SKILL.md": b"\xff\xfe"}), 422, "not UTF-8"),
        (archive(**{"SKILL.md": SKILL.encode(), "..__x": b"1"}), 422, "leads elsewhere"),
        (archive(**{"SKILL.md": SKILL.encode(), "key.txt": b"ghp_" + b"a1B2" * 9}), 422, "a GitHub token"),
        (archive(**{"SKILL.md": b"# Nothing"}), 422, "begins with front matter"),
        (b"PK\x03\x04" + b"0" * (4 * 1024**2 + 1), 400, "larger than 4 MiB"),
    ],
)
def test_a_bad_folder_is_refused_and_nothing_is_kept(
    notes: Package, owner: Actor, client: Client, token_of: Callable[..., str], content: bytes, status: int, words: str
) -> None:
    answer = upload(client, token_of(owner), "acme/notes", content)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not Release.objects.exists()
    assert not Artifact.objects.exists()


def test_only_folders_take_files(
    build_package: Callable[..., Package], owner: Actor, client: Client, token_of: Callable[..., str]
) -> None:
    build_package("style", "1.0.0")
    answer = upload(client, token_of(owner), "acme/style", FOLDER, version="2.0.0")
    assert answer.status_code == 422
    assert "There is no manifest.yaml" in answer.json()["detail"]
    rule = archive(**{"manifest.yaml": b"Be brief.", "more.md": b"x"})
    answer = upload(client, token_of(owner), "acme/style", rule, version="2.0.0")
    assert "no files beside its manifest" in answer.json()["detail"]


def test_a_form_takes_a_folder(acme: Namespace, owner: Actor, client: Client) -> None:
    client.force_login(owner.user, backend=BACKEND)
    page = client.get("/publish?kind=skill").content.decode()
    assert 'enctype="multipart/form-data"' in page
    data = {"namespace": "acme", "name": "notes", "visibility": "public", "version": "1.0.0", "manifest": ""}
    answer = client.post("/publish?kind=skill", data)
    assert "Hand in an archive" in answer.content.decode()
    answer = client.post("/publish?kind=skill", data | {"archive": SimpleUploadedFile("x.zip", b"words")})
    assert answer.status_code == 422
    assert "not a zip" in answer.content.decode()
    answer = client.post("/publish?kind=skill", data | {"archive": SimpleUploadedFile("x.zip", FOLDER)})
    assert answer.status_code == 302, answer.content
    assert Release.objects.get().artifact.file_count == 2
    page = client.get("/acme/notes").content.decode()
    assert "scripts/list.sh" in page
    assert ".agents/skills/notes" in page
    assert "Run <code>scripts/list.sh</code>" in page


def test_a_file_of_a_folder_has_a_page(published: Release, client: Client) -> None:
    page = client.get("/acme/notes/releases/1.0.0/files/scripts/list.sh")
    assert page.status_code == 200
    assert "git log" in strip_tags(page.content.decode())
    assert client.get("/acme/notes/releases/1.0.0/files/missing").status_code == 404
    assert client.get("/acme/notes/releases/9.9.9/files/SKILL.md").status_code == 404


def test_a_binary_file_says_so(notes: Package, owner: Actor, client: Client) -> None:
    files = tree([File("SKILL.md", SKILL.encode()), File("logo.png", b"\x89PNG\r\n\x1a\n\0\xff")])
    releases.publish(by=owner, package=notes, version="1.0.0", manifest=SKILL, files=files)
    page = client.get("/acme/notes/releases/1.0.0/files/logo.png").content.decode()
    assert "not a text" in page


def test_a_file_that_is_html_is_shown_and_not_run(notes: Package, owner: Actor, client: Client) -> None:
    files = tree([File("SKILL.md", SKILL.encode()), File("page.html", b"<script>alert(1)</script>")])
    releases.publish(by=owner, package=notes, version="1.0.0", manifest=SKILL, files=files)
    page = client.get("/acme/notes/releases/1.0.0/files/page.html").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_form_that_is_too_large_is_refused_unread(
    acme: Namespace, owner: Actor, client: Client, settings: Any
) -> None:
    settings.MAX_UPLOAD_BYTES = 100
    client.force_login(owner.user, backend=BACKEND)
    answer = client.post("/publish?kind=skill", {"archive": SimpleUploadedFile("x.zip", FOLDER)})
    assert answer.status_code == 413
    answer = client.post("/api/v1/packages/acme/x/releases", {"archive": SimpleUploadedFile("x.zip", FOLDER)})
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json")


def test_a_server_json_is_kept_rendered_and_used(
    acme: Namespace, owner: Actor, api: Callable[..., Any], build_assistant: Callable[..., Package], client: Client
) -> None:
    text = json.dumps(SERVER, indent=2)
    made = publications.publish_new(
        by=owner, namespace=acme, name="tickets", kind="mcp-server", version="1.4.0", manifest=text, visibility="public"
    )
    assert made.format == "json"
    assert made.document == SERVER
    body = api("get", "packages/acme/tickets/releases/1.4.0").json()
    assert body["document"]["name"] == "com.example/tickets"
    assert body["manifest"] == text
    raw = client.get("/api/v1/packages/acme/tickets/releases/1.4.0/manifest")
    assert (raw.headers["Content-Type"], raw.content.decode()) == ("application/json", text)
    build_assistant("helper", "mcpServers:\n  - uses: acme/tickets\n    with: {TICKETS_PROJECT: web, FOLDER: docs}\n")
    (server,) = api("get", "assistants/acme/helper/bundle").json()["config"]["mcpServers"]
    assert server["args"][-1] == "docs"
    assert server["env"]["TICKETS_PROJECT"] == "web"
    assert server["env"]["TICKETS_TOKEN"] == "${{ secrets.acme/helper/acme/tickets/TICKETS_TOKEN }}"
    page = client.get("/acme/tickets").content.decode()
    for words in ("TICKETS_TOKEN", "required", "secret", "@example/tickets"):
        assert words in page


def test_a_client_that_knows_only_config_yaml_is_given_one(
    acme: Namespace, owner: Actor, client: Client, published: Release
) -> None:
    publications.publish_new(
        by=owner, namespace=acme, name="tickets", kind="mcp-server", version="1.4.0", manifest=json.dumps(REMOTE),
        visibility="public",
    )  # fmt: skip
    content = client.get("/registry/v1/acme/tickets/latest").json()["content"]
    assert json.loads(content)["mcpServers"][0]["url"].endswith(".example.com/mcp")
    assert client.get("/registry/v1/acme/notes/latest").status_code == 404


def test_a_config_of_a_server_is_given_a_server_json(acme: Namespace, owner: Actor) -> None:
    text = "name: T\nversion: 1.0.0\nschema: v1\nmcpServers:\n  - name: T\n    command: npx\n    args: [-y, t@1.0.0]\n"
    made = publications.publish_new(
        by=owner, namespace=acme, name="tt", kind="mcp-server", version="2.0.0", manifest=text
    )
    assert made.document is not None
    assert (made.document["name"], made.document["version"]) == ("acme/tt", "2.0.0")


def test_a_model_says_where_it_runs_and_what_it_costs(
    acme: Namespace, owner: Actor, api: Callable[..., Any], client: Client
) -> None:
    text = (
        "name: Sonnet\nversion: 1.0.0\nschema: v1\nmodels:\n  - name: Sonnet\n    provider: anthropic\n"
        "    model: claude-sonnet-4-6\n    roles: [chat]\n    apiKey: ${{ secrets.KEY }}\n"
    )
    publications.publish_new(
        by=owner, namespace=acme, name="sonnet", kind="model", version="1.0.0", manifest=text, visibility="public"
    )
    model = api("get", "packages/acme/sonnet/releases/latest").json()["model"]
    assert (model["runs"], model["roles"]) == ("vendor", ["chat"])
    assert model["price"]["currency"] == "USD"
    page = client.get("/acme/sonnet").content.decode()
    assert "at the vendor" in page
    assert "newest entry of" in page


def test_a_fork_of_a_folder_has_its_files(published: Release, owner: Actor, stranger: Actor) -> None:
    assert stranger.user is not None
    notes = Package.objects.select_related("namespace", "latest_release").get(name="notes")
    made = forks.fork(by=stranger, upstream=notes, namespace=stranger.user.namespace, name="notes")
    assert Release.objects.get(package=made).artifact_id == published.artifact_id


def test_where_a_release_came_from_is_kept_and_told(notes: Package, owner: Actor, api: Callable[..., Any]) -> None:
    origin = {"repository": "https://git.example.com/rules", "commit": "0" * 40, "path": "skills/notes"}
    releases.publish(by=owner, package=notes, version="1.0.0", manifest=SKILL, origin=origin)
    assert api("get", "packages/acme/notes/releases/1.0.0").json()["origin"] == origin
