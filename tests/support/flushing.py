"""Lets tests that commit empty the database afterwards, although the audit log refuses to be emptied."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations

GUARDED = ("hub_auditevent", "hub_auditseal")
_flush = DatabaseOperations.execute_sql_flush


def without_triggers(statements: Iterable[str]) -> list[str]:
    """The statements between two that take the audit log's triggers away and bring them back, as only the tables' owner may."""
    tables = [table for table in GUARDED if table in connection.introspection.table_names()]
    off = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
    on = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
    return [*off, *statements, "SET CONSTRAINTS ALL IMMEDIATE", *on]


def tamper(*statements: str) -> None:
    """Run SQL as somebody who owns the database, triggers or not."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in without_triggers(statements):
            cursor.execute(statement)


def _flush_all(self: DatabaseOperations, sql_list: list[str]) -> None:
    _flush(self, without_triggers(sql_list))


def install() -> None:
    """Make Django's flush work from now on."""
    DatabaseOperations.execute_sql_flush = _flush_all  # type: ignore[method-assign]  # for tests only
