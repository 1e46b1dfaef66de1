"""Rows of the registry, the assistants and Continue's client: `acme/hidden` and `acme/helper` are private."""

from __future__ import annotations

from typing import Any

from tests.access.table import EVERYBODY, MANAGERS, NO_TOKEN, PEOPLE, PUBLISHERS, READERS, Row, api, every, page
from tests.access.world import ACTORS, GITHUB

# Whoever may not read a private package is told nothing of it, whoever that is.
UNSEEN = {"stranger": 404, "without_sso": 404, "member": 404}
UNSEEN_IN_PUBLIC = UNSEEN | {"anonymous": 404}
MACHINE = frozenset({"service"})
REASON = {"reason": "Leaks a name."}
RULE = "name: hidden\nversion: 2.0.0\nschema: v1\nrules:\n  - name: hidden\n    rule: More secret words.\n"
STALE, PARTING = {"name": "stale"}, {"name": "parting"}
# A package that changes hands is in the logs of both sides.
TAKEN = {"accept": ("registry.transfer.accept",) * 2, "decline": ("registry.transfer.decline",)}
UNYANK = ("registry.release.unyank",)
JOB = {"provider": "github", "issuer": GITHUB, "workflow": "release.yml"}
NOT_MINE = {"stranger": 404, "without_sso": 404, "inside": 404}
NEW = {"namespace": "acme", "name": "fresh", "visibility": "private"}


def reading(route: str, **more: Any) -> Row:
    """A page on a private package that needs no sign-in to exist: who may not read it hears that there is none."""
    row = page("GET", route, READERS, others=UNSEEN, **more)
    return Row(row.method, row.route, {a: 404 if s == 302 else s for a, s in row.statuses.items()}, row.parameters)


def fetching(route: str, *, readers: frozenset[str] = READERS | MACHINE, **more: Any) -> Row:
    """The same over REST, where a token that is over is refused whatever it asks for."""
    return api("GET", route, readers, others=UNSEEN | {"anonymous": 404, "service": 404}, **more)


def changing(method: str, route: str, through: frozenset[str], *, others: Any = None, **more: Any) -> Row:
    """A page that changes a private package."""
    return page(method, route, through, others=UNSEEN | (others or {}), **more)


def calling(method: str, route: str, through: frozenset[str], **more: Any) -> Row:
    """A change of a private package over REST."""
    return api(method, route, through, others=UNSEEN, **more)


def client(method: str, route: str, answers: dict[str, int], **more: Any) -> Row:
    """An address of Continue's client: what `answers` does not name is 200."""
    statuses = {actor: answers.get(actor, 200) for actor in ACTORS}
    return Row(method, route, statuses, kind="client", **more)


TOKEN_OVER = dict.fromkeys(("revoked", "expired"), 401)
NAMELESS = TOKEN_OVER | {"anonymous": 401}
HIDDEN = TOKEN_OVER | dict.fromkeys(("anonymous", "stranger", "member", "without_sso"), 404)
IT = "<str:namespace>/<str:name>"
HELPER = {"name": "helper"}

