"""Keyset pagination: a page starts after a row's sort values, so its cost does not grow with how deep it lies.

A cursor is the signed list of the last row's sort values together with the name of the order it belongs to. One that
was made elsewhere, for another order or by hand is refused, and never reaches the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime

SALT = "hub.keyset"


class InvalidCursor(ValueError):
    """The cursor was not made by this list."""


@dataclass(frozen=True)
class Order:
    """A named order: field or annotation names, `-` for descending, ending in a unique one."""

    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Page[M: Model]:
    """Rows of one page, and the cursors of its neighbours (None at the ends)."""

    items: list[M]
    next_cursor: str | None
    previous_cursor: str | None


def paginate[M: Model](rows: QuerySet[M], order: Order, *, limit: int, cursor: str | None = None) -> Page[M]:
    """The page of at most `limit` rows at `cursor`. One query. Raises InvalidCursor."""
    backwards, values = _read(cursor, order) if cursor else (False, None)
    fields = [_reverse(field) for field in order.fields] if backwards else list(order.fields)
    if values is not None:
        rows = rows.filter(_after(fields, values))
    found = list(rows.order_by(*fields)[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    has_next = more if not backwards else True
    has_previous = more if backwards else cursor is not None
    return Page(
        found,
        _write(order, found[-1], backwards=False) if found and has_next else None,
        _write(order, found[0], backwards=True) if found and has_previous else None,
    )


def _reverse(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _after(fields: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows that come after `values`: larger in the first field, or equal there and larger in the second, and so on."""
    condition, equal = Q(), Q()
    for field, value in zip(fields, values, strict=True):
        name = field.removeprefix("-")
        condition |= equal & Q(**{f"{name}__{'lt' if field.startswith('-') else 'gt'}": value})
        equal &= Q(**{name: value})
    return condition


def _write(order: Order, row: Model, *, backwards: bool) -> str:
    values = [getattr(row, field.removeprefix("-")) for field in order.fields]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return signing.dumps(
        [order.name, int(backwards), [isinstance(value, datetime) for value in values], plain], salt=SALT
    )


def _read(cursor: str, order: Order) -> tuple[bool, list[Any]]:
    try:
        name, backwards, are_times, plain = signing.loads(cursor, salt=SALT)
    except signing.BadSignature:
        raise InvalidCursor("This cursor was not made by this hub.") from None
    if name != order.name:
        raise InvalidCursor("This cursor belongs to a list in another order.")
    times = zip(are_times, plain, strict=True)
    return bool(backwards), [parse_datetime(value) if is_time else value for is_time, value in times]
