"""Where the hub fetches repositories from: nowhere but on the internet, unless the operator has named a host."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.actors import Actor
from registry.git import limits, repository
from registry.git.errors import TooLarge, Unreachable, Unusable
from registry.git.repository import Place
from registry.services import git_sources
from tests.support import git_server
from tests.support.git_server import Server


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        "http://git.example.com/a.git",
        "ssh://git@git.example.com/a.git",
        "git@git.example.com:a.git",
        "git://git.example.com/a.git",
        "file:///etc",
        "/etc",
        "ext::sh -c id",
        "https://git:token@git.example.com/a.git",
        "https://token@git.example.com/a.git",
        "https://127.0.0.1/a.git",
        "https://10.0.0.8/a.git",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/a.git",
        "https://[::ffff:10.0.0.1]/a.git",
        "https://git.example.com/",
        "https://git.example.com/a.git?service=x",
        "https://git.example.com/a.git#main",
        "https://git.example.com:port/a.git",
        "https://git.example.com/a b.git",
        "https:///a.git",
        "",
    ],
)
def test_addresses_that_are_none_of_a_public_repository_are_refused(acme: Any, owner: Actor, url: str) -> None:
    with pytest.raises(git_sources.InvalidSource) as refused:
        git_sources.connect(by=owner, namespace=acme, url=url)
    assert refused.value.field == "url"
    assert "token@" not in str(refused.value)
    with pytest.raises(Unusable):
        repository.head(Place(url or "x"), allowed_hosts=[])


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fd00::1"])
def test_a_name_that_means_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443)),
            (family, socket.SOCK_STREAM, 6, "", (address, 443)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Unusable, match="private network"):
        repository.head(Place("https://git.example.com/a.git"), allowed_hosts=[])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A Git server on this machine."""
    with git_server.running(tmp_path) as running:
        yield running


def asked(server: Server, place: Place | None = None, limit: limits.Limits = limits.LIMITS) -> str:
    """Fetch from the server, which the operator has named."""
    url = f"http://127.0.0.1:{server.port}/rules.git"
    with repository.checkout(place or Place(url), allowed_hosts=[f"127.0.0.1:{server.port}"], limits=limit) as fetched:
        list(fetched.walk())
        return fetched.commit


@pytest.mark.parametrize("where", ["http://169.254.169.254/", "http://127.0.0.1:1/rules.git/info/refs", "file:///etc"])
def test_a_redirect_is_not_followed(server: Server, where: str) -> None:
    def redirect(_: Any, start: Any) -> list[bytes]:
        start("302 Found", [("Location", where), ("Content-Length", "0")])
        return [b""]

    server.answer = redirect
    with pytest.raises(Unusable, match="leads to another address"):
        asked(server)
    assert len(server.requests) == 1


def test_a_server_of_files_and_one_of_nonsense_are_refused(server: Server) -> None:
    for kind, body in (
        ("text/plain", b"1" * 40 + b"\trefs/heads/main\n"),
        ("application/x-git-upload-pack-advertisement", b"nonsense"),
        ("application/x-git-upload-pack-advertisement", b"001e# service=git-upload-pack\n0000zzzz"),
        ("application/x-git-upload-pack-advertisement", b"ffff" + b"x" * 100),
    ):

        def answer(_: Any, start: Any, kind: str = kind, body: bytes = body) -> list[bytes]:
            start("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
            return [body]

        server.answer = answer
        with pytest.raises(Unusable):
            asked(server)


def test_an_endless_list_of_branches_ends(server: Server) -> None:
    line = b"003d" + b"1" * 40 + b" refs/heads/main\n"

    def endless(_: Any, start: Any) -> Iterator[bytes]:
        start("200 OK", [("Content-Type", "application/x-git-upload-pack-advertisement")])
        yield b"001e# service=git-upload-pack\n0000"
        while True:
            yield line * 500

    server.answer = endless
    with pytest.raises(TooLarge):
        asked(server, limit=limits.Limits(answer_bytes=200_000))


def test_a_server_that_says_nothing_is_given_up(server: Server) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    place = Place(f"http://127.0.0.1:{port}/rules.git")
    with listening, pytest.raises(Unreachable):
        repository.head(place, allowed_hosts=[f"127.0.0.1:{port}"], limits=limits.Limits(seconds=0.3))


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"objects": 2}, "objects"),
        ({"object_bytes": 100}, "file of more than"),
        ({"unpacked_bytes": 100}, "unpacks to more"),
        ({"pack_bytes": 100}, "larger than"),
        ({"files": 2}, "more than 2 files"),
        ({"entries": 2}, "more than 2 entries"),
    ],
)
def test_a_repository_beyond_a_limit_is_refused(server: Server, limit: Any, words: str) -> None:
    server.new().commit({f"f{number}.md": f"{number} " * 500 for number in range(5)})
    with pytest.raises(TooLarge, match=words):
        asked(server, limit=limits.Limits(**limit))


def test_trees_that_hold_each_other_many_times_end(server: Server) -> None:
    from dulwich.objects import Blob, Tree

    remote = server.new()
    inner = remote.add(Blob.from_string(b"x"))
    mode = git_server.FILE
    for _ in range(12):
        tree = Tree()
        for number in range(10):
            tree.add(b"%d" % number, mode, inner)
        inner, mode = remote.add(tree), git_server.FOLDER
    remote.point(b"refs/heads/main", inner, [])
    with pytest.raises(TooLarge, match="more than"):
        asked(server, limit=limits.Limits(entries=5_000, files=2_000))
