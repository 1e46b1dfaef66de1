"""What the bench knows of a filled database: names and words to ask for, and how large tables and indexes are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg

from bench.words import Writer
from tests.system.hub import ROOT

COMMON, RARE, NAMES = 30, 200, 300
_SIZES = """
SELECT relname, pg_size_pretty(pg_total_relation_size(oid)) FROM pg_class
WHERE relkind = 'r' AND relname IN ('registry_package', 'registry_release', 'registry_searchentry')
UNION ALL
SELECT relname, pg_size_pretty(pg_relation_size(oid)) FROM pg_class
WHERE relkind = 'i' AND relname ~ '^(package_|release_|search_entry|registry_searchentry)'
ORDER BY 1
"""


@dataclass
class Catalogue:
    """What can be asked for. `names` are of packages that everybody may read, `rules` those of rules."""

    names: list[str]
    rules: list[str]
    common: list[str]
    rare: list[str]
    tags: list[str]
    text: str
    fresh: str = field(default="")

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Catalogue:
        """Look into the database of a hub with this environment."""
        with psycopg.connect(_address(environment)) as connection:
            found = _names(connection, "true")
            rules = _names(connection, "p.kind = 'rule'")
        writer = Writer()
        words = "test error review branch module service index token schema message cache field worker config default".split()
        return cls(
            found,
            rules,
            words[:COMMON],
            writer.rare[2000 : 2000 + RARE],
            writer.tags() + writer.tags(),
            writer.text(12),
        )


def _names(connection: psycopg.Connection[Any], condition: LiteralString) -> list[str]:
    rows = connection.execute(
        "SELECT n.slug || '/' || p.name FROM registry_package p JOIN hub_namespace n ON n.id = p.namespace_id"
        f" WHERE p.visibility = 'public' AND n.slug LIKE 'bench-%%' AND {condition} ORDER BY md5(p.name) LIMIT %s",
        [NAMES],
    )
    return [name for (name,) in rows]


def sizes(environment: Mapping[str, str]) -> dict[str, str]:
    """How large the tables and indexes of the catalogue are."""
    with psycopg.connect(_address(environment)) as connection:
        return dict(connection.execute(_SIZES).fetchall())


def _address(environment: Mapping[str, str]) -> str:
    """The address of the hub's database, asked of the hub's own settings."""
    command = [
        sys.executable,
        "-c",
        "import json; from hub import environment; print(json.dumps(environment.database_url()))",
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=dict(environment))
    address: Any = json.loads(done.stdout)
    return str(address)
