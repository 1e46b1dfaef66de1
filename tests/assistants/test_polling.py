"""A bundle answered from memory is answered as the view behind answers it, and nothing else is answered from memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assistants.api import polling
from hub import shortcache
from hub.actors import Actor
from hub.services import tokens
from registry.models import Package
from registry.services import packages

BUNDLE = "/api/v1/assistants/acme/helper/bundle"
_OF_EACH = {"X-Request-Id", "RateLimit"}

type Build = Callable[..., Package]


@pytest.fixture
def helper(build_package: Build, build_assistant: Build) -> Package:
    """A public assistant."""
    build_package("style", "1.0.0")
    return build_assistant("helper", "rules:\n  - uses: acme/style@^1\n")


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the view behind is asked for, from now on."""
    asked: list[str] = []
    was = polling._remembered

    def noting(*arguments: Any) -> Any:
        found = was(*arguments)
        if found is None:
            asked.append(arguments[0].get_full_path())
        return found

    monkeypatch.setattr(polling, "_remembered", noting)
    return asked


def told(response: Any) -> tuple[int, bytes, dict[str, str]]:
    """An answer without what every answer has of its own."""
    return (
        response.status_code,
        response.content,
        {name: value for name, value in response.headers.items() if name not in _OF_EACH},
    )


@pytest.mark.parametrize("query", ["", "?version=1.0.0", "?version=%5E1", "?scope=none", "?version=latest&scope=none"])
@pytest.mark.parametrize("who", ["anonymous", "member", "stranger"])
def test_the_second_answer_is_the_first_without_a_query(
    helper: Package, behind: list[str], request: pytest.FixtureRequest, token_of: Any, query: str, who: str
) -> None:
    headers = {}
    if who != "anonymous":
        headers["Authorization"] = f"Bearer {token_of(request.getfixturevalue(who))}"
    first = Client().get(BUNDLE + query, headers=headers)
    assert len(behind) == 1
    with CaptureQueriesContext(connection) as queries:
        second = Client().get(BUNDLE + query, headers=headers)
    assert (len(behind), len(queries)) == (1, 0)
    assert told(second) == told(first)
    used = [int(answer["RateLimit"].partition("r=")[2].partition(";")[0]) for answer in (first, second)]
    assert used[0] - used[1] == 1
    fresh = headers | {"If-None-Match": first["ETag"]}
    shortcache.decisions.clear()
    assert told(Client().get(BUNDLE + query, headers=fresh)) == told(Client().get(BUNDLE + query, headers=fresh))
    assert Client().get(BUNDLE + query, headers=fresh).status_code == 304


def test_what_is_not_certain_goes_to_the_view_behind(
    helper: Package, behind: list[str], owner: Actor, token_of: Any
) -> None:
    client, signed_in = Client(), Client()
    signed_in.force_login(owner.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get(BUNDLE)
    behind.clear()
    assert client.get(BUNDLE + "?target=cursor").status_code == 200
    assert client.get(BUNDLE + "?version=%00").status_code == 400
    assert client.get(BUNDLE, headers={"Authorization": "Bearer ahub_nothing"}).status_code == 401
    assert client.get(BUNDLE, headers={"Authorization": "Basic eDp5"}).status_code == 200
    assert signed_in.get(BUNDLE).status_code == 200
    assert len(behind) == 4
    assert client.head(BUNDLE).status_code == 200
    assert client.post(BUNDLE).status_code in (401, 403, 405)


def test_a_token_that_ends_is_refused_though_its_answer_is_remembered(helper: Package, owner: Actor) -> None:
    made = tokens.create(by=owner, name="ci", scopes=("read",))
    headers = {"Authorization": f"Bearer {made.secret}"}
    for _ in range(2):
        assert Client().get(BUNDLE, headers=headers).status_code == 200
    tokens.revoke(by=owner, token=made.token)
    assert Client().get(BUNDLE, headers=headers).status_code == 401


def test_what_becomes_private_is_seen_at_once_by_this_process(helper: Package, owner: Actor) -> None:
    for _ in range(2):
        assert Client().get(BUNDLE).status_code == 200
    packages.update(by=owner, package=helper, visibility="private", summary="")
    assert Client().get(BUNDLE).status_code == 404


def test_a_limit_that_is_used_up_is_told_as_everywhere(helper: Package, settings: LazySettings) -> None:
    cache.clear()
    settings.API_ANONYMOUS_RATE_PER_MINUTE = 3
    answers = [Client().get(BUNDLE) for _ in range(5)]
    assert [answer.status_code for answer in answers][:3] == [200, 200, 200]
    assert answers[-1].status_code == 429
    assert answers[-1]["Content-Type"] == "application/problem+json"
