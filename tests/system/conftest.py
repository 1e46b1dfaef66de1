"""One hub and one model server for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system import hub as hubs
from tests.system import model_server as models

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder starts real processes."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.system)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Nothing to forget in this process: takes the place of what the other tests need."""


@pytest.fixture(scope="session")
def hub() -> Iterator[hubs.Hub]:
    """A hub without anything outside: embedded PostgreSQL, broker in a folder. Its default assistant is `acme/hello`."""
    with hubs.running(HUB_DEFAULT_ASSISTANT="acme/hello") as running:
        yield running


@pytest.fixture(scope="session")
def _model_server() -> Iterator[models.ModelServer]:
    with models.running() as running:
        yield running


@pytest.fixture
def model_server(_model_server: models.ModelServer) -> models.ModelServer:
    """The model server; what earlier tests asked is forgotten."""
    _model_server.forget()
    return _model_server
