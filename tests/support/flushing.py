"""Lets tests that commit empty the database afterwards, although the audit log refuses to be emptied."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction
from django.test import TransactionTestCase

GUARDED = ("hub_auditevent", "hub_auditseal")
# What every migration ends with, and no test changes: making it again takes longer than most tests.
KEPT = ("django_content_type", "auth_permission")


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


def empty() -> None:
    """Delete every row that a test has left.

    Few tables have any, and to truncate them all costs PostgreSQL several new files for each.
    """
    tables = [name for name in connection.introspection.django_table_names(only_existing=True) if name not in KEPT]
    quoted = [connection.ops.quote_name(name) for name in tables]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"EXISTS (SELECT FROM {name})" for name in quoted))
        filled = [name for name, has_rows in zip(quoted, cursor.fetchone(), strict=True) if has_rows]
    if filled:
        tamper(*(f"DELETE FROM {name}" for name in filled))


def install() -> None:
    """Make tests that commit end this way from now on."""
    TransactionTestCase._fixture_teardown = lambda self: empty()  # type: ignore[method-assign]  # for tests only
