"""Who may do what: every address of the hub, every method that it takes, and what each actor is answered.

A row says who gets through; what the others hear follows from the kind of address:

* pages send who is not signed in to the sign-in page (302), answer a stranger 404, and a member without the right 403;
* the API answers 401 to who sent no valid token, and otherwise the same.

Rows of methods that change something also name the audit events that a success writes, all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.access.world import ACTORS

MEMBERS = frozenset({"member", "maintainer", "admin", "owner", "auditor"})
MANAGERS = frozenset({"admin", "owner"})
OWNERS = frozenset({"owner"})
AUDITORS = frozenset({"owner", "auditor"})
READERS = frozenset({"maintainer", "admin", "owner", "auditor"})
PUBLISHERS = frozenset({"maintainer", "admin", "owner"})
PEOPLE = MEMBERS | {"stranger", "without_sso"}
EVERYBODY = frozenset(ACTORS)
NOBODY: frozenset[str] = frozenset()
NO_SESSION = frozenset({"anonymous", "service", "revoked", "expired"})
NO_TOKEN = frozenset({"anonymous", "revoked", "expired"})


@dataclass(frozen=True)
class Row:
    """One method of one address: how it is called, what each actor is answered, and what a success leaves in the log."""

    method: str
    route: str
    statuses: dict[str, int]
    parameters: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    audit: tuple[str, ...] = ()
    kind: str = "page"
    # How the list of addresses spells it, where that is a regular expression.
    named: str = ""

    @property
    def pattern(self) -> str:
        """The address as the hub's list of addresses spells it."""
        return self.named or self.route.partition("?")[0]

    @property
    def key(self) -> str:
        """How the row is named in a failure."""
        chosen = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        return f"{self.method} /{self.route}" + (f" [{chosen}]" if chosen else "")


def _answers(
    through: frozenset[str], done: int, unknown: frozenset[str], without: int, **others: int
) -> dict[str, int]:
    """`done` for who gets through, `without` for who is not signed in (`unknown`), then what `others` says."""
    outside = {"stranger": 404, "without_sso": 403} | others
    inside = others.get("inside", 403)
    return {
        actor: done if actor in through else without if actor in unknown else outside.get(actor, inside)
        for actor in ACTORS
    }


def page(method: str, route: str, through: frozenset[str], *, done: int = 200, others: Any = None, **more: Any) -> Row:
    """A page for people in a browser."""
    return Row(method, route, _answers(through, done, NO_SESSION, 302, **(others or {})), **more)


def api(method: str, route: str, through: frozenset[str], *, done: int = 200, others: Any = None, **more: Any) -> Row:
    """An address of the REST API, called with a token of every scope."""
    others = {"service": 403} | (others or {})
    statuses = _answers(through, done, NO_TOKEN, 401, **others)
    if method == "GET" and "anonymous" not in through:
        # Who sends no token reads as a stranger does; only a token that is no good is worth a 401.
        statuses["anonymous"] = others.get("anonymous", others.get("stranger", 404))
    return Row(method, f"api/v1/{route}", statuses, kind="api", **more)


def every(method: str, route: str, status: int, *, kind: str = "page", **more: Any) -> Row:
    """An address that answers everybody the same, because it is for everybody or because what was sent leads nowhere."""
    return Row(method, route, dict.fromkeys(ACTORS, status), kind=kind, **more)


def own(method: str, route: str, done: int, **more: Any) -> Row:
    """A page about what belongs to the owner alone: nobody else's page knows it, whatever their role."""
    mine = frozenset({"owner", "without_sso"})
    answers = {actor: 302 if actor in NO_SESSION else done if actor in mine else 404 for actor in ACTORS}
    return Row(method, route, answers, **more)
