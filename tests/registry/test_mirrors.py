"""Mirrors: of a real second hub on the loopback, and of an MCP registry written here."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from hub import outbound
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Job, Namespace
from hub.services import jobs, organizations
from registry.domain import canonical
from registry.domain import mirrors as domain
from registry.domain.files import File, tree
from registry.mirroring import asking, hub
from registry.models import Imposer, Mirror, MirroredPackage, Package, Release
from registry.services import mirror_runs, mirrors, packages, releases

OFFICIAL = "io.modelcontextprotocol.registry/official"


class Upstream(ThreadingHTTPServer):
    """An MCP registry, two entries a page."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.entries: list[dict[str, Any]] = []
        self.asked: list[dict[str, list[str]]] = []
        self.broken_after: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/acme"

    def offer(self, name: str, version: str, *, status: str = "active", message: str = "", **more: Any) -> None:
        """Offer a version, or change what is said of it."""
        at = more.pop("at", "2026-11-20T10:00:00Z")
        server = {
            "name": name,
            "description": more.pop("description", "Looks things up."),
            "version": version,
            "remotes": [{"type": "streamable-http", "url": "https://mcp.example.com/mcp"}],
        } | more
        official = {"status": status, "statusMessage": message, "updatedAt": at, "publishedAt": at, "isLatest": True}
        self.entries = [e for e in self.entries if (e["server"]["name"], e["server"]["version"]) != (name, version)]
        self.entries.append({"server": server, "_meta": {OFFICIAL: official}})