PAGES: tuple[Row, ...] = (
    page("GET", "", EVERYBODY),
    page("GET", "search", EVERYBODY),
    page("GET", "<str:namespace>", EVERYBODY),
    reading(IT),
    reading(f"{IT}/manifest"),
    reading(f"{IT}/releases"),
    reading(f"{IT}/releases/<str:version>"),
    reading(f"{IT}/used-by"),
    reading(f"{IT}/forks"),
    page("GET", "publish", PEOPLE),
    page(
        "POST",
        "publish?kind=rule",
        PUBLISHERS,
        done=302,
        others=dict.fromkeys(("stranger", "member", "auditor", "without_sso"), 422),
        data=NEW | {"version": "2.0.0", "manifest": RULE.replace("hidden", "fresh"), "summary": ""},
        audit=("registry.package.create", "registry.release.publish"),
    ),
    page("GET", "compose", PEOPLE),
    page("POST", "compose", PEOPLE),
    changing("GET", f"{IT}/fork", READERS),
    changing(
        "POST",
        f"{IT}/fork",
        PUBLISHERS,
        done=302,
        others={"auditor": 422},
        data=NEW,
        audit=("registry.package.fork", "registry.release.publish"),
    ),
    changing("GET", f"{IT}/new-release", PUBLISHERS),
    changing(
        "POST",
        f"{IT}/new-release",
        PUBLISHERS,
        done=302,
        data={"version": "2.0.0", "manifest": RULE},
        audit=("registry.release.publish",),
    ),
    changing("GET", f"{IT}/releases/<str:version>/yank", PUBLISHERS),
    changing(
        "POST",
        f"{IT}/releases/<str:version>/yank",
        PUBLISHERS,
        done=302,
        data=REASON,
        audit=("registry.release.yank",),
    ),
    changing("GET", f"{IT}/releases/<str:version>/unyank", PUBLISHERS),
    changing("GET", f"{IT}/settings", MANAGERS),
    changing(
        "POST",
        f"{IT}/settings",
        MANAGERS,
        done=302,
        data={"summary": "Words.", "visibility": "private"},
        audit=("registry.package.update",),
    ),
    changing("GET", f"{IT}/delete", MANAGERS),
    changing(
        "POST",
        f"{IT}/delete",
        MANAGERS,
        done=302,
        data={"confirmation": "acme/hidden"},
        audit=("registry.package.delete",),
    ),
    changing("POST", f"{IT}/releases/<str:version>/unyank", PUBLISHERS, done=302, parameters=STALE, audit=UNYANK),
    changing("GET", f"{IT}/access", MANAGERS),
    changing(
        "POST",
        f"{IT}/access",
        MANAGERS,
        done=302,
        data={"team": "core", "permission": "publish"},
        audit=("registry.grant.create",),
    ),
    changing("GET", f"{IT}/access/<int:grant_id>/withdraw", MANAGERS),
    changing("POST", f"{IT}/access/<int:grant_id>/withdraw", MANAGERS, done=302, audit=("registry.grant.delete",)),
    changing("GET", f"{IT}/publishing", MANAGERS),
    changing(
        "POST",
        f"{IT}/publishing",
        MANAGERS,
        done=302,
        data={**JOB, "repository": "acme/others"},
        audit=("registry.trusted-publisher.create",),
    ),
    changing("GET", f"{IT}/publishing/<int:publisher_id>/remove", MANAGERS),
    changing(
        "POST",
        f"{IT}/publishing/<int:publisher_id>/remove",
        MANAGERS,
        done=302,
        audit=("registry.trusted-publisher.delete",),
    ),
    changing("GET", f"{IT}/transfer", MANAGERS),
    changing(
        "POST",
        f"{IT}/transfer",
        MANAGERS,
        done=302,
        data={"destination": "the-target", "confirmation": "acme/hidden"},
        audit=("registry.transfer.request",),
    ),
    changing("GET", f"{IT}/transfer/cancel", MANAGERS, parameters=PARTING),
    changing(
        "POST",
        f"{IT}/transfer/cancel",
        MANAGERS,
        done=302,
        parameters=PARTING,
        audit=("registry.transfer.cancel",),
    ),
    page("GET", "transfers", PEOPLE),
    *(
        page(method, f"transfers/<int:transfer_id>/{verb}", MANAGERS, done=done, others=NOT_MINE, audit=audit)
        for verb in ("accept", "decline")
        for method, done, audit in (("GET", 200, ()), ("POST", 302, TAKEN[verb]))
    ),
)

