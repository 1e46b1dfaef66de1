"""The standard's filters and orders as queries. What could not be answered by the database is refused, never guessed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from scim2_models import InvalidFilterException, InvalidValueException, SCIMException, ScimFilter, SearchRequest
from scim2_models.path import AttrPath, FilterVisitor
from scim2_models.path.expressions import Comparison, LogicalExpr, LogicalOperator, Not, Present, ValuePath

from hub.domain.scim import key
from hub.models import ScimGroupMember

MAX_LENGTH = 1000
MAX_BRACKETS = 20
MAX_TERMS = 40
_TEXT = {"eq": "exact", "co": "contains", "sw": "startswith", "ew": "endswith"}
_MOMENT = {"eq": "exact", "gt": "gt", "ge": "gte", "lt": "lt", "le": "lte"}


@dataclass(frozen=True)
class Column:
    """Where an attribute is stored. `kind` says how it compares: text, name (without case), moment, bool, id or list."""

    name: str
    kind: str


USERS: Mapping[str, Column] = {
    "username": Column("user_key", "name"),
    "externalid": Column("external_id", "text"),
    "id": Column("uid", "id"),
    "active": Column("active", "bool"),
    "emails": Column("addresses", "list"),
    "emails.value": Column("addresses", "list"),
    "groups": Column("groups__group__uid", "ids"),
    "groups.value": Column("groups__group__uid", "ids"),
    "meta.created": Column("created_at", "moment"),
    "meta.lastmodified": Column("updated_at", "moment"),
}
GROUPS: Mapping[str, Column] = {
    "displayname": Column("display_key", "name"),
    "externalid": Column("external_id", "text"),
    "id": Column("uid", "id"),
    "members": Column("members__scim_user__uid", "ids"),
    "members.value": Column("members__scim_user__uid", "ids"),
    "meta.created": Column("created_at", "moment"),
    "meta.lastmodified": Column("updated_at", "moment"),
}


def check_text(text: str, refusal: type[SCIMException] = InvalidFilterException) -> None:
    """Refuse a filter or path that is only there to cost time. Raises `refusal`."""
    if len(text) > MAX_LENGTH or text.count("(") + text.count("[") > MAX_BRACKETS:
        raise refusal(detail=f"This has at most {MAX_LENGTH} characters and {MAX_BRACKETS} brackets.")


def condition(found: ScimFilter[Any] | None, columns: Mapping[str, Column]) -> Q:
    """The rows that a filter means. Raises InvalidFilterException for what the hub does not search by."""
    return Q() if found is None else _Query(columns).visit(found.ast)


def order(search: SearchRequest[Any], columns: Mapping[str, Column]) -> list[str]:
    """The columns to sort by, ending in a unique one. Raises InvalidValueException for what the hub does not sort by."""
    if search.sort_by is None:
        return ["id"]
    column = columns.get(_short(str(search.sort_by)).lower())
    if column is None or column.kind in ("list", "ids"):
        raise InvalidValueException(detail=f"Results cannot be sorted by “{str(search.sort_by)[:100]}”.")
    sign = "-" if search.sort_order == SearchRequest.SortOrder.descending else ""
    return [f"{sign}{column.name}", "id"]


class _Query(FilterVisitor[Q]):
    """Turns each part of a filter into a condition."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.columns, self.terms = columns, 0

    def visit_comparison(self, node: Comparison) -> Q:
        column, op = self._column(node.attr_path), node.op.value
        if op == "ne":
            return ~_compared(column, "eq", node.value)
        return _compared(column, op, node.value)

    def visit_present(self, node: Present) -> Q:
        column = self._column(node.attr_path)
        match column.kind:
            case "list":
                return ~Q(**{column.name: []})
            case "ids":
                return Q(id__in=_related(column))
            case "text":
                return ~Q(**{column.name: ""})
        return Q(pk__isnull=False)

    def visit_not(self, node: Not) -> Q:
        return ~self.visit(node.expr)

    def visit_logical_expr(self, node: LogicalExpr) -> Q:
        parts = [self.visit(term) for term in node.terms]
        return reduce(and_ if node.op == LogicalOperator.and_ else or_, parts)

    def visit_value_path(self, node: ValuePath) -> Q:
        attribute = node.attr_path.attr.lower()
        inner = node.val_filter
        if attribute == "members" and isinstance(inner, Comparison) and inner.op.value == "eq":
            return self.visit(Comparison(AttrPath("members", inner.attr_path.attr), inner.op, inner.value))
        if attribute == "emails":
            self._column(node.attr_path)
            return Q(attributes__emails__contains=[_entry(inner)])
        raise _refusal(f"Filters in brackets are not supported for “{node.attr_path.attr}”.")

    def _column(self, path: AttrPath) -> Column:
        self.terms += 1
        column = self.columns.get((f"{path.attr}.{path.sub_attr}" if path.sub_attr else path.attr).lower())
        if column is None or self.terms > MAX_TERMS:
            raise _refusal(f"“{path}” cannot be filtered by, or the filter has more than {MAX_TERMS} parts.")
        return column