class Handler(BaseHTTPRequestHandler):
    server: Upstream

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        self.server.asked.append(query)
        if self.server.broken_after is not None and len(self.server.asked) > self.server.broken_after:
            self.send_error(500)
            return
        since = query.get("updated_since", [""])[0]
        found = [
            one
            for one in self.server.entries
            if (
                one["_meta"][OFFICIAL]["updatedAt"] >= since if since else one["_meta"][OFFICIAL]["status"] != "deleted"
            )
        ]
        start = int(query.get("cursor", ["0"])[0])
        metadata = {"count": 2} | ({"nextCursor": str(start + 2)} if len(found) > start + 2 else {})
        body = json.dumps({"servers": found[start : start + 2], "metadata": metadata}).encode()
        self.send_response(200 if parts.path == "/acme/v0.1/servers" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing to say."""


@pytest.fixture
def upstream(settings: Any) -> Iterator[Upstream]:
    """An MCP registry on the loopback, which the operator allows."""
    with Upstream() as server:
        settings.MIRROR_ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def mirror(owner: Actor, acme: Namespace, upstream: Upstream) -> Mirror:
    """Acme's mirror of the MCP registry."""
    return mirrors.create(by=owner, namespace=acme, setup=mirrors.Setup("mcp-registry", upstream.url))


def ran(by: Actor, mirror: Mirror) -> Job:
    """The mirror's next run, done at once, an hour after the last."""
    Mirror.objects.filter(id=mirror.id).update(started_at=None)
    job = mirrors.run_now(by=by, mirror=mirror)
    jobs.register(mirrors.JOB, mirror_runs.handle)
    jobs.run(job.id)
    job.refresh_from_db()
    return job


def counts(job: Job) -> dict[str, int]:
    assert job.state == "done", job.error
    return job.report["counts"]


def test_servers_of_a_registry_become_packages_with_their_provenance(
    owner: Actor, mirror: Mirror, upstream: Upstream
) -> None:
    for name, version in (("com.example/issues", "1.0.0"), ("com.example/issues", "1.1.0"), ("io.other/docs", "2.0.0")):
        upstream.offer(name, version)
    assert counts(ran(owner, mirror)) == {"published": 3}
    package = Package.objects.get(name="com.example.issues")
    assert (package.kind, package.visibility, package.latest_release and package.latest_release.version) == (
        "mcp-server",
        "internal",
        "1.1.0",
    )
    release = package.releases.get(version="1.0.0")
    assert release.document["name"] == "com.example/issues"
    assert release.origin == {
        "importer": "mirror",
        "url": f"{upstream.url}/v0.1/servers/com.example%2Fissues/versions/1.0.0",
        "digest": release.digest,
        "package": "com.example/issues",
    }
    assert AuditEvent.objects.filter(action="registry.release.publish", data__origin__importer="mirror").count() == 3


def test_the_next_run_asks_for_changes_alone_and_changes_nothing_twice(
    owner: Actor, mirror: Mirror, upstream: Upstream
) -> None:
    upstream.offer("com.example/issues", "1.0.0", at="2026-11-20T10:00:00Z")
    ran(owner, mirror)
    assert "updated_since" not in upstream.asked[0]
    assert counts(ran(owner, mirror)) == {"unchanged": 1}
    assert upstream.asked[-1]["updated_since"] == ["2026-11-20T09:00:00Z"]
    assert Release.objects.count() == 1


def test_a_run_that_breaks_off_asks_from_the_same_moment_again(
    owner: Actor, mirror: Mirror, upstream: Upstream
) -> None:
    for number in range(5):
        upstream.offer(f"com.example/s{number}", "1.0.0")
    upstream.broken_after = 1
    job = ran(owner, mirror)
    assert (job.state, job.error) == ("failed", "127.0.0.1 answered with status 500.")
    mirror.refresh_from_db()
    assert (mirror.since, mirror.error) == ("", job.error)
    assert Release.objects.count() == 2
    upstream.broken_after = None
    assert counts(ran(owner, mirror)) == {"unchanged": 2, "published": 3}


def test_what_is_deleted_or_deprecated_upstream_is_followed(owner: Actor, mirror: Mirror, upstream: Upstream) -> None:
    upstream.offer("com.example/issues", "1.0.0")
    upstream.offer("com.example/old", "1.0.0")
    ran(owner, mirror)
    later = "2026-11-21T10:00:00Z"
    upstream.offer("com.example/issues", "1.0.0", status="deleted", message="Leaks.", at=later)
    upstream.offer("com.example/old", "1.0.0", status="deprecated", message="Use issues.", at=later)
    assert counts(ran(owner, mirror)) == {"yanked": 1, "unchanged": 1}
    assert Release.objects.get(package__name="com.example.issues").yank_reason == "Deleted upstream. Leaks."
    assert MirroredPackage.objects.get(upstream_name="com.example/old").state == "Deprecated upstream. Use issues."


def test_local_names_and_local_changes_are_left_alone(
    owner: Actor, mirror: Mirror, upstream: Upstream, build_package: Callable[..., Package]
) -> None:
    own = build_package("com.example.issues", "1.0.0", kind="prompt")
    upstream.offer("com.example/issues", "2.0.0")
    upstream.offer("com.example/other", "1.0.0")
    upstream.offer("com.example/docs", "1.0.0")
    job = ran(owner, mirror)
    assert counts(job) == {"conflict": 1, "published": 2}
    assert "a package of its own" in next(n["why"] for n in job.report["notes"] if n["outcome"] == "conflict")
    assert own.releases.count() == 1
    release = Release.objects.select_related("package__namespace").get(package__name="com.example.other")
    releases.yank(by=owner, release=release, reason="Not for us.")
    packages.delete(by=owner, package=Package.objects.get(name="com.example.docs"))
    upstream.offer("com.example/docs", "1.1.0")
    upstream.offer("com.example/other", "1.0.0", description="Says something else now.")
    assert counts(ran(owner, mirror)) == {"conflict": 2, "left alone": 2}
    release.refresh_from_db()
    assert release.yank_reason == "Not for us."
    assert not Package.objects.present().filter(name="com.example.docs").exists()


def test_what_cannot_be_kept_is_reported_and_stops_nothing_else(
    owner: Actor, mirror: Mirror, upstream: Upstream
) -> None:
    upstream.offer("com.example/odd", "latest-and-greatest")
    upstream.offer("com.example/empty", "1.0.0", remotes=[])
    upstream.offer("no name at all", "1.0.0")
    upstream.offer("com.example/good", "1.0.0")
    upstream.entries.append({"server": {}, "_meta": {OFFICIAL: {"status": "active"}}})
    job = ran(owner, mirror)
    assert counts(job) == {"refused": 4, "published": 1}
    assert all(note["why"] for note in job.report["notes"] if note["outcome"] == "refused")


def test_patterns_say_what_is_wanted(owner: Actor, acme: Namespace, upstream: Upstream) -> None:
    setup = mirrors.Setup("mcp-registry", upstream.url, ("com.example/*",))
    mirror = mirrors.create(by=owner, namespace=acme, setup=setup)
    upstream.offer("com.example/issues", "1.0.0")
    upstream.offer("io.other/docs", "1.0.0")
    assert counts(ran(owner, mirror)) == {"published": 1}
    with pytest.raises(domain.InvalidPatterns):
        domain.check_patterns(["[a-z]/x"])


def test_an_upstream_is_asked_hourly_at_most(owner: Actor, mirror: Mirror) -> None:
    mirrors.run_now(by=owner, mirror=mirror)
    with pytest.raises(mirrors.TooSoon):
        mirrors.run_now(by=owner, mirror=mirror)
    assert mirrors.start_due(by=Actor(source="task")) == 0
    Job.objects.update(state="failed", finished_at=timezone.now())
    with pytest.raises(mirrors.TooSoon):
        mirrors.run_now(by=owner, mirror=mirror)
    Mirror.objects.update(started_at=timezone.now() - timedelta(hours=23))
    assert mirrors.start_due(by=Actor(source="task")) == 0
    Mirror.objects.update(started_at=timezone.now() - timedelta(hours=24))
    assert mirrors.start_due(by=Actor(source="task")) == 1
    assert mirrors.start_due(by=Actor(source="task")) == 0


def test_who_manages_the_namespace_sets_mirrors_up_with_addresses_that_are_public(
    owner: Actor, member: Actor, stranger: Actor, acme: Namespace, upstream: Upstream
) -> None:
    for nobody in (member, stranger, Actor()):
        with pytest.raises(PermissionRefused):
            mirrors.create(by=nobody, namespace=acme, setup=mirrors.Setup("hub", upstream.url))
    for url in ("http://example.com", "https://10.0.0.1", "https://example.com/?a=b"):
        with pytest.raises(mirrors.InvalidUrl):
            mirrors.create(by=owner, namespace=acme, setup=mirrors.Setup("hub", url))
    for wrong in (mirrors.Setup("ftp", upstream.url), mirrors.Setup("hub", upstream.url, interval_hours=0)):
        with pytest.raises(mirrors.InvalidMirror):
            mirrors.create(by=owner, namespace=acme, setup=wrong)
    mirror = mirrors.create(by=owner, namespace=acme, setup=mirrors.Setup("hub", upstream.url))
    with pytest.raises(mirrors.MirrorExists):
        mirrors.create(by=owner, namespace=acme, setup=mirrors.Setup("hub", f"{upstream.url}/"))
    mirrors.delete(by=owner, mirror=mirror)
    with pytest.raises(mirrors.Gone):
        mirrors.run_now(by=owner, mirror=mirror)


def test_an_upstream_that_goes_round_in_circles_or_for_ever_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "ask", lambda url: {"items": [], "next": "same"})
    with pytest.raises(outbound.Failed, match="circles"):
        list(asking.pages("https://example.com", {}, "next"))
    numbers = iter(range(10**6))
    monkeypatch.setattr(asking, "ask", lambda url: {"items": [], "next": str(next(numbers))})
    with pytest.raises(outbound.Failed, match="more than"):
        list(asking.pages("https://example.com", {}, "next"))


