"""What the tests of values share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.node import Oracle


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """The reference implementation, running. A test that uses it is marked `node`."""
    with Oracle() as running:
        yield running
