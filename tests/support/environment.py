"""Gives every test run a database and keys of its own, before Django reads its settings. Loaded by pytest's `-p`.

Without DATABASE_URL an embedded PostgreSQL is started under `var/test` and stopped again by the process that started it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hub.launcher import database, keys

ROOT = Path(__file__).resolve().parents[2]
FAST = {
    **database.SMALL,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "120",
}

started: list[Path] = []


def prepare() -> None:
    """Set the environment that the settings are read from."""
    data_dir = Path(os.environ.setdefault("HUB_DATA_DIR", str(ROOT / "var" / "test")))
    keys.ensure(data_dir / "keys")
    (data_dir / "static").mkdir(exist_ok=True)
    for folder in ("queue", "control", "processed"):
        (data_dir / "broker" / folder).mkdir(parents=True, exist_ok=True)
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = database.start(data_dir, settings=FAST)
        started.append(data_dir)
    os.environ["HUB_DEBUG"] = "0"
    os.environ["HUB_BASE_URL"] = "http://testserver"


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop what this process started."""
    while started:
        database.stop(started.pop())


prepare()