API: tuple[Row, ...] = (
    api("GET", "packages", EVERYBODY - {"revoked", "expired"}),
    api(
        "POST",
        "packages",
        PUBLISHERS | MACHINE,
        done=201,
        others={"stranger": 404, "without_sso": 404},
        data=NEW | {"kind": "rule"},
        audit=("registry.package.create",),
    ),
    fetching(f"packages/{IT}"),
    calling("DELETE", f"packages/{IT}", MANAGERS, done=204, audit=("registry.package.delete",)),
    fetching(f"packages/{IT}/releases"),
    calling(
        "POST",
        f"packages/{IT}/releases",
        PUBLISHERS | MACHINE,
        done=201,
        data={"version": "2.0.0", "manifest": RULE},
        audit=("registry.release.publish",),
    ),
    fetching(f"packages/{IT}/releases/<str:version>"),
    fetching(f"packages/{IT}/releases/<str:version>/manifest"),
    calling(
        "POST",
        f"packages/{IT}/releases/<str:version>/yank",
        PUBLISHERS | MACHINE,
        data=REASON,
        audit=("registry.release.yank",),
    ),
    calling("POST", f"packages/{IT}/releases/<str:version>/unyank", PUBLISHERS | MACHINE),
    fetching(f"assistants/{IT}/bundle", parameters=HELPER),
    fetching(f"assistants/{IT}/lock", parameters=HELPER),
    calling(
        "POST",
        f"assistants/{IT}/fork",
        PUBLISHERS | MACHINE,
        done=201,
        parameters=HELPER,
        data=NEW,
        audit=("registry.package.fork", "registry.release.publish"),
    ),
    fetching("bundles/<str:digest>"),
    api(
        "POST",
        "resolve",
        EVERYBODY - NO_TOKEN - MACHINE,
        data={"manifest": "name: x\nversion: 1.0.0\nschema: v1\nrules:\n  - Be brief.\n"},
        others={"service": 400},  # it has no namespace of its own, and names none here
    ),
    calling("GET", f"packages/{IT}/grants", MANAGERS),
    calling(
        "POST",
        f"packages/{IT}/grants",
        MANAGERS,
        done=201,
        data={"team": "core", "permission": "publish"},
        audit=("registry.grant.create",),
    ),
    calling("DELETE", f"packages/{IT}/grants/<int:grant_id>", MANAGERS, done=204, audit=("registry.grant.delete",)),
    calling(
        "POST",
        f"packages/{IT}/transfer",
        MANAGERS,
        done=201,
        data={"destination": "the-target"},
        audit=("registry.transfer.request",),
    ),
    calling(
        "DELETE", f"packages/{IT}/transfer", MANAGERS, done=204, parameters=PARTING, audit=("registry.transfer.cancel",)
    ),
    api("GET", "transfers", PEOPLE | MACHINE, others={"anonymous": 401}),
    *(
        api(
            "POST",
            f"transfers/<int:transfer_id>/{verb}",
            MANAGERS,
            done=204,
            others=NOT_MINE | {"service": 404},
            audit=TAKEN[verb],
        )
        for verb in ("accept", "decline")
    ),
    calling("GET", f"packages/{IT}/trusted-publishers", MANAGERS),
    calling(
        "POST",
        f"packages/{IT}/trusted-publishers",
        MANAGERS,
        done=201,
        data={**JOB, "repository": "acme/others"},
        audit=("registry.trusted-publisher.create",),
    ),
    calling(
        "DELETE",
        f"packages/{IT}/trusted-publishers/<int:publisher_id>",
        MANAGERS,
        done=204,
        audit=("registry.trusted-publisher.delete",),
    ),
    every("GET", "api/v1/trusted-publishing/audience", 200),
    every("POST", "api/v1/trusted-publishing/token", 400, kind="api"),
)

CLIENT: tuple[Row, ...] = (
    client("GET", "auth/scope", NAMELESS),
    client("GET", "ide/list-organizations", NAMELESS),
    client("GET", "ide/list-assistants", TOKEN_OVER),
    # Its errors are an answer of their own, since the client shows no other one's message.
    client("GET", "ide/get-assistant/<str:owner>/<str:package>", {}, parameters={"package": "helper"}),
    every("POST", "auth/refresh", 400, kind="client"),
    client("POST", "ide/sync-secrets", {}, data={"fqsns": []}),
    client("GET", "registry/v1/<str:owner>/<str:package>/<path:version>", HIDDEN, parameters={"package": "helper"}),
    client("GET", "v0/<str:owner>/<str:package>/latest/download", HIDDEN, parameters={"package": "hidden"}),
)

ROWS = PAGES + API + CLIENT
