"""Input that no client of Continue sends, at its addresses: always JSON, never an error of the server."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client

from registry.models import Package

type Build = Callable[..., Package]

KEYLESS = "models:\n  - {name: Local, provider: ollama, model: m, roles: [chat]}\n"
BODIES = (
    b"", b"{", b"\xff\xfe", b'{"fqsns": ["\\u0000"]}', b'{"fqsns": [{"secretName": "\\ud800", "packageSlugs": []}]}', b"[" * 100_000,
    b'{"fqsns": [' + b"[" * 9_990 + b"]" * 9_990 + b"]}", b'{"fqsns": [' + b"[" * 300 + b"]" * 300 + b"]}", b'{"fqsns": [NaN]}',
    b'{"fqsns": [{"secretName": 1e999, "packageSlugs": []}]}', b"fqsns=1",
)  # fmt: skip
ODD_QUESTIONS = (
    {"secretName": None, "packageSlugs": []}, {"secretName": {"a": 1}, "packageSlugs": {}}, {"secretName": "K", "packageSlugs": [{}]},
    {"secretName": "K", "packageSlugs": [None]}, {"secretName": "K", "packageSlugs": [{"ownerSlug": {"x": []}}]}, [], 5, True, "",
    {"secretName": "x" * 10_000, "packageSlugs": [{"ownerSlug": "y" * 10_000}]}, {"secretName": 10**300, "packageSlugs": []},
)  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:12]))
def test_a_body_that_is_no_json_is_400_with_a_message(client: Client, db: None, body: bytes) -> None:
    for content_type in ("text/plain", "application/json", "multipart/form-data"):
        answer = client.generic("POST", "/ide/sync-secrets", body, content_type=content_type)
        assert (answer.status_code, list(answer.json())) == (400, ["message"])


def test_a_body_of_five_mebibytes_is_413_with_a_message(client: Client, db: None) -> None:
    answer = client.generic(
        "POST", "/ide/sync-secrets", b'"' + b"x" * 5 * 1024 * 1024 + b'"', content_type="text/plain"
    )
    assert (answer.status_code, list(answer.json())) == (413, ["message"])


def test_a_question_that_is_none_is_answered_all_the_same(client: Client, db: None) -> None:
    body = json.dumps({"fqsns": ODD_QUESTIONS})
    answer = client.generic("POST", "/ide/sync-secrets", body.encode(), content_type="text/plain")
    assert answer.status_code == 200
    assert len(answer.json()) == len(ODD_QUESTIONS)
    assert not any(one and one["found"] for one in answer.json())


ADDRESSES = (
    "/ide/get-assistant/acme/%00", "/ide/get-assistant/%00/x", "/ide/get-assistant/acme/x%40%00", "/ide/get-assistant/acme/%FF", "/ide/get-assistant/acme/helper%40" + "9" * 400,
    "/ide/get-assistant/acme/helper%40%7C%7C%7C", "/ide/get-assistant/" + "a" * 3000 + "/b", "/ide/get-assistant/acme/@@@", "/ide/get-assistant/acme/helper@1@2",
    "/ide/list-assistants?organizationId=%00", "/ide/list-assistants?organizationId=%FF", "/registry/v1/acme/helper/%00", "/registry/v1/acme/helper/%FF",
    "/registry/v1/acme/helper@%00/latest", "/registry/v1/acme/helper/" + "x" * 3000, "/registry/v1/acme/helper/1/2/3", "/registry/v1/a/b/",
    "/v0/acme/%00/latest/download", "/v0/%ED%A0%80/x/latest/download", "/v0/acme/helper/1.0.0/download", "/ide/nothing", "/ide/get-assistant/acme", "/ide/free-trial-status",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address[:40])
def test_an_address_that_is_none_is_answered_in_json(client: Client, build_assistant: Build, address: str) -> None:
    build_assistant("helper", KEYLESS)
    answer = client.get(address)
    assert answer.status_code in (200, 400, 404)
    assert answer["Content-Type"] in ("application/json", "application/problem+json")
    body = answer.json()
    if answer.status_code == 200:
        assert body == [] or body["configResult"]["config"] is None
    else:
        assert "content" not in body


@pytest.mark.parametrize(
    "header", ["Authorization", "Range", "Accept", "If-None-Match", "Cookie", "X-Extension-Version", "Content-Type"]
)
def test_a_header_that_is_odd_never_breaks_the_answer(client: Client, build_assistant: Build, header: str) -> None:
    build_assistant("helper", KEYLESS)
    for value in (
        "",
        "x" * 5000,
        "é\xff",
        "Bearer é\xff",
        "Bearer " + "x" * 5000,
        "Bearer ahub_\u00e9",
        ",;,",
        "bytes=9-1",
    ):
        for path in ("/ide/get-assistant/acme/helper", "/ide/list-assistants", "/registry/v1/acme/helper/latest"):
            answer = client.get(path, headers={header: value})
            assert answer.status_code in (200, 401), (path, header, value)
            answer.json()


def test_another_method_is_405(client: Client, db: None) -> None:
    for path in (
        "/auth/scope",
        "/ide/get-assistant/a/b",
        "/ide/list-assistants",
        "/ide/list-organizations",
        "/registry/v1/a/b/latest",
        "/v0/a/b/latest/download",
    ):
        for method in ("POST", "PUT", "DELETE"):
            assert client.generic(method, path, b"{}", content_type="application/json").status_code == 405, (
                method,
                path,
            )
    assert client.get("/ide/sync-secrets").status_code == 405
