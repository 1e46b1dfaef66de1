"""What tests of Git sources share: a connected source, and a sync as a worker does it."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from hub.actors import Actor
from registry.models import GitSource, SyncEntry, SyncRun
from registry.services import git_sources, git_syncs
from tests.support.git_server import Remote, Server

RULE = "---\nname: {name}\n---\n\n{text}\n"


def rule(name: str, text: str = "Be kind.") -> str:
    """A Markdown rule."""
    return RULE.format(name=name, text=text)


def connected(by: Actor, namespace: Any, remote: Remote, **more: Any) -> GitSource:
    """The repository as a source of the namespace."""
    token = more.pop("token", "")
    made = git_sources.connect(
        by=by,
        namespace=namespace,
        url=remote.url,
        setup=git_sources.Setup(**more),
        credential=git_sources.Credential(token),
    )
    return made.source


def synced(by: Actor, source: GitSource) -> SyncRun:
    """Ask for a sync by hand, and work until it is over."""
    run = git_syncs.ask(by=by, source=source)
    while git_syncs.work(run_id=run.id):
        pass
    source.refresh_from_db()
    run.refresh_from_db()
    return run


def outcomes(run: SyncRun) -> dict[str, str]:
    """Path → what became of it."""
    return dict(SyncEntry.objects.filter(run=run).values_list("path", "outcome"))


def database_environment() -> dict[str, str]:
    """The environment of a process that works on this test's database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "hub.settings"}


def worker_environment(server: Server | None = None) -> dict[str, str]:
    """As `database_environment`, and it may speak to the test's Git server, if there is one."""
    hosts = {"HUB_GIT_ALLOWED_HOSTS": f"127.0.0.1:{server.port}"} if server else {}
    return database_environment() | hosts
