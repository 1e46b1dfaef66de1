"""The candidates of a search: at most so many, whatever the catalogue's size, and only what the actor may read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from hub.actors import Actor
from hub.domain import roles, slugs
from hub.domain.roles import Permission
from hub.models import Namespace
from hub.policies.memberships import effective
from hub.policies.namespaces import own
from registry.catalogue import queries
from registry.catalogue.queries import Search
from registry.catalogue.verified import verified_namespaces
from registry.domain import search_text
from registry.domain.search_text import Asked, all_of, any_of
from registry.models import Visibility, singled_out

MOST = 200
MAX_SINGLES = 1000
_CALL = """
SELECT package_id, closeness, rank, clients FROM registry_search_window(
    %s::tsquery, %s::tsquery, %s::bigint[], %s::tsquery, %s::text[], %s::text[], %s::tsquery, %s::integer[], %s)
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a candidate's entry says: how closely it fits (3: name, 2: head, 1: anywhere, 0: similar), its rank, its clients."""

    closeness: int
    rank: int
    clients: str


@dataclass(frozen=True)
class _Reach:
    """What the actor may read: by keys, and single packages besides."""

    scope: str
    singles: tuple[int, ...]


def candidates(actor: Actor, search: Search, asked: Asked) -> dict[int, Candidate]:
    """The packages that may fit best, by number.

    One query for whoever is signed in by nothing, three for others; one more for a namespace or for verified ones.
    """
    filters = _filters(search)
    if filters is None:
        return {}
    reach = _reach(actor)
    last = len(asked.words) - 1
    beginnings = [search_text.beginning(word) if place == last else "" for place, word in enumerate(asked.words)]
    similar = " & ".join(search_text.similar(word) for word in asked.words) or None
    name = search_text.quoted(f"#=:{asked.name}") if asked.name else None
    parameters = [
        reach.scope, filters, list(reach.singles), name, list(asked.words), beginnings, similar,
        list(search_text.SPANS), MOST,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_CALL, parameters)
        found: dict[int, Candidate] = {}
        for number, *entry in cursor.fetchall():
            found.setdefault(number, Candidate(*entry))
        return found


def _filters(search: Search) -> str | None:
    """The filters as one query of keys; None where nothing can fit."""
    found = [all_of(queries.keys(search))]
    if search.kind:
        found.append(all_of([f"#k:{search.kind}"]))
    if search.kinds:
        found.append(any_of(f"#k:{kind}" for kind in search.kinds))
    if search.tag:
        found.append(all_of([f"#t:{search.tag.lower()}"]))
    if search.namespace:
        found.append(
            _of_namespaces(
                Namespace.objects.filter(slug=slugs.normalize(search.namespace)).values_list("id", flat=True)
            )
        )
    if search.verified:
        found.append(_of_namespaces(verified_namespaces().values_list("id", flat=True)))
    return None if _NOTHING in found else " & ".join(part for part in found if part)


_NOTHING = "nothing"


def _of_namespaces(ids: Iterable[int]) -> str:
    return any_of(f"#n:{number}" for number in ids) or _NOTHING


def _reach(actor: Actor) -> _Reach:
    """By keys what the actor's own namespace and roles open, one by one what grants or a CI job's token open."""
    keys = ["#r:public"]
    if actor.reader is not None:
        for number in Namespace.objects.filter(own(actor)).values_list("id", flat=True):
            keys += [_key(number, Visibility.PRIVATE), _key(number, Visibility.INTERNAL)]
        # The role is compared here: as conditions of one query, every permission costs a subquery of its own.
        for number, role in effective(actor).values_list("organization__namespace", "role"):
            keys += [_key(number, level) for level, needed in _NEEDED if roles.allows(role, needed)]
    singles: tuple[int, ...] = ()
    if actor.user is not None or actor.token is not None:
        rows = singled_out(actor).filter(deleted_at=None).exclude(visibility=Visibility.PUBLIC).order_by("-id")
        singles = tuple(rows.values_list("id", flat=True).distinct()[:MAX_SINGLES])
    return _Reach(any_of(keys), singles)


_NEEDED = (
    (Visibility.INTERNAL, Permission.PACKAGE_READ_INTERNAL),
    (Visibility.INTERNAL, Permission.PACKAGE_READ),
    (Visibility.PRIVATE, Permission.PACKAGE_READ),
)


def _key(namespace: int, level: str) -> str:
    return f"#r:{namespace}:{level}"
