"""The first five minutes of the README, as they are printed there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from assistants.management.commands.prepare import ADMIN
from assistants.services import starter
from hub.actors import Actor
from hub.models import User
from tests.repository.documents import ROOT, blocks

VARIABLE = re.compile(r"\$([A-Z]+)")


@dataclass(frozen=True)
class Call:
    """One curl command: what it sends."""

    path: str
    headers: dict[str, str]
    body: str | None


def curl_calls(token: str) -> Iterator[Call]:
    """The curl commands of the README in their order, with the variables filled in."""
    values = {"HUB": "http://hub.test", "TOKEN": token}
    text = "\n".join(blocks(ROOT / "README.md", "sh"))
    for command in re.findall(r"^curl .+?(?=^\s*$|\Z)", text, re.DOTALL | re.MULTILINE):
        words = iter(shlex.split(VARIABLE.sub(lambda match: values[match[1]], command))[1:])
        path, headers, body = "", {}, None
        for word in words:
            if word == "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            elif word == "--json":
                body = next(words)
            else:
                assert word.startswith("http://hub.test/"), word
                path = word.removeprefix("http://hub.test")
        yield Call(path, headers, body)


@pytest.fixture
def token(build_user: Callable[..., User], token_of: Callable[..., str]) -> str:
    """The token that `make up` prints: the administrator's, with the catalogue loaded."""
    administrator = Actor(build_user(ADMIN))
    starter.load(by=administrator)
    return token_of(administrator)


def test_the_first_five_minutes_work_as_printed(client: Client, token: str) -> None:
    answers: list[Any] = []
    for call in curl_calls(token):
        if call.body is None:
            answers.append(client.get(call.path, headers=call.headers))
        else:
            body = json.loads(call.body)
            answers.append(client.post(call.path, body, content_type="application/json", headers=call.headers))
    assert [answer.status_code for answer in answers] == [201, 201, 201, 201, 200]
    bundle = json.loads(answers[-1].content)
    assert bundle["assistant"]["package"] == "administrator/helper"
    assert {one["package"] for one in bundle["requirements"]} >= {"administrator/plain-errors", "starter/minimal-diff"}
    assert bundle["config"]["rules"][0]["rule"].startswith("An error message says what went wrong")
    assert bundle["secrets"] == []  # the last step of the README needs no key


def test_the_assistants_that_the_readme_names_are_in_the_catalogue() -> None:
    text = (ROOT / "README.md").read_text() + (ROOT / "docs/continue.md").read_text()
    names = {item.name for item in starter.items()}
    assert set(re.findall(r"starter/([a-z][a-z0-9-]+)", text)) <= names


def test_continue_is_told_the_version_that_is_tested() -> None:
    package = json.loads((ROOT / "tests/npm/package.json").read_text())
    version = {**package.get("dependencies", {}), **package.get("devDependencies", {})}["@continuedev/cli"]
    assert f"@continuedev/cli@{version}" in (ROOT / "README.md").read_text()
    assert f"@continuedev/cli@{version}" in (ROOT / "docs/continue.md").read_text()


def test_every_request_that_the_hub_answers_for_continue_is_documented() -> None:
    from assistants.continue_client.urls import urlpatterns

    text = (ROOT / "docs/continue.md").read_text()
    for pattern in urlpatterns:
        parts = [part for part in str(pattern.pattern).split("/") if not part.startswith("<")]
        shape = r"/(?:\{[a-z]+\}/)*".join(map(re.escape, parts))
        assert re.search(rf"`(?:GET|POST) /{shape}", text), str(pattern.pattern)


def test_the_errors_that_the_documents_quote_are_the_hubs() -> None:
    from assistants.services import fetching

    source = "".join(
        (ROOT / "assistants/continue_client" / name).read_text() for name in ("views.py", "assistants.py", "caller.py")
    )
    rows = re.findall(r"^\| ([A-Z][^|`]+?) \| .+ \|$", (ROOT / "docs/continue.md").read_text(), re.MULTILINE)
    quoted = [row for row in rows if " " in row and row not in ("What you see", "Response returned an error code")]
    assert len(quoted) == 4
    for row in quoted:
        for part in row.split(" … "):
            assert part in source or part in fetching.HIDDEN_PARTS, part
