"""The lines of docs/api.md do what they say."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from assistants.services import starter
from hub.actors import Actor
from hub.models import User
from hub.shortcache import TTL
from tests.support.environment import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text()
LINES = re.findall(r'^curl "\$HUB(/\S+)"$', TEXT, re.MULTILINE)


@pytest.fixture
def catalogue(build_user: Callable[..., User]) -> Actor:
    owner = Actor(build_user("ada"))
    starter.load(by=owner)
    return owner


def test_every_line_answers(catalogue: Actor, client: Client, token_of: Callable[..., str]) -> None:
    assert len(LINES) == 8
    for address in LINES:
        assert client.get(address).status_code == 200, address
    bearer = {"Authorization": f"Bearer {token_of(catalogue)}"}
    assert client.get("/api/v1/me", headers=bearer).json()["username"] == "ada"


def test_the_figures_are_those_of_the_code() -> None:
    assert TTL == 4
    assert "at most four seconds old" in TEXT
    assert f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20} MiB" in TEXT
