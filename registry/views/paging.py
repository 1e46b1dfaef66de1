"""Pages of lists."""

from __future__ import annotations

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from hub import keyset
from hub.keyset import Order, Page


def page_or_404[M: Model](request: HttpRequest, rows: QuerySet[M], order: Order, limit: int) -> Page[M]:
    """The page at `?cursor=`. Raises Http404 for a cursor that this list did not make."""
    try:
        return keyset.paginate(rows, order, limit=limit, cursor=request.GET.get("cursor") or None)
    except keyset.InvalidCursor as error:
        raise Http404(str(error)) from None
