"""`registry/v1`, `v0/…/download` and `ide/sync-secrets`: what a client composes by itself."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hub.actors import Actor
from hub.services import secrets, tokens
from registry.models import Package
from registry.services import releases
from tests.conftest import RULE

type Build = Callable[..., Package]


@pytest.fixture
def ask(client: Client, token_of: Any) -> Callable[..., Any]:
    """Asks as a client does."""

    def get(path: str, actor: Actor | None = None) -> Any:
        return client.get(path, headers={"Authorization": f"Bearer {token_of(actor)}"} if actor else {})

    return get


@pytest.fixture
def helper(build_package: Build, build_assistant: Build) -> Package:
    """acme/helper, which takes acme/style by a range."""
    build_package("style", "1.0.0", "1.2.0", "2.0.0")
    return build_assistant("helper", "# why\nrules:\n  - uses: acme/style@^1\n  - Be brief.\n")


@pytest.mark.parametrize(
    "path",
    [
        "helper/latest",
        "helper/1.0.0",
        "helper@1.0.0/latest",
        "helper%401.0.0/latest",
        "helper@latest/latest",
        "helper/%5E1",
        "HELPER/latest",
    ],
)
def test_an_assistants_text_has_exact_versions_for_a_client_without_ranges(
    ask: Any, helper: Package, path: str
) -> None:
    answer = ask(f"/registry/v1/acme/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    text = answer.json()["content"]
    assert 'uses: "acme/style@1.2.0"' in text
    assert "# why" in text
    assert "^" not in text


def test_a_blocks_text_is_what_was_published(ask: Any, helper: Package) -> None:
    for version, text in (("latest", "2.0.0"), ("1.2.0", "1.2.0"), ("%5E1", "1.2.0"), ("~1.0", "1.0.0")):
        content = ask(f"/registry/v1/acme/style/{version}").json()["content"]
        assert content == RULE.format(title="style", version=text, text=f"Text of style {text}.")


def test_variables_stay_for_the_client_to_fill_in(ask: Any, build_package: Build) -> None:
    build_package("brain", "1.0.0", kind="model")
    assert "${{ secrets.MODEL_KEY }}" in ask("/registry/v1/acme/brain/latest").json()["content"]


def test_what_is_missing_or_hidden_is_a_message_in_json_without_content(
    ask: Any, helper: Package, build_package: Build, owner: Actor, member: Actor, stranger: Actor
) -> None:
    build_package("hidden", "1.0.0", visibility="private")
    assert ask("/registry/v1/acme/hidden/latest", owner).status_code == 200
    absent = ask("/registry/v1/acme/none/latest")
    assert (absent.status_code, list(absent.json())) == (404, ["message"])
    for actor in (member, stranger, None):
        for path in (
            "hidden/latest",
            "hidden/1.0.0",
            "hidden@1.0.0/latest",
            "style/9.9.9",
            "style/^9",
            "style@9/latest",
        ):
            answer = ask(f"/registry/v1/acme/{path}", actor)
            assert (answer.status_code, answer.content) == (404, absent.content), path
    for path in ("style/nonsense", "style@v1/latest", "style/1.2.3/4"):
        answer = ask(f"/registry/v1/acme/{path}")
        assert (answer.status_code, list(answer.json())) == (400, ["message"]), path
    assert ask("/registry/v1/anthropic/claude-sonnet-4-6/1.0.0").status_code == 404


def files(answer: Any) -> dict[str, str]:
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_download_is_one_markdown_file_without_front_matter(ask: Any, build_package: Build, owner: Actor) -> None:
    build_package("style", "1.0.0")
    build_package("review", "1.0.0", kind="prompt")
    markdown = build_package("notes")
    text = "---\nname: Notes\nglobs: '*.md'\n---\n# Notes\n\nKeep them — short.\n"
    releases.publish(by=owner, package=markdown, version="1.0.0", manifest=text)
    plain = build_package("plain")
    releases.publish(
        by=owner, package=plain, version="1.0.0", manifest="name: p\nversion: 1.0.0\nrules:\n  - Just text.\n"
    )
    assert files(ask("/v0/acme/style/latest/download")) == {"style.md": "Text of style 1.0.0."}
    assert files(ask("/v0/acme/review/latest/download")) == {"review.md": "Text of review 1.0.0."}
    assert files(ask("/v0/acme/plain/latest/download")) == {"plain.md": "Just text."}
    body = files(ask("/v0/acme/notes/latest/download"))["notes.md"]
    assert "---" not in body
    assert body.strip() == "# Notes\n\nKeep them — short."
    assert ask("/v0/acme/style/latest/download").content == ask("/v0/ACME/style/latest/download").content


def test_what_cannot_be_downloaded_is_a_message_in_json(
    ask: Any, helper: Package, build_package: Build, stranger: Actor
) -> None:
    build_package("tool", "1.0.0", kind="mcp-server")
    build_package("hidden", "1.0.0", visibility="private")
    build_package("empty")
    for name in ("tool", "helper", "hidden", "empty", "none"):
        answer = ask(f"/v0/acme/{name}/latest/download", stranger)
        assert (answer.status_code, list(answer.json())) == (404, ["message"]), name


def fqsn(name: str, *slugs: str) -> dict[str, Any]:
    owners = [slug.split("/") for slug in slugs]
    return {
        "packageSlugs": [{"ownerSlug": owner, "packageSlug": package} for owner, package in owners],
        "secretName": name,
    }


@pytest.fixture
def sync(client: Client, token_of: Any) -> Callable[..., Any]:
    """Posts as IDE core does: JSON labelled as text."""

    def post(
        questions: Any, actor: Actor | None = None, content_type: str = "text/plain;charset=UTF-8", **headers: str
    ) -> Any:
        if actor is not None:
            headers["Authorization"] = f"Bearer {token_of(actor)}"
        body = json.dumps({"fqsns": questions, "orgScopeId": None})
        answer = client.post("/ide/sync-secrets", body, content_type=content_type, headers=headers)
        assert answer.status_code == 200, answer.content
        assert answer["Cache-Control"] == "no-store"
        return answer.json()

    return post


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain;charset=UTF-8",
        "application/json",
        "",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
    ],
)
def test_json_is_read_whatever_the_content_type_says(sync: Any, owner: Actor, content_type: str) -> None:
    secrets.put(by=owner, name="KEY", value="v")
    assert sync([fqsn("KEY", "acme/helper")], owner, content_type)[0]["value"] == "v"


def test_each_question_has_its_answer_in_order_with_the_name_echoed(sync: Any, owner: Actor) -> None:
    secrets.put(by=owner, name="KEY", value="v-1")
    questions = [
        fqsn("NONE", "acme/helper"),
        fqsn("KEY", "acme/helper", "other/block"),
        {"nonsense": 1},
        None,
        fqsn("KEY", "acme/helper") | {"extra": {"kept": [1.5, "é", None]}},
        fqsn("KEY", "acme/helper", "other/block"),
        "text",
        {"packageSlugs": "x", "secretName": "KEY"},
    ]
    answers = sync(questions, owner)
    assert len(answers) == len(questions)
    for question, answer in zip(questions, answers, strict=True):
        assert answer is None or answer["fqsn"] == question
    assert [answer and answer["found"] for answer in answers] == [False, True, None, None, True, True, None, None]
    assert answers[0]["secretLocation"] == {"secretType": "not_found", "secretName": "NONE"}
    assert "value" not in answers[0]
    assert answers[1]["secretLocation"] == {"secretType": "user", "userSlug": "olga", "secretName": "KEY"}
    assert answers[1]["value"] == "v-1"


def test_a_secret_goes_only_to_assistants_of_trusted_namespaces(sync: Any, owner: Actor, stranger: Actor) -> None:
    secrets.put(by=owner, name="KEY", value="v")
    found = sync(
        [
            fqsn("KEY", "acme/helper"), fqsn("KEY", "olga/own"), fqsn("KEY", "stranger/trap"), fqsn("KEY", "stranger/trap", "acme/x"),
            fqsn("KEY", "/"), fqsn("KEY", "/", "stranger/trap"), fqsn("KEY", "/", "acme/brain"), fqsn("KEY"), fqsn("KEY", "ACME/helper"),
        ],
        owner,
    )  # fmt: skip
    assert [answer["found"] for answer in found] == [True, True, False, False, True, False, True, True, True]
    secrets.put(by=owner, name="KEY", value="v", allowed_namespaces=["stranger"])
    assert sync([fqsn("KEY", "stranger/trap")], owner)[0]["found"] is True


def test_without_a_token_in_force_nothing_is_found_and_nothing_fails(sync: Any, owner: Actor) -> None:
    secrets.put(by=owner, name="KEY", value="v")
    made = tokens.create(by=owner, name="old", scopes=["read"])
    tokens.revoke(by=owner, token=made.token)
    publisher = tokens.create(by=owner, name="ci", scopes=["publish"])
    for header in ("", "Bearer undefined", "Bearer con_x", f"Bearer {made.secret}", f"Bearer {publisher.secret}"):
        answers = sync([fqsn("KEY", "acme/helper")] * 3, Authorization=header)
        assert [answer["found"] for answer in answers] == [False] * 3, header


def test_no_questions_give_an_empty_array(sync: Any, client: Client, db: None) -> None:
    assert sync([]) == []
    for body in ("{}", "[]", "5", "null", '"x"', '{"fqsns": null}', '{"fqsns": {}}'):
        answer = client.post("/ide/sync-secrets", body, content_type="text/plain")
        assert (answer.status_code, answer.json()) == (200, []), body


def test_secrets_are_asked_for_in_a_bounded_number_of_queries(
    sync: Any, owner: Actor, token_of: Any, client: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        secrets.put(by=owner, name=f"KEY_{number}", value="v")
    questions = [fqsn(f"KEY_{number % 5}", "acme/helper") for number in range(40)]
    headers = {"Authorization": f"Bearer {token_of(owner)}"}
    client.get("/auth/scope", headers=headers)
    with django_assert_max_num_queries(3):
        body = json.dumps({"fqsns": questions})
        answer = client.post("/ide/sync-secrets", body, content_type="text/plain", headers=headers)
    assert [one["found"] for one in answer.json()] == [True] * 40
