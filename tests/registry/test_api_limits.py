"""How often one may call, and from whose pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hub.actors import Actor
from hub.api import throttling
from registry.models import Package
from tests.support.problems import problem

type Api = Callable[..., Any]
type Build = Callable[..., Package]

ELSEWHERE = {"Origin": "https://elsewhere.example"}


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds into a minute, so that no test crosses into the next window."""
    monkeypatch.setattr(throttling.time, "time", lambda: 1_800_000_010.0)


def remaining(answer: Any) -> int:
    found = re.fullmatch(r'"default";r=(\d+);t=(\d+)', answer["RateLimit"])
    assert found is not None
    assert int(found[2]) == 50
    return int(found[1])


def test_every_answer_tells_the_limit_and_what_is_left(api: Api, owner: Actor, settings: Any) -> None:
    settings.API_RATE_PER_MINUTE = 7
    first = api("get", "me", owner)
    assert first["RateLimit-Policy"] == '"default";q=7;w=60'
    assert remaining(first) == 6
    assert remaining(api("get", "packages/acme/none", owner)) == 5, "an error counts too"
    assert remaining(api("post", "packages", owner, {})) == 4


def test_beyond_the_limit_the_answer_is_429_and_says_when_to_come_back(api: Api, settings: Any, db: None) -> None:
    settings.API_ANONYMOUS_RATE_PER_MINUTE = 2
    assert [api("get", "packages").status_code for _ in range(2)] == [200, 200]
    for _ in range(2):
        refused = api("get", "packages")
        problem(refused, 429, "throttled")
        assert refused["Retry-After"] == "50"
        assert remaining(refused) == 0


def test_the_next_minute_starts_anew(api: Api, settings: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_ANONYMOUS_RATE_PER_MINUTE = 1
    assert [api("get", "packages").status_code for _ in range(2)] == [200, 429]
    monkeypatch.setattr(throttling.time, "time", lambda: 1_800_000_060.0)
    assert api("get", "packages").status_code == 200


def test_each_token_person_and_address_has_a_window_of_its_own(
    api: Api, client: Client, owner: Actor, token_of: Any, settings: Any
) -> None:
    settings.API_RATE_PER_MINUTE = settings.API_ANONYMOUS_RATE_PER_MINUTE = 1
    assert api("get", "me", owner).status_code == 200
    assert api("get", "me", owner).status_code == 429
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {token_of(owner)}"}).status_code == 200
    assert owner.user is not None
    client.force_login(owner.user)
    assert client.get("/api/v1/me").status_code == 200
    assert client.get("/api/v1/me").status_code == 429
    for address in ("10.0.0.1", "10.0.0.2"):
        assert Client(REMOTE_ADDR=address).get("/api/v1/packages").status_code == 200
        assert Client(REMOTE_ADDR=address).get("/api/v1/packages").status_code == 429


def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(settings: Any, db: None) -> None:
    settings.API_ANONYMOUS_RATE_PER_MINUTE = 1

    def ask(forwarded: str) -> int:
        return Client().get("/api/v1/packages", headers={"X-Forwarded-For": forwarded}).status_code

    assert [ask("10.0.0.1"), ask("10.0.0.2")] == [200, 429], "anybody can send this header"
    settings.TRUSTED_PROXIES = 1
    assert [ask("6.6.6.6, 10.0.0.1"), ask("7.7.7.7, 10.0.0.1"), ask("10.0.0.2"), ask("not an address")] == [
        200,
        429,
        200,
        200,
    ]


def test_a_conditional_answer_tells_the_limit_too(api: Api, build_assistant: Build) -> None:
    build_assistant("helper", "rules:\n  - Be brief.\n")
    tag = api("get", "assistants/acme/helper/bundle")["ETag"]
    answer = api("get", "assistants/acme/helper/bundle", **{"If-None-Match": tag})
    assert answer.status_code == 304
    assert remaining(answer) < 1_000_000


def test_pages_elsewhere_read_what_is_public(api: Api, build_assistant: Build) -> None:
    build_assistant("helper", "rules:\n  - Be brief.\n")
    paths = (
        "packages", "packages/acme/helper", "assistants/acme/helper/bundle", "packages/acme/helper/releases/1.0.0/manifest",
        "/registry/v1/acme/helper/latest", "packages/acme/none",
    )  # fmt: skip
    for path in paths:
        answer = api("get", path, **ELSEWHERE)
        assert answer["Access-Control-Allow-Origin"] == "*", path
        assert "Access-Control-Allow-Credentials" not in answer
    shown = {name.strip() for name in answer["Access-Control-Expose-Headers"].split(",")}
    assert {"ETag", "RateLimit"} <= shown


def test_a_cookie_brings_nothing_to_pages_elsewhere(client: Client, owner: Actor) -> None:
    assert owner.user is not None
    client.force_login(owner.user)
    answer = client.get("/api/v1/me", headers=ELSEWHERE)
    assert "Access-Control-Allow-Credentials" not in answer, "so the browser keeps the answer from the page"
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_pages_elsewhere_write_nothing(client: Client, build_package: Build) -> None:
    build_package("style", "1.0.0")
    for path, method in (("packages", "POST"), ("packages/acme/style", "DELETE"), ("resolve", "POST")):
        asked = ELSEWHERE | {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type"}
        answer = client.options(f"/api/v1/{path}", headers=asked)
        allowed = {name.strip() for name in answer["Access-Control-Allow-Methods"].split(",")}
        assert allowed == {"GET", "HEAD", "OPTIONS"}


def test_pages_of_the_site_and_secrets_are_not_opened_to_others(client: Client, db: None) -> None:
    for path in ("/accounts/login/", "/ide/list-organizations", "/ide/get-assistant/acme/x", "/healthz", "/auth/scope"):
        assert "Access-Control-Allow-Origin" not in client.get(path, headers=ELSEWHERE), path
