"""Finding packages."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from hub import keyset
from hub.context import actor_of
from registry import catalogue
from registry.forms.search import SearchForm
from registry.kinds import KINDS
from registry.views.lists import light

PAGE_SIZE = 20


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The whole page, or its results alone when htmx asks while somebody types."""
    form = SearchForm(request.GET)
    page, status, in_time = None, 400, False
    if form.is_valid():
        asked = form.search()
        in_time = asked.order.name in ("updated", "created")
        try:
            rows = light(catalogue.find(actor_of(request), asked))
            page = keyset.paginate(rows, asked.order, limit=PAGE_SIZE, cursor=request.GET.get("cursor") or None)
            status = 200
        except keyset.InvalidCursor as error:
            form.add_error(None, str(error))
    is_part = request.htmx.request_type == "partial"  # type: ignore[attr-defined]  # set by django_htmx's middleware
    template = "pages/search.html#results" if is_part else "pages/search.html"
    context = {"form": form, "page": page, "kinds": KINDS.values(), "in_time": in_time, "feed_query": _feed_query(form)}
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Request-Type"])
    return response


def _feed_query(form: SearchForm) -> str:
    """What narrows the feed as the form narrows the list."""
    values = form.cleaned_data if form.is_valid() else {}
    return urlencode({name: value for name, value in values.items() if value and name != "sort"})
