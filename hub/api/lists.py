"""What lists over REST share: a place to start at, and a page with the way to its neighbours."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import serializers

from hub import keyset
from hub.api.problems import Problem

MAX_LIMIT = 100


class PlaceInput(serializers.Serializer[Any]):
    """A place in a list."""

    cursor = serializers.CharField(
        required=False, allow_blank=True, max_length=1000, help_text="From `next` or `previous`."
    )
    limit = serializers.IntegerField(
        required=False, default=30, min_value=1, max_value=MAX_LIMIT, help_text="Rows a page."
    )


def page_of[M: Model](rows: QuerySet[M], order: keyset.Order, asked: dict[str, Any]) -> keyset.Page[M]:
    """The page of `rows` that a `PlaceInput` asks for. A cursor from elsewhere is a problem 400."""
    try:
        return keyset.paginate(rows, order, limit=asked["limit"], cursor=asked.get("cursor") or None)
    except keyset.InvalidCursor as error:
        raise Problem(400, "cursor_invalid", f"{error} Start again without “cursor”.") from None


def body_of(page: keyset.Page[Any], output: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The answer that holds `page`."""
    items = output(page.items, many=True).data
    return {"items": items, "next": page.next_cursor, "previous": page.previous_cursor}
