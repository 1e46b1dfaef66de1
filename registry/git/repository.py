"""Fetches one commit of a branch or tag, without history, into a folder that is gone afterwards."""

from __future__ import annotations

import contextlib
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from dulwich.client import HTTPUnauthorized
from dulwich.errors import GitProtocolError, HangupException, NotGitRepository
from dulwich.object_store import BaseObjectStore
from dulwich.objects import Commit, ObjectID, Tag
from dulwich.protocol import ZERO_SHA
from dulwich.repo import Repo

from registry.git import packs, transport, trees
from registry.git.errors import TooLarge, Unreachable, Unusable
from registry.git.limits import LIMITS, Limits

MAX_BRANCH_LENGTH = 200
MAX_FOLDER_LENGTH = 300
_BRANCH = re.compile(r"[A-Za-z0-9._/+@#-]+")
_NOTHING = "The repository is empty. Push something to it."


@dataclass(frozen=True)
class Place:
    """Which repository, and what of it: `branch` is a branch or a tag, empty for the repository's own choice."""

    url: str
    branch: str = ""
    folder: str = ""
    credential: tuple[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Checkout:
    """One commit, fetched. `ref` is what the branch or tag pointed to: the commit, or a tag that leads to it."""

    commit: str
    ref: str
    store: BaseObjectStore = field(repr=False)
    tree: ObjectID
    folder: str = ""
    limits: Limits = LIMITS

    def walk(self) -> trees.Walk:
        """The files of the folder that was asked for, with their paths in the repository."""
        return trees.Walk(self.store, self.tree, self.folder, self.limits)


def check_branch(text: str) -> str:
    """The name of a branch or tag, or "" for the repository's own choice. Raises ValueError."""
    text = text.strip().removeprefix("refs/heads/").removeprefix("refs/tags/")
    wrong = (
        ".." in text or "//" in text or "@{" in text or text.startswith(("/", "-", ".")) or text.endswith(("/", "."))
    )
    if text and (len(text) > MAX_BRANCH_LENGTH or not _BRANCH.fullmatch(text) or wrong):
        raise ValueError("This is no name of a branch or tag.")
    return text


def check_folder(text: str) -> str:
    """A folder of a repository, without slashes around it; "" for all of it. Raises ValueError."""
    text = text.strip().strip("/")
    parts = text.split("/") if text else []
    if len(text) > MAX_FOLDER_LENGTH or any(trees.name_fault(part.encode()) for part in parts):
        raise ValueError("This is no folder of a repository, such as “ai/rules”.")
    return text


def head(place: Place, *, allowed_hosts: list[str], limits: Limits = LIMITS) -> str:
    """The commit, or the tag that leads to it, at which the branch is now. One small request. Raises Unusable."""
    with _client(place, allowed_hosts, limits) as client, _in_words():
        found = client.get_refs("", ref_prefix=_prefixes(place.branch))
        _require_smart(client)
        refs = {name: value for name, value in found.refs.items() if value}
    return _chosen(refs, place.branch).decode()


@contextlib.contextmanager
def checkout(
    place: Place, *, allowed_hosts: list[str], limits: Limits = LIMITS, alive: Callable[[], None] = lambda: None
) -> Iterator[Checkout]:
    """The newest commit of the branch, for as long as the block runs. `alive` is called now and then while it arrives.

    Raises Unusable, Unreachable or TooLarge.
    """
    with tempfile.TemporaryDirectory(prefix="hub-git-") as folder, contextlib.ExitStack() as stack:
        repo = stack.enter_context(contextlib.closing(Repo.init_bare(folder)))
        with _in_words():
            wanted = _fetch(place, repo, allowed_hosts, limits, alive)
            commit = _commit(repo.object_store, wanted)
            tree = trees.folder_of(repo.object_store, commit.tree, place.folder)
        yield Checkout(commit.id.decode(), wanted.decode(), repo.object_store, tree, place.folder, limits)


def _fetch(place: Place, repo: Repo, allowed_hosts: list[str], limits: Limits, alive: Callable[[], None]) -> ObjectID:
    """Fetch into `repo`, and say what was asked for."""
    chosen: list[ObjectID] = []

    def wants(refs: Any, depth: int | None = None) -> list[ObjectID]:
        _require_smart(client)
        chosen.append(_chosen(dict(refs), place.branch))
        client.allow(limits.pack_bytes)
        return chosen

    file, commit, abort = repo.object_store.add_pack()
    try:
        with _client(place, allowed_hosts, limits) as client:
            client.fetch_pack(
                "",
                wants,
                _NoHistory(),
                _counted(file, limits, alive),
                depth=1,
                ref_prefix=_prefixes(place.branch),
                filter_spec=b"blob:limit=%d" % (limits.file_bytes + 1),
            )
        file.seek(0)
        packs.check(file, limits)
        file.seek(0, 2)
        alive()
        commit()
    except BaseException:
        abort()
        raise
    return chosen[0]


def _counted(file: BinaryIO, limits: Limits, alive: Callable[[], None]) -> Callable[[bytes], int]:
    size = 0

    def write(data: bytes) -> int:
        nonlocal size
        size += len(data)
        if size > limits.pack_bytes:
            raise TooLarge(f"The repository is larger than {limits.pack_bytes >> 20} MiB.")
        alive()
        return file.write(data)

    return write


class _NoHistory:
    """Tells the server that nothing is here yet."""

    shallow: set[ObjectID] = set()

    def __next__(self) -> None:
        return None

    def ack(self, sha: ObjectID) -> None:
        """Nothing is in common."""

    def nak(self) -> None:
        """Nothing is in common."""


def _client(
    place: Place, allowed_hosts: list[str], limits: Limits
) -> contextlib.AbstractContextManager[transport.Client]:
    return transport.client(
        place.url,
        allowed_hosts=allowed_hosts,
        seconds=limits.seconds,
        max_bytes=limits.answer_bytes,
        credential=place.credential,
    )


def _prefixes(branch: str) -> list[bytes]:
    name = branch.encode()
    return [b"refs/heads/" + name, b"refs/tags/" + name, b"HEAD"] if name else [b"HEAD", b"refs/heads/"]


def _chosen(refs: dict[Any, ObjectID], branch: str) -> ObjectID:
    """What the branch, the tag, or the repository's own choice points to. Raises Unusable."""
    real = {name: value for name, value in refs.items() if value != ZERO_SHA}
    names = (b"refs/heads/" + branch.encode(), b"refs/tags/" + branch.encode()) if branch else (b"HEAD",)
    for name in names:
        if name in real:
            return real[name]
    if branch and any(name for name in real):
        raise Unusable(f"There is no branch or tag “{branch}” in the repository. Change it, or push it.")
    raise Unusable(_NOTHING)


def _commit(store: BaseObjectStore, sha: ObjectID) -> Commit:
    found = store[sha]
    for _ in range(5):
        if not isinstance(found, Tag):
            break
        found = store[found.object[1]]
    if not isinstance(found, Commit):
        raise Unusable("The branch or tag leads to no commit.")
    return found


def _require_smart(client: transport.Client) -> None:
    if client.dumb:
        raise Unusable("There is no Git server at this address, only files.")


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """Say in our own words what went wrong: the other side's may hold anything."""
    try:
        yield
    except Unusable:
        raise
    except NotGitRepository:
        raise Unusable("There is no repository at this address, or the credential may not see it.") from None
    except HTTPUnauthorized:
        raise Unusable("The server refuses the credential, or asks for one. Give another one.") from None
    except (GitProtocolError, HangupException, OSError, EOFError) as error:
        raise Unreachable(_protocol(str(error))) from None
    except (KeyError, ValueError, AssertionError, TypeError, IndexError, AttributeError, zlib.error, StopIteration):
        raise Unusable("What the server sent cannot be read as a Git repository.") from None
    except Exception as error:
        # dulwich has exceptions of many bases for damaged data.
        if type(error).__module__.startswith("dulwich."):
            raise Unusable("What the server sent cannot be read as a Git repository.") from None
        raise


def _protocol(text: str) -> str:
    status = re.search(r"unexpected http resp (\d{3})", text)
    if status is None:
        return "The server broke the connection off, or does not speak Git."
    if status[1].startswith("3"):
        return "The server leads to another address. Give the one where the repository is."
    return f"The server answered with status {status[1]}."
