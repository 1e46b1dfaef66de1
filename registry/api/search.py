"""Search over REST, with what narrows it."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.views import HubAPIView
from registry import catalogue
from registry.api import search_shapes as shapes
from registry.api.errors import as_problems


class SearchView(HubAPIView):
    """A page of what was found, how many that are, and how they divide."""

    @extend_schema(operation_id="search", parameters=[shapes.SearchInput], responses=shapes.SearchOutput)
    def get(self, request: Request) -> Response:
        """Find packages, with counts, facets and passages."""
        asked = self.read(shapes.SearchInput, request.query_params)
        with as_problems():
            found = catalogue.look(
                self.actor,
                shapes.search_of(asked),
                limit=asked["limit"],
                cursor=asked.get("cursor") or None,
                with_facets=True,
            )
        for one in found.page.items:
            one.passage = found.passages.get(one.id, ())  # type: ignore[attr-defined]  # what the output shows beside the row
        return Response(shapes.SearchOutput(_body(found)).data)


def _body(found: catalogue.Results) -> dict[str, object]:
    sample = found.sample or catalogue.Sample(0, is_capped=False, facets=())
    return {
        "items": found.page.items,
        "next": found.page.next_cursor,
        "previous": found.page.previous_cursor,
        "total": sample.total,
        "is_capped": sample.is_capped,
        "is_guess": found.is_guess,
        "facets": sample.facets,
    }
