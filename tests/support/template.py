"""Keeps a migrated, empty database beside the tests' own: to copy it takes a moment, to migrate takes every worker ten seconds.

It is named by what it was made from, so a changed migration makes the next one.
"""

from __future__ import annotations

import hashlib
import inspect
from functools import cache
from typing import Any

import django
from django.db import connection
from django.db.migrations.loader import MigrationLoader

PREFIX = "migrated_"
LOCK = 7_210_031  # of two workers that end migrating at once, one copies


@cache
def name() -> str:
    """The template's name: of Django, and of the text of every migration."""
    found = hashlib.sha256(django.__version__.encode())
    for key, migration in sorted(MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items()):
        found.update(repr(key).encode() + inspect.getsource(inspect.getmodule(type(migration))).encode())  # type: ignore[arg-type]  # a migration always has a module
    return PREFIX + found.hexdigest()[:20]


def use() -> None:
    """Let Django make the tests' database from the template, if there is one."""
    with connection._nodb_cursor() as cursor:
        if name() in _all(cursor):
            connection.settings_dict["TEST"]["TEMPLATE"] = name()


def keep() -> None:
    """Copy the tests' database, which was just migrated, and drop the templates of other migrations."""
    made = connection.settings_dict["NAME"]
    connection.close()  # PostgreSQL copies only what nobody is connected to
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # released when this connection closes
        templates = _all(cursor)
        for old in templates - {name()}:
            cursor.execute(f'DROP DATABASE "{old}"')
        if name() not in templates:
            cursor.execute(f'CREATE DATABASE "{name()}" TEMPLATE "{made}"')


def forget() -> None:
    """Drop every template."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        for old in _all(cursor):
            cursor.execute(f'DROP DATABASE "{old}"')


def _all(cursor: Any) -> set[str]:
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
    return {row[0] for row in cursor.fetchall()}
