"""Whatever is sent, the API never answers 500. The requests are made from its own schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings

from hub.actors import Actor
from hub.wsgi import application
from registry.models import Package
from tests.support.environment import ROOT

pytestmark = pytest.mark.long

schema = schemathesis.openapi.from_dict(yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text()))
schema.app = application

# What exists, put in now and then for what is made up: otherwise nearly every answer is 404.
EXISTING = {"namespace": "acme", "version": "1.0.0"}


@pytest.fixture
def one_connection() -> Iterator[None]:
    """As Django's own test client does: a request must not close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def token(
    one_connection: None,
    build_package: Callable[..., Package],
    build_assistant: Callable[..., Package],
    owner: Actor,
    token_of: Callable[..., str],
) -> str:
    """A token of somebody who manages packages that exist."""
    build_package("style", "1.0.0", "1.1.0")
    build_assistant("helper", "rules:\n  - uses: acme/style@^1.0\n")
    return token_of(owner)


@schema.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_whatever_is_sent_the_answer_is_no_500(case: Any, token: str) -> None:
    names = {"assistants": "helper", "packages": "style"}
    existing = {**EXISTING, "name": names.get(case.path.split("/")[3], "style")}
    invented = dict(case.path_parameters or {})
    known = {name: existing.get(name, value) for name, value in invented.items()}
    # Where nothing that exists is named, both are one and the same request: to read twice shows no more than once.
    once = case.method == "GET" and known == invented
    for parameters in (invented,) if once else (invented, known):
        case.path_parameters = parameters
        for headers in ({}, {"Authorization": f"Bearer {token}"}):
            answer = case.call(headers=headers)
            assert answer.status_code < 500, f"{case.method} {case.formatted_path}: {answer.text}"
            if answer.status_code >= 400:
                assert answer.headers["content-type"][0] in ("application/problem+json", "text/html; charset=utf-8")
