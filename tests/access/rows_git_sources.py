"""Rows of Git sources: an organization's, and a person's own."""

from __future__ import annotations

from typing import Any

from hub.actors import Actor
from registry.services import git_sources, git_syncs
from tests.access.table import MANAGERS, PUBLISHERS, Row, api, every, own, page

REPOSITORY = "https://git.example.com/acme/rules.git"
SETUP = {"branch": "", "folder": "", "visibility": "private", "interval_minutes": "60"}
NEW = {"url": "https://git.example.com/acme/other.git", **SETUP}
MACHINE = frozenset({"service"})
ORG = "organizations/<str:slug>/sources"
MINE = "settings/sources"
MY = {"source_id": "$my_source_id", "run_id": "$my_run_id"}
IT = {"source_id": "$source_id", "run_id": "$run_id"}
API = "namespaces/<str:namespace>/sources"
# What is asked of an organization's namespace over REST answers as publishing there does.
UNSEEN = {"without_sso": 404}
CONNECT, ASK = "registry.git-source.create", "registry.git-source.sync"


def furnish(owner: Actor, acme: Any, parameters: dict[str, Any]) -> None:
    """A source of acme and one of the owner's own, each with a sync."""
    assert owner.user is not None
    for names, namespace in (("", acme.namespace), ("my_", owner.user.namespace)):
        source = git_sources.connect(by=owner, namespace=namespace, url=REPOSITORY).source
        run = git_syncs.ask(by=owner, source=source)
        parameters |= {f"{names}source_id": source.id, f"{names}run_id": run.id}
    parameters["uid"] = "00000000-0000-4000-8000-000000000000"


def of_acme(rest: str, through: frozenset[str], *audit: str, data: Any = None, done: int = 302) -> tuple[Row, Row]:
    """A page of the organization that is looked at, and then sent."""
    more: dict[str, Any] = {"parameters": {name: value for name, value in IT.items() if f":{name}>" in rest}}
    return (
        page("GET", f"{ORG}{rest}", through, **more),
        page("POST", f"{ORG}{rest}", through, done=done, data=data or {}, audit=audit, **more),
    )


def of_owner(rest: str, *audit: str, data: Any = None, done: int = 302) -> tuple[Row, Row]:
    """The same about the owner's own source."""
    more: dict[str, Any] = {"parameters": {name: value for name, value in MY.items() if f":{name}>" in rest}}
    return (
        own("GET", f"{MINE}{rest}", 200, **more),
        own("POST", f"{MINE}{rest}", done, data=data or {}, audit=audit, **more),
    )


PEOPLE = frozenset({"member", "maintainer", "admin", "owner", "auditor", "stranger", "without_sso"})
ALL = {"stranger": 200, "without_sso": 200, "inside": 200}
ROWS: tuple[Row, ...] = (
    every("POST", "git/hooks/<uuid:uid>", 404, kind="client"),
    page("GET", ORG, PUBLISHERS),
    *of_acme("/new", MANAGERS, CONNECT, ASK, data=NEW, done=200),
    page("GET", f"{ORG}/<int:source_id>", PUBLISHERS, parameters={"source_id": "$source_id"}),
    page("GET", f"{ORG}/<int:source_id>/sync", PUBLISHERS, done=302, parameters={"source_id": "$source_id"}),
    page(
        "POST", f"{ORG}/<int:source_id>/sync", PUBLISHERS, done=302, parameters={"source_id": "$source_id"}, audit=(ASK,)
    ),
    *of_acme("/<int:source_id>/edit", MANAGERS, "registry.git-source.update", data=SETUP),
    *of_acme("/<int:source_id>/rotate", MANAGERS, "registry.git-source.rotate", done=200),
    *of_acme("/<int:source_id>/disconnect", MANAGERS, "registry.git-source.delete"),
    page("GET", f"{ORG}/<int:source_id>/syncs/<int:run_id>", PUBLISHERS, parameters=IT),
    page("GET", MINE, PEOPLE, others=ALL),
    page("GET", f"{MINE}/new", PEOPLE, others=ALL),
    page("POST", f"{MINE}/new", PEOPLE, others=ALL, data=NEW, audit=(CONNECT, ASK)),
    own("GET", f"{MINE}/<int:source_id>", 200, parameters={"source_id": "$my_source_id"}),
    own("GET", f"{MINE}/<int:source_id>/sync", 302, parameters={"source_id": "$my_source_id"}),
    own("POST", f"{MINE}/<int:source_id>/sync", 302, parameters={"source_id": "$my_source_id"}, audit=(ASK,)),
    *of_owner("/<int:source_id>/edit", "registry.git-source.update", data=SETUP),
    *of_owner("/<int:source_id>/rotate", "registry.git-source.rotate", done=200),
    *of_owner("/<int:source_id>/disconnect", "registry.git-source.delete"),
    own("GET", f"{MINE}/<int:source_id>/syncs/<int:run_id>", 200, parameters=MY),
    api("GET", API, PUBLISHERS | MACHINE, others=UNSEEN),
    api("POST", API, MANAGERS, done=201, others=UNSEEN, data={"url": NEW["url"]}, audit=(CONNECT,)),
    api("GET", f"{API}/<int:source_id>", PUBLISHERS | MACHINE, others=UNSEEN),
    api("PATCH", f"{API}/<int:source_id>", MANAGERS, others=UNSEEN, data={"folder": "ai"}, audit=("registry.git-source.update",)),
    api("DELETE", f"{API}/<int:source_id>", MANAGERS, done=204, others=UNSEEN, audit=("registry.git-source.delete",)),
    api(
        "POST", f"{API}/<int:source_id>/webhook-secret", MANAGERS, done=201, others=UNSEEN, audit=("registry.git-source.rotate",)
    ),
    api("GET", f"{API}/<int:source_id>/syncs", PUBLISHERS | MACHINE, others=UNSEEN),
    api("POST", f"{API}/<int:source_id>/syncs", PUBLISHERS | MACHINE, done=202, others=UNSEEN, audit=(ASK,)),
    api("GET", f"{API}/<int:source_id>/syncs/<int:run_id>", PUBLISHERS | MACHINE, others=UNSEEN),
    api("GET", f"{API}/<int:source_id>/syncs/<int:run_id>/entries", PUBLISHERS | MACHINE, others=UNSEEN),
)  # fmt: skip
