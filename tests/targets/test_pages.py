"""The page that shows an assistant as files for clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from hub.actors import Actor
from registry.models import Package
from registry.services import packages

ODD = "rules:\n  - uses: acme/style\n  - name: Odd\n    rule: Words.\n    regex: x\n"


def test_the_page_says_what_each_client_gets_and_loses(
    client: Client, build_package: Callable[..., Package], build_assistant: Callable[..., Package]
) -> None:
    build_package("style", "1.0.0")
    build_assistant("helper", ODD)
    page = client.get("/acme/helper/clients").content.decode()
    assert ".cursor/rules/helper/odd.mdc" in page
    assert "1 severe loss" in page
    assert "nothing is lost" in page
    assert "/api/v1/assistants/acme/helper/bundle?version=1.0.0&amp;target=cursor" in page


def test_only_assistants_have_the_page(client: Client, build_package: Callable[..., Package]) -> None:
    build_package("style", "1.0.0")
    assert client.get("/acme/style/clients").status_code == 404


def test_who_may_not_read_a_part_is_told_so(
    client: Client, owner: Actor, build_package: Callable[..., Package], build_assistant: Callable[..., Package]
) -> None:
    style = build_package("style", "1.0.0")
    build_assistant("helper", ODD)
    packages.update(by=owner, package=style, visibility="private", summary="")
    page: Any = client.get("/acme/helper/clients").content.decode()
    assert "contains a package that you may not read" in page
    assert ".cursor" not in page


def test_an_assistant_without_a_release_says_so(client: Client, acme: Any, owner: Actor) -> None:
    packages.create(by=owner, namespace=acme, name="empty", kind="assistant", visibility="public")
    assert "No release to use" in client.get("/acme/empty/clients").content.decode()
