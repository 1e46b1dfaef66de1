"""A Git server on this machine, and a repository on it that a test writes commits into, odd ones too."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.repo import Repo
from dulwich.server import DictBackend
from dulwich.web import make_wsgi_chain

FILE, EXECUTABLE, LINK, SUBMODULE, FOLDER = 0o100644, 0o100755, 0o120000, 0o160000, 0o040000
type Files = Mapping[Any, Any]


@dataclass
class Remote:
    """One repository. `files` are bytes, texts, or pairs of mode and bytes (for a submodule, the commit's name)."""

    repo: Repo
    url: str
    server: Server = field(repr=False)

    def commit(self, files: Files, branch: str = "main", *, parents: list[ObjectID] | None = None) -> str:
        """Make `files` all that the branch holds, and return the commit. `parents=[]` is what a force-push leaves."""
        ref = f"refs/heads/{branch}".encode()
        before = self.repo.refs.as_dict().get(ref)
        return self.point(ref, self._tree(files), [before] if parents is None and before else parents or [])

    def point(self, ref: bytes, tree: ObjectID, parents: list[ObjectID]) -> str:
        """Let `ref` be a new commit of `tree`."""
        made = Commit()
        made.tree, made.parents = tree, parents
        made.author = made.committer = b"Ada <ada@example.com>"
        made.author_time = made.commit_time = int(time.time())
        made.author_timezone = made.commit_timezone = 0
        made.message = b"Change."
        self.repo.object_store.add_object(made)
        self.repo.refs[ref] = made.id
        return made.id.decode()

    def add(self, thing: Any) -> ObjectID:
        """Put one object in, and return its name."""
        self.repo.object_store.add_object(thing)
        return thing.id

    def _tree(self, files: Files) -> ObjectID:
        tree, folders = Tree(), dict[bytes, dict[bytes, Any]]()
        for path, content in files.items():
            raw = path.encode() if isinstance(path, str) else path
            first, _, rest = raw.partition(b"/")
            if rest:
                folders.setdefault(first, {})[rest] = content
                continue
            mode, data = content if isinstance(content, tuple) else (FILE, content)
            if mode == SUBMODULE:
                tree.add(raw, mode, ObjectID(data))
            else:
                tree.add(raw, mode, self.add(Blob.from_string(data.encode() if isinstance(data, str) else data)))
        for name, below in folders.items():
            tree.add(name, FOLDER, self._tree(below))
        return self.add(tree)


@dataclass
class Server:
    """Answers for the repositories; `password` is what it asks for, `answer` takes its place altogether."""

    folder: Path
    password: str = ""
    answer: Any = None
    requests: list[str] = field(default_factory=list)
    port: int = 0
    _repos: dict[str, Repo] = field(default_factory=dict)

    def new(self, name: str = "rules") -> Remote:
        """A new, empty repository."""
        repo = Repo.init_bare(self.folder / f"{name}.git", mkdir=True, default_branch=b"main")
        self._repos[f"/{name}.git"] = repo
        return Remote(repo, f"http://127.0.0.1:{self.port}/{name}.git", self)

    def forget(self, name: str = "rules") -> None:
        """Delete a repository."""
        self._repos.pop(f"/{name}.git").close()

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        """Answer a request."""
        self.requests.append(environ["PATH_INFO"])
        wanted = "Basic " + base64.b64encode(f"git:{self.password}".encode()).decode()
        if self.password and environ.get("HTTP_AUTHORIZATION") != wanted:
            start("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"'), ("Content-Length", "0")])
            return [b""]
        if self.answer is not None:
            return self.answer(environ, start)
        if not any(environ["PATH_INFO"].startswith(f"{path}/") for path in self._repos):
            start("404 Not Found", [("Content-Length", "0")])
            return [b""]
        return make_wsgi_chain(DictBackend(self._repos))(environ, start)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server on a free port of this machine."""
    server = Server(folder)
    web = make_server("127.0.0.1", 0, server, server_class=WSGIServer, handler_class=_Quiet)
    server.port = web.server_port
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        web.shutdown()
        web.server_close()
        thread.join()
        for repo in server._repos.values():
            repo.close()
