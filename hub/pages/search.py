"""Finding packages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from hub import keyset
from hub.context import actor_of
from registry import catalogue
from registry.domain.clients import CLIENTS
from registry.forms.search import SearchForm
from registry.kinds import KINDS

PAGE_SIZE = 20
_LABELS: dict[str, str | Promise] = {
    "kind": _("Kind"),
    "namespace": _("Namespace"),
    "tag": _("Tag"),
    "license": _("Licence"),
    "client": _("Client"),
    "verified": _("Verified"),
}


@dataclass(frozen=True)
class Choice:
    """One value of a facet as a link: to the search with it, or, where it is chosen, without it."""

    label: str | Promise
    count: int
    url: str
    is_chosen: bool


@dataclass(frozen=True)
class Choices:
    """One facet as links."""

    name: str
    label: str | Promise
    values: list[Choice]


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The whole page, or its results alone when htmx asks while somebody types."""
    form = SearchForm(request.GET)
    context: dict[str, Any] = {
        "form": form,
        "page": None,
        "kinds": KINDS.values(),
        "feed_query": _feed_query(form),
    }
    status = 400
    if form.is_valid():
        try:
            context |= _found(request, form.search())
            status = 200
        except keyset.InvalidCursor as error:
            form.add_error(None, str(error))
    is_part = request.htmx.request_type == "partial"  # type: ignore[attr-defined]  # set by django_htmx's middleware
    template = "pages/search.html#results" if is_part else "pages/search.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Request-Type"])
    return response


def _feed_query(form: SearchForm) -> str:
    """What narrows the feed as the form narrows the list."""
    values = form.cleaned_data if form.is_valid() else {}
    return urlencode({name: value for name, value in values.items() if value and name != "sort"})


def _found(request: HttpRequest, asked: catalogue.Search) -> dict[str, Any]:
    cursor = request.GET.get("cursor") or None
    results = catalogue.look(actor_of(request), asked, limit=PAGE_SIZE, cursor=cursor, with_facets=True)
    return {
        "page": results.page,
        "found": [(package, results.passages.get(package.id, ())) for package in results.page.items],
        "sample": results.sample,
        "is_guess": results.is_guess,
        "facets": _choices(request.GET, results.sample.facets if results.sample else ()),
        "in_time": asked.order.name in ("updated", "created"),
    }


def _choices(query: QueryDict, facets: tuple[catalogue.Facet, ...]) -> list[Choices]:
    return [
        Choices(facet.name, _LABELS[facet.name], [_choice(query, facet.name, value) for value in facet.values])
        for facet in facets
        if facet.values
    ]


def _choice(query: QueryDict, name: str, value: catalogue.Value) -> Choice:
    chosen = query.get(name, "").strip().lower() == value.value.lower()
    target = query.copy()
    target.pop("cursor", None)
    if chosen:
        target.pop(name, None)
    else:
        target[name] = value.value
    return Choice(_label(name, value.value), value.count, f"?{target.urlencode()}", chosen)


def _label(name: str, value: str) -> str | Promise:
    if name == "kind":
        return KINDS[value].plural if value in KINDS else value
    if name == "verified":
        return _("Verified namespaces")
    return CLIENTS.get(value, value) if name == "client" else value
