"""What somebody looks for, and the list of packages that a search without words is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Subquery

from hub.actors import Actor
from hub.domain import slugs
from hub.keyset import Order
from hub.models import Namespace
from registry.catalogue.verified import verified_namespaces
from registry.domain import search_text
from registry.models import Package, PackageQuerySet

ORDERS = {
    "relevance": Order("relevance", ("-closeness", "-rank", "-id")),
    "updated": Order("updated", ("-updated_at", "-id")),
    "created": Order("created", ("-created_at", "-id")),
    "name": Order("name", ("name", "id")),
}


@dataclass(frozen=True)
class Search:
    """What somebody looks for. Empty fields do not restrict; `sort` is a key of ORDERS or empty.

    `kinds` and `released` narrow further than the reader asked, for pages that can use only some kinds, or releases.
    """

    text: str = ""
    kind: str = ""
    namespace: str = ""
    tag: str = ""
    sort: str = ""
    license: str = ""
    client: str = ""
    verified: bool = False
    kinds: tuple[str, ...] = ()
    released: bool = False

    @property
    def has_words(self) -> bool:
        """Whether there is a text to look for."""
        return bool(self.text.strip())

    @property
    def order(self) -> Order:
        """The order asked for; by default the most relevant first if there is a text, else the newest."""
        if self.has_words:
            return ORDERS[self.sort or "relevance"]
        # Without words nothing is more relevant than what is new.
        return ORDERS["updated" if self.sort in ("", "relevance") else self.sort]


class KeyQuery(SearchQuery):
    """The query for a key as it stands: PostgreSQL's functions would take it for text and cut it into words."""

    def __init__(self, key: str) -> None:
        super().__init__(search_text.quoted(key))
        self.key = key

    def as_sql(self, *_: Any, **__: Any) -> tuple[str, tuple[str | int, ...]]:
        """A constant."""
        return "%s::tsquery", (search_text.quoted(self.key),)


def find(actor: Actor, search: Search) -> PackageQuerySet:
    """The packages that the filters leave and that the actor may read, with what a list shows. The text is not looked at."""
    return filtered(Package.objects.visible_to(actor), search).select_related("namespace", "latest_release")


def filtered(rows: PackageQuerySet, search: Search) -> PackageQuerySet:
    """Those of the rows that the filters leave. The text is not looked at."""
    if search.kind:
        rows = rows.filter(kind=search.kind)
    if search.kinds:
        rows = rows.filter(kind__in=search.kinds)
    if search.released:
        rows = rows.filter(latest_release__isnull=False)
    if search.namespace:
        # By number, so that the database takes the namespace's own index.
        named = Namespace.objects.filter(slug=slugs.normalize(search.namespace)).values("id")[:1]
        rows = rows.filter(namespace=Subquery(named))
    if search.tag:
        rows = rows.filter(tags__contains=[search.tag.lower()])
    if search.verified:
        rows = rows.filter(namespace__in=verified_namespaces())
    for key in keys(search):
        rows = rows.filter(search_entry__vector=KeyQuery(key))
    return rows


def keys(search: Search) -> list[str]:
    """The keys of the filters that packages themselves have no index for."""
    found = [f"#l:{search.license.strip().lower()}"] if search.license.strip() else []
    return [*found, f"#c:{search.client}"] if search.client else found


_LONG = (
    "manifest", "content", "document", "files", "secrets", "inputs", "readme", "readme_html", "changelog", "changelog_html",
    "warnings", "findings", "published_from", "origin"
)  # fmt: skip
_NOT_LISTED = tuple(f"latest_release__{name}" for name in _LONG)


def light(rows: PackageQuerySet) -> PackageQuerySet:
    """Packages with namespace and latest release, without texts and structures, which can be long and are not listed."""
    return rows.select_related("namespace", "latest_release").defer(*_NOT_LISTED)
