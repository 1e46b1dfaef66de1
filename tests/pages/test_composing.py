"""The composer's page: building on an assistant, inputs that are declared, and what contradicts itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assistants.models import Lock
from hub.actors import Actor
from registry.models import Package
from registry.services import releases

type Build = Callable[..., Package]
type Visit = Callable[..., Any]

PROMPT = """\
name: Changelog
version: 1.0.0
inputs:
  BRANCH: {description: The branch to compare with., default: main, choices: [main, develop]}
  ENTRIES: {type: integer, description: How many.}
prompts:
  - name: changelog
    prompt: ${{ inputs.ENTRIES }} entries since ${{ inputs.BRANCH }}.
"""
FORM = {"namespace": "acme", "name": "helper", "visibility": "public", "version": "1.0.0"}


@pytest.fixture
def changelog(build_package: Build, owner: Actor) -> Package:
    """`acme/changelog`, a prompt that declares two inputs."""
    package = build_package("changelog", kind="prompt")
    releases.publish(by=owner, package=package, version="1.0.0", manifest=PROMPT)
    return package


def test_a_picked_blocks_inputs_are_asked_for_with_what_is_said_of_them(visit: Visit, changelog: Package) -> None:
    text = visit("owner", "/compose?add=acme/changelog").content.decode()
    assert "The branch to compare with." in text
    assert "main (default)" in text
    assert '<option value="develop" >develop</option>' in text
    assert "How many. A whole number." in " ".join(text.split())
    assert text.count(">required<") == 1


def test_what_an_input_does_not_take_is_told_and_what_it_takes_is_published(visit: Visit, changelog: Package) -> None:
    form = {**FORM, "part": ["acme/changelog"], "range": [""], "input:acme/changelog:BRANCH": "develop"}
    refused = visit("owner", "/compose", {**form, "input:acme/changelog:ENTRIES": "many", "do": "publish"})
    assert refused.status_code == 422
    assert "ENTRIES of “acme/changelog” is a whole number" in refused.content.decode()
    assert visit("owner", "/compose", {**form, "input:acme/changelog:ENTRIES": "5", "do": "publish"}).status_code == 302
    [lock] = Lock.objects.select_related("bundle")
    assert b"5 entries since develop." in bytes(lock.bundle.content)


def test_an_assistant_that_is_picked_is_built_on(visit: Visit, build_package: Build, build_assistant: Build) -> None:
    build_package("style", "1.0.0")
    build_assistant("base", "rules:\n  - uses: acme/style\n  - name: Brief\n    rule: Be brief.\n")
    form = {**FORM, "part": ["acme/base"], "range": ["^1.0.0"], "rule": ["Be kind."]}
    preview = visit("owner", "/compose", {**form, "do": "update"}).content.decode()
    assert "Builds on" in preview
    assert "by way of acme/base@1.0.0" in preview
    assert visit("owner", "/compose", {**form, "do": "publish"}).status_code == 302
    helper = Package.objects.get(name="helper")
    assert helper.releases.get().content["extends"] == ["acme/base@^1.0.0"]
    page = visit("stranger", "/acme/helper").content.decode()
    assert "Builds on" in page
    assert "by way of acme/base@1.0.0" in page


def test_what_contradicts_itself_is_shown_before_and_after_publishing(visit: Visit, build_assistant: Build) -> None:
    body = "rules:\n  - {name: A, rule: Same., globs: '*.py'}\n  - {name: A, rule: Other., globs: '*.ts'}\n"
    manifest = f"name: helper\nversion: 1.0.0\n{body}"
    preview = visit("owner", "/compose", {**FORM, "manifest": manifest, "do": "update"}).content.decode()
    build_assistant("helper", body)
    page = visit("stranger", "/acme/helper").content.decode()
    for text in (preview, page):
        assert "1 part contradicts another" in text
        assert "It applies to *.py; what was left out, to *.ts." in text


def test_a_blocks_page_says_what_it_asks_for(visit: Visit, changelog: Package, api: Callable[..., Any]) -> None:
    page = " ".join(visit("stranger", "/acme/changelog").content.decode().split())
    assert "It is missed: the assistant cannot be published." in page
    assert "<code>main</code>, <code>develop</code>" in page
    declared = api("get", "packages/acme/changelog/releases/latest").json()["declared_inputs"]
    assert [(one["name"], one["type"], one["is_required"]) for one in declared] == [
        ("BRANCH", "string", False),
        ("ENTRIES", "integer", True),
    ]