@pytest.mark.django_db(transaction=True)
def test_another_hub_is_followed_with_its_yanks_and_deletions(
    live_server: Any, owner: Actor, acme: Namespace, build_package: Callable[..., Package], settings: Any
) -> None:
    address = urlsplit(live_server.url)
    settings.MIRROR_ALLOWED_HOSTS = [address.netloc]
    style = build_package("style", "1.0.0", "1.1.0")
    build_package("secret", "1.0.0", visibility="private")
    copies = organizations.create(by=owner, slug="copies", name="Copies")
    setup = mirrors.Setup("hub", live_server.url, ("acme/*",), "private", 1)
    mirror = mirrors.create(by=owner, namespace=copies.namespace, setup=setup)

    assert counts(ran(owner, mirror)) == {"published": 2}
    copy = Package.objects.get(namespace=copies.namespace)
    assert (copy.name, copy.visibility) == ("acme.style", "private")
    pairs = [(r.version, r.digest, r.manifest) for r in copy.releases.order_by("version")]
    assert pairs == [(r.version, r.digest, r.manifest) for r in style.releases.order_by("version")]
    assert copy.releases.get(version="1.1.0").origin["url"] == f"{live_server.url}/acme/style/releases/1.1.0"

    old = style.releases.select_related("package__namespace").get(version="1.0.0")
    releases.yank(by=owner, release=old, reason="Old.")
    assert counts(ran(owner, mirror)) == {"yanked": 1, "unchanged": 1}
    assert copy.releases.get(version="1.0.0").yank_reason == "Yanked upstream: Old."

    packages.delete(by=owner, package=style)
    assert counts(ran(owner, mirror)) == {"yanked": 1}
    assert copy.releases.get(version="1.1.0").yank_reason == "It was deleted upstream."
    assert MirroredPackage.objects.get().state == "It was deleted upstream."


