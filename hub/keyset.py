"""Keyset pagination: a page starts after a row's sort values, so its cost does not grow with how deep it lies.

A cursor is the signed list of the last row's sort values together with the name of the order it belongs to. One that
was made elsewhere, for another order or by hand is refused, and never reaches the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
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
class Page[M]:
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


def paginate_values[M](values: Sequence[M], order: Order, *, limit: int, cursor: str | None = None) -> Page[M]:
    """As `paginate`, for values that are at hand already, with the order's fields as attributes. Raises InvalidCursor."""
    backwards, place = _read(cursor, order) if cursor else (False, None)
    rows = list(values)
    for field in reversed(order.fields):
        # A sort keeps the order of what is equal, so the field that counts most comes last.
        rows.sort(key=attrgetter(field.removeprefix("-")), reverse=field.startswith("-"))
    if place is not None:
        side = -1 if backwards else 1
        rows = [row for row in rows if _compare(order, _fields(order, row), place) == side]
    found = rows[-limit:] if backwards else rows[:limit]
    more = len(rows) > limit
    has_next, has_previous = (True, more) if backwards else (more, cursor is not None)
    return Page(
        found,
        _write(order, found[-1], backwards=False) if found and has_next else None,
        _write(order, found[0], backwards=True) if found and has_previous else None,
    )


def _fields(order: Order, row: Any) -> list[Any]:
    return [getattr(row, field.removeprefix("-")) for field in order.fields]


def _compare(order: Order, one: Sequence[Any], other: Sequence[Any]) -> int:
    """-1 if `one` comes before `other` in the order, 1 if after it, 0 if they are the same."""
    for field, mine, theirs in zip(order.fields, one, other, strict=True):
        if mine != theirs:
            return -1 if (mine < theirs) != field.startswith("-") else 1
    return 0


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


def _write(order: Order, row: object, *, backwards: bool) -> str:
    values = _fields(order, row)
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
