"""What every test of pages needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hub.actors import Actor


@pytest.fixture
def visit(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Asks for an address as an actor by name: `visit("member", "/acme/style")`."""

    def go(who: str, address: str, data: dict[str, Any] | None = None, **headers: str) -> Any:
        client = Client()
        if who != "anonymous":
            actor: Actor = request.getfixturevalue(who)
            assert actor.user is not None
            client.force_login(actor.user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client.get(address, headers=headers) if data is None else client.post(address, data, headers=headers)

    return go