SKILL = "---\nname: notes\ndescription: Writes release notes.\n---\nList the commits.\n"


@pytest.mark.django_db(transaction=True)
def test_folders_and_assistants_of_another_hub_come_whole(
    live_server: Any, owner: Actor, acme: Namespace, build_package: Any, build_assistant: Any, settings: Any
) -> None:
    settings.MIRROR_ALLOWED_HOSTS = [urlsplit(live_server.url).netloc]
    # The one that builds on another is listed first: the last changed comes last.
    build_package("style", "1.0.0")
    build_assistant("base", "rules:\n  - uses: acme/style@^1\n")
    helper = build_assistant("helper", "extends: acme/base@^1\nprompts:\n  - {name: p, prompt: Hi.}\n")
    notes = packages.create(by=owner, namespace=acme, name="notes", kind="skill", visibility="public")
    files = tree([File("scripts/list.sh", b"git log\n", executable=True)])
    releases.publish(by=owner, package=notes, version="1.0.0", manifest=SKILL, files=files)
    base = Package.objects.select_related("namespace").get(name="base")
    packages.update(by=owner, package=base, visibility="public", summary="Changed last.")

    copies = organizations.create(by=owner, slug="copies", name="Copies")
    setup = mirrors.Setup("hub", live_server.url, ("acme/*",), "public", 1)
    mirror = mirrors.create(by=owner, namespace=copies.namespace, setup=setup)
    assert counts(ran(owner, mirror)) == {"published": 4}
    skill = Release.objects.get(package__namespace=copies.namespace, package__name="acme.notes")
    assert skill.artifact_id == notes.releases.get().artifact_id
    copy = Release.objects.get(package__namespace=copies.namespace, package__name="acme.helper")
    assert copy.content["extends"] == "copies/acme.base@^1"
    assert copy.origin["digest"] == helper.releases.get().digest != copy.digest
    assert counts(ran(owner, mirror)) == {"unchanged": 4}


