"""Finding packages: one query behind the API, the pages and later the command line."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Case, ExpressionWrapper, F, IntegerField, Q, Value, When
from django.db.models.functions import Cast

from hub.actors import Actor
from hub.domain import slugs
from hub.keyset import Order
from registry.models import Package, PackageQuerySet

# Ranks are compared as whole numbers, so that a cursor holds exactly what the database compares.
_RANK_STEPS = 1_000_000

ORDERS = {
    "relevance": Order("relevance", ("-is_exact", "-rank", "-id")),
    "updated": Order("updated", ("-updated_at", "-id")),
    "created": Order("created", ("-created_at", "-id")),
    "name": Order("name", ("name", "id")),
}


@dataclass(frozen=True)
class Search:
    """What somebody looks for. Empty fields do not restrict; `sort` is a key of ORDERS or empty."""

    text: str = ""
    kind: str = ""
    namespace: str = ""
    tag: str = ""
    sort: str = ""

    @property
    def order(self) -> Order:
        """The order asked for; by default the most relevant first if there is a text, else the newest."""
        name = self.sort or ("relevance" if self.text.strip() else "updated")
        return ORDERS[name]


def find(actor: Actor, search: Search) -> PackageQuerySet:
    """The packages that fit and that the actor may read, annotated for `search.order`, with what a list shows."""
    rows = Package.objects.visible_to(actor).select_related("namespace", "latest_release")
    if search.kind:
        rows = rows.filter(kind=search.kind)
    if search.namespace:
        rows = rows.filter(namespace__slug=slugs.normalize(search.namespace))
    if search.tag:
        rows = rows.filter(tags__contains=[search.tag.lower()])
    text = search.text.strip()
    if text:
        rows = rows.filter(_matches(text))
    return _ranked(rows, text) if search.order.name == "relevance" else rows


def _matches(text: str) -> Q:
    query = SearchQuery(text, search_type="websearch", config="english") | SearchQuery(
        text, search_type="websearch", config="simple"
    )
    namespace, slash, name = text.lower().partition("/")
    words = Q(search=query) | Q(name__icontains=text)
    return words | Q(namespace__slug=namespace, name__startswith=name) if slash else words


def _ranked(rows: PackageQuerySet, text: str) -> PackageQuerySet:
    rank = SearchRank(F("search"), SearchQuery(text, search_type="websearch", config="english"))
    name = text.lower().rpartition("/")[2]
    return rows.annotate(
        rank=Cast(ExpressionWrapper(rank * _RANK_STEPS, output_field=IntegerField()), IntegerField()),
        is_exact=Case(When(name=name, then=Value(1)), default=Value(0)),
    )