def _compared(column: Column, op: str, value: Any) -> Q:
    match column.kind:
        case "name" | "text" if isinstance(value, str) and op in _TEXT:
            return Q(**{f"{column.name}__{_TEXT[op]}": key(value) if column.kind == "name" else value})
        case "list" if isinstance(value, str) and op == "eq":
            return Q(**{f"{column.name}__contains": [value.lower()]})
        case "bool" if op == "eq" and (isinstance(value, bool) or str(value).lower() in ("true", "false")):
            return Q(**{column.name: str(value).lower() == "true"})
        case "id" if isinstance(value, str) and op == "eq":
            return Q(**{column.name: uid}) if (uid := _uuid(value)) else Q(pk__isnull=True)
        case "ids" if isinstance(value, str) and op == "eq":
            return Q(id__in=_related(column, value))
        case "moment" if isinstance(value, str) and op in _MOMENT:
            return Q(**{f"{column.name}__{_MOMENT[op]}": _moment(value)})
    raise _refusal(f"The operator “{op}” is not supported for this attribute and value.")


def _related(column: Column, value: str = "") -> Any:
    """The ids of rows that are joined with another one (any, if `value` is empty). A subquery, so nothing is doubled."""
    mine, other = ("scim_user", "group") if column.name.startswith("groups") else ("group", "scim_user")
    rows = ScimGroupMember.objects.all()
    if value:
        uid = _uuid(value)
        rows = rows.filter(**{f"{other}__uid": uid}) if uid else rows.none()
    return rows.values(mine)


def _entry(node: Any) -> dict[str, Any]:
    """The e-mail address that `eq` comparisons joined by `and` describe."""
    terms = node.terms if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_ else (node,)
    entry: dict[str, Any] = {}
    for term in terms:
        comparison = term if isinstance(term, Comparison) and term.op.value == "eq" else None
        name = comparison.attr_path.attr.lower() if comparison else ""
        if comparison is None or name not in ("value", "type", "primary") or name in entry:
            raise _refusal("An e-mail address is found by “eq” on value, type and primary, joined by “and”.")
        value = comparison.value
        entry[name] = value.lower() if name == "value" and isinstance(value, str) else value
    return entry


def _moment(value: str) -> datetime:
    try:
        moment = parse_datetime(value)
    except ValueError:
        moment = None
    if moment is None:
        raise _refusal("A point in time is written like 2026-01-31T12:00:00Z.")
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.get_default_timezone())


def _uuid(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


def _short(path: str) -> str:
    """An attribute without the schema in front of it."""
    return path.rpartition(":")[2]


def _refusal(detail: str) -> InvalidFilterException:
    return InvalidFilterException(detail=detail)