@pytest.mark.django_db(transaction=True)
def test_an_assistant_of_parts_that_are_not_wanted_is_refused_with_the_reason(
    live_server: Any, owner: Actor, build_package: Any, build_assistant: Any, settings: Any
) -> None:
    settings.MIRROR_ALLOWED_HOSTS = [urlsplit(live_server.url).netloc]
    build_package("style", "1.0.0")
    build_assistant("helper", "rules:\n  - uses: acme/style@^1\n")
    copies = organizations.create(by=owner, slug="copies", name="Copies")
    setup = mirrors.Setup("hub", live_server.url, ("acme/helper",), "public", 1)
    mirror = mirrors.create(by=owner, namespace=copies.namespace, setup=setup)
    report = ran(owner, mirror)
    assert counts(report) == {"refused": 1}
    [note] = Mirror.objects.get().report["notes"]
    assert "“copies/acme.style”" in note["why"]


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        ("rules:\n- uses: A/b@^1  # why\n- x\n", 'rules:\n- uses: "here/a.b@^1"  # why\n- x\n'),
        ("extends: a/b\n", 'extends: "here/a.b"\n'),
        ("extends: [a/b@1, {uses: c/d}]\n", 'extends: ["here/a.b@1", {uses: "here/c.d"}]\n'),
        ("models:\n- {name: uses, provider: x}\n", "models:\n- {name: uses, provider: x}\n"),
    ],
)
def test_an_assistants_parts_are_named_as_they_are_called_here(manifest: str, expected: str) -> None:
    assert domain.localised(manifest, "here") == expected


@pytest.mark.parametrize("manifest", ["rules: [", "rules:\n- uses: nothing\n", "rules:\n- uses: ../x/y\n"])
def test_what_cannot_be_named_anew_is_refused(manifest: str) -> None:
    with pytest.raises(domain.Unusable):
        domain.localised(manifest, "here")


def test_a_folder_that_is_not_what_its_digest_says_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"manifest": "x", "artifact": "sha256:0"}
    monkeypatch.setattr(hub, "ask", lambda url: answer)
    monkeypatch.setattr(hub, "ask_bytes", lambda url: b"something else")
    source = domain.Source("acme/notes", "skill", "", "")
    with pytest.raises(domain.Unusable, match="files are not what their digest says"):
        hub.fetched("https://example.com", source, domain.Offered("1.0.0", canonical.digest(b"x")))


def test_a_manifest_that_is_not_what_its_digest_says_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "ask", lambda url: {"manifest": "name: x\n"})
    source = domain.Source("acme/style", "rule", "", "")
    with pytest.raises(domain.Unusable, match="digest"):
        hub.fetched("https://example.com", source, domain.Offered("1.0.0", "sha256:0"))


def test_the_list_of_changes_tells_of_deletions_of_what_was_public_alone(
    api: Callable[..., Any], build_package: Callable[..., Package], owner: Actor
) -> None:
    for name, visibility in (("style", "public"), ("gone", "public"), ("secret", "private")):
        build_package(name, "1.0.0", visibility=visibility)
    packages.delete(by=owner, package=Package.objects.get(name="gone"))
    packages.delete(by=owner, package=Package.objects.get(name="secret"))
    build_package("held", "1.0.0")
    held = {"quarantined_at": timezone.now(), "quarantine_reason": "Bad.", "quarantined_as": Imposer.MODERATOR}
    Package.objects.filter(name="held").update(**held)
    found = api("get", "packages?updated_since=2020-01-01T00:00:00Z").json()["items"]
    assert {one["name"]: bool(one["deleted_at"]) for one in found} == {"style": False, "gone": True}
    assert api("get", "packages").json()["items"][0]["name"] == "style"
    assert api("get", "packages?updated_since=2999-01-01T00:00:00Z").json()["items"] == []
    assert api("get", "packages?updated_since=yesterday").status_code == 400
