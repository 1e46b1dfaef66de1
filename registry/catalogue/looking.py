"""A whole search: the page, how many packages fit, and how they divide."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.contrib.postgres.search import SearchQuery, TrigramWordSimilarity
from django.db.models import (
    Case,
    Expression,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from hub import keyset
from hub.actors import Actor
from hub.domain import slugs
from hub.keyset import Page
from hub.models import Namespace
from registry.catalogue import snippets, window
from registry.catalogue.facets import Facet, Hit, counted
from registry.catalogue.queries import Search, filtered, light
from registry.catalogue.verified import verified_namespaces
from registry.domain import search_text
from registry.domain.search_text import Asked
from registry.models import Package, PackageQuerySet

# Ranks are compared as whole numbers, so that a cursor holds exactly what the database computes.
_RANK_STEPS = 1_000_000
_LEAST_SIMILAR = _RANK_STEPS * 3 // 10
_FULL_NAME = re.compile(f"({slugs.SLUG_PATTERN})/({slugs.SLUG_PATTERN})?")
_WHOLE_NAME, _FULL_MATCH = 3, 4


@dataclass(frozen=True)
class Sample:
    """How many packages were found and how they divide. At `is_capped` there are more than the numbers say."""

    total: int
    is_capped: bool
    facets: tuple[Facet, ...]


@dataclass(frozen=True)
class Results:
    """The answer to a search. `is_guess`: nothing has these words, and these names are like them."""

    page: Page[Package]
    sample: Sample | None
    is_guess: bool
    passages: Mapping[int, tuple[snippets.Part, ...]]


def look(actor: Actor, search: Search, *, limit: int, cursor: str | None = None, with_facets: bool = False) -> Results:
    """Search. With words at most `window.MOST` packages are found, and sorted; without, everything is listed.

    Raises InvalidCursor.
    """
    # Made once: the conditions on who may read what take longer to write down than the database takes to answer.
    readable = Package.objects.visible_to(actor)
    if not search.has_words:
        page = keyset.paginate(light(filtered(readable, search)), search.order, limit=limit, cursor=cursor)
        sample = _sample(_hits(actor, readable, search, Asked())) if with_facets else None
        return Results(page, sample, is_guess=False, passages={})
    asked = search_text.parse(search.text)
    found = _hits(actor, readable, search, asked)
    hits, _ = found
    chosen = keyset.paginate_values(hits, search.order, limit=limit, cursor=cursor)
    rows = _rows([hit.id for hit in chosen.items], asked)
    items = [rows[hit.id] for hit in chosen.items if hit.id in rows]
    page = Page(items, chosen.next_cursor, chosen.previous_cursor)
    sample = _sample(found) if with_facets else None
    guess = bool(hits) and all(hit.closeness == 0 for hit in hits)
    return Results(page, sample, guess, {one.id: snippets.parts(getattr(one, "passage", None)) for one in items})


def facets(actor: Actor, search: Search) -> Sample:
    """How many packages fit, and how they divide, without a page of them."""
    asked = search_text.parse(search.text) if search.has_words else Asked()
    return _sample(_hits(actor, Package.objects.visible_to(actor), search, asked))


def _sample(found: tuple[list[Hit], bool]) -> Sample:
    hits, is_capped = found
    return Sample(len(hits), is_capped, counted(hits))


def _hits(actor: Actor, readable: PackageQuerySet, search: Search, asked: Asked) -> tuple[list[Hit], bool]:
    """What fits and whether there is more. Whatever the index says, each package is asked whether the actor may read it."""
    named = _by_full_name(readable, search)
    if named:
        return named, len(named) >= window.MOST
    if search.has_words and not asked.words and not asked.name:
        return [], False
    found = window.candidates(actor, search, asked)
    if not found:
        return [], False
    # The entries were asked for these already; what is left to ask are the packages.
    rows = filtered(readable, replace(search, text="", license="", client=""))
    rows = _narrowed(rows.filter(id__in=RawSQL("SELECT unnest(%s::bigint[])", [list(found)])), asked)
    is_guess = search.has_words and not any(one.closeness for one in found.values())
    hits = _read(rows, _similarity(asked) if is_guess else Value(0))
    for hit in hits:
        entry = found[hit.id]
        hit.closeness, hit.clients, hit.rank = entry.closeness, entry.clients, hit.rank or entry.rank
    return [hit for hit in hits if not is_guess or hit.rank >= _LEAST_SIMILAR], len(found) >= window.MOST


def _by_full_name(readable: PackageQuerySet, search: Search) -> list[Hit]:
    """The packages whose full name begins like the text, if it looks like one."""
    match = _FULL_NAME.fullmatch(search.text.strip().lower())
    if match is None:
        return []
    holder, name = Namespace.objects.filter(slug=match[1]).values("id")[:1], match[2] or ""
    rows = filtered(readable, search).filter(namespace=Subquery(holder), name__startswith=name).order_by("name", "id")
    hits = _read(rows[: window.MOST], Value(0))
    for hit in hits:
        hit.closeness = _FULL_MATCH if hit.name == name else _WHOLE_NAME
    return hits


def _narrowed(rows: PackageQuerySet, asked: Asked) -> PackageQuerySet:
    """Phrases and exclusions are looked at among the candidates alone, where they cost little."""
    for phrase in asked.phrases:
        rows = rows.filter(search_entry__vector=SearchQuery(phrase, config="english", search_type="phrase"))
    for word in asked.excluded:
        rows = rows.exclude(search_entry__vector=SearchQuery(word, config="english", search_type="plain"))
    return rows


def _similarity(asked: Asked) -> Expression:
    similar = TrigramWordSimilarity(" ".join(asked.words), "name") * _RANK_STEPS
    return Cast(ExpressionWrapper(similar, output_field=FloatField()), IntegerField())


def _read(rows: PackageQuerySet, rank: Expression) -> list[Hit]:
    verified = Case(When(namespace__in=verified_namespaces(), then=Value(value=True)), default=Value(value=False))
    values = rows.annotate(verified=verified, steps=rank, tag_line=_line("tags")).values_list(
        *(
            "id",
            "name",
            "created_at",
            "updated_at",
            "kind",
            "namespace__slug",
            "tag_line",
            "license",
            "verified",
            "steps",
        )
    )
    return [Hit(*value) for value in values]


def _line(array: str) -> Func:
    """An array as one text: a thousand of those are read in a third of the time."""
    return Func(F(array), Value(" "), function="array_to_string", output_field=TextField())


def _rows(ids: Sequence[int], asked: Asked) -> dict[int, Package]:
    """The packages of one page, which were asked just now whether the actor may read them."""
    rows = light(Package.objects.filter(id__in=ids))
    if asked.words:
        rows = snippets.with_passages(rows, " ".join(asked.words))
    return {one.id: one for one in rows}
