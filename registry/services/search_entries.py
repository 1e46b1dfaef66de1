"""The entries under which packages are found: kept by the services that change packages, and made anew at will.

Nothing here asks for permission or is audited: an entry repeats what other deeds made, in their transactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from django.db import connection

from registry.domain import clients, search_text
from registry.models import Package, Visibility

BATCH = 100
# Whoever runs this at once changes nothing twice, and an entry made from an older state never replaces a newer one.
_STORE = """
INSERT INTO registry_searchentry (package_id, vector, clients, basis)
SELECT new.id,
    setweight(to_tsvector('english', new.name), 'A') || setweight(to_tsvector('english', new.head), 'B')
    || setweight(to_tsvector('english', new.readme), 'C') || setweight(to_tsvector('english', new.content), 'D')
    || array_to_tsvector(string_to_array(new.keys, E'\\x1f') || ARRAY(
        SELECT '=' || lexeme FROM unnest(to_tsvector('english', new.name || ' ' || new.head)))),
    string_to_array(new.clients, E'\\x1f'), new.basis
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
    AS new(id, name, head, readme, content, keys, clients, basis)
ORDER BY new.id
ON CONFLICT (package_id) DO UPDATE SET vector = excluded.vector, clients = excluded.clients, basis = excluded.basis
WHERE registry_searchentry.basis <= excluded.basis
"""


@dataclass(frozen=True)
class _Entry:
    """What is stored for one package."""

    id: int
    name: str
    head: str
    readme: str
    content: str
    keys: str
    clients: str
    basis: datetime


def refresh(package: Package) -> None:
    """Make the package's entry say what its rows say. In the transaction of the change, with the package's row locked.

    The entry of a deleted package stays, empty: so a rebuild that read the package before cannot bring it back.
    """
    _store(_read([package.id]))


def of_new(package: Package) -> None:
    """Make the entry of a package that this transaction has made, and that says what its row says. No need to read it again."""
    _store([_entry(package)])


def rebuild(*, batch: int = BATCH) -> Iterator[int]:
    """Make every entry anew, in the order of the packages' numbers; yields how many packages are done.

    Each batch is one statement by itself and locks only the entries that it writes, so nobody who publishes waits
    longer for it than that.
    """
    done, last = 0, 0
    while ids := list(Package.objects.filter(id__gt=last).order_by("id").values_list("id", flat=True)[:batch]):
        _store(_read(ids))
        done, last = done + len(ids), ids[-1]
        yield done


def add_missing(*, most: int = 10_000) -> int:
    """Make the entries that are not there, as after an upgrade; returns how many."""
    rows = Package.objects.filter(search_entry=None, deleted_at=None).order_by("id")
    missing = list(rows.values_list("id", flat=True)[:most])
    for ids in batched(missing, BATCH):
        _store(_read(ids))
    return len(missing)


def tidy() -> None:
    """Work off what publications left in the index's waiting list, which every search reads through."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('search_entry_vector'::regclass)")


def _read(ids: Iterable[int]) -> list[_Entry]:
    rows = Package.objects.filter(id__in=list(ids)).select_related("latest_release").order_by("id")
    texts = ("title", "readme", "content")
    return [_entry(row) for row in rows.only(*_PACKAGE, *(f"latest_release__{name}" for name in texts))]


_PACKAGE = (
    "name", "kind", "visibility", "summary", "tags", "license", "namespace_id", "updated_at", "deleted_at"
)  # fmt: skip


def _entry(package: Package) -> _Entry:
    if package.deleted_at is not None:
        return _Entry(package.id, "", "", "", "", "#gone", "", package.deleted_at)
    release = package.latest_release
    title, readme, content = (release.title, release.readme, release.content) if release else ("", "", {})
    supported = clients.supporting(package.kind, content) if release else ()
    keys = search_text.name_keys(package.name, title, package.tags) | search_text.span_keys(package.id)
    keys |= _own_keys(package) | {f"#c:{client}" for client in supported}
    return _Entry(
        id=package.id,
        name=" ".join(search_text.words(package.name)),
        head="\n".join((title, package.summary, " ".join(package.tags))),
        readme=readme[: search_text.MAX_TEXT],
        content=search_text.content_text(content),
        keys="\x1f".join(sorted(keys)),
        clients="\x1f".join(supported),
        basis=package.updated_at,
    )


def _own_keys(package: Package) -> set[str]:
    public = package.visibility == Visibility.PUBLIC
    keys = {f"#k:{package.kind}", f"#n:{package.namespace_id}"} | {f"#t:{tag}" for tag in package.tags}
    keys.add("#r:public" if public else f"#r:{package.namespace_id}:{package.visibility}")
    return keys | ({f"#l:{package.license.lower()}"} if package.license else set())


def _store(entries: list[_Entry]) -> None:
    columns = zip(
        *((one.id, one.name, one.head, one.readme, one.content, one.keys, one.clients, one.basis) for one in entries),
        strict=True,
    )
    if entries:
        with connection.cursor() as cursor:
            cursor.execute(_STORE, [list(column) for column in columns])
