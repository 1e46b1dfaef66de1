"""The API's own description: complete, committed, and served."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from tests.repository.documents import ROOT

COMMITTED = ROOT / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def made() -> str:
    """The schema as the code has it now; any warning of its generator is an error."""
    written = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=written)
    return written.getvalue()


def test_the_committed_schema_is_the_codes(made: str) -> None:
    mend = "Run `python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml`, and tell of it in CHANGELOG.md."
    assert COMMITTED.read_text() == made, mend


def paths_of(patterns: list[URLPattern | URLResolver], prefix: str = "") -> list[str]:
    found = []
    for one in patterns:
        path = prefix + str(one.pattern)
        found += paths_of(one.url_patterns, path) if isinstance(one, URLResolver) else [path]
    return found


def test_every_address_of_the_api_is_described(made: str) -> None:
    described = {path.replace("{", "<str:").replace("}", ">").lstrip("/") for path in yaml.safe_load(made)["paths"]}
    addresses = (re.sub("<(int|path):", "<str:", path) for path in paths_of(get_resolver().url_patterns))
    served = {path for path in addresses if path.startswith("api/v1/")}
    assert described == served - {"api/v1/schema"}


def test_every_operation_has_a_name_a_sentence_and_its_parameters(made: str) -> None:
    for path, operations in yaml.safe_load(made)["paths"].items():
        for method, operation in operations.items():
            assert operation["operationId"]
            assert operation["description"], (path, method)
            assert operation["responses"]


def test_the_schema_and_its_page_are_served(client: Client, made: str) -> None:
    assert yaml.safe_load(client.get("/api/v1/schema").content) == yaml.safe_load(made)
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert b"swagger-ui" in page.content
    policy = page["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    script = client.get("/api/docs?script=")
    assert script.status_code == 200
    assert script["Content-Type"].startswith("application/javascript")


# What an assistant that stands alone has no use for is not in its bytes.
LEFT_OUT = {shape: {"extends", "overlays"} for shape in ("BundleOutput", "LockOutput")}


def test_an_answer_of_each_kind_is_as_described(
    api: Any, build_package: Any, build_assistant: Any, owner: Any, made: str
) -> None:
    build_package("style", "1.0.0")
    build_assistant("helper", "rules:\n  - uses: acme/style\n")
    shapes = yaml.safe_load(made)["components"]["schemas"]
    for path, shape in (
        ("packages", "PackagePage"),
        ("packages/acme/style", "PackageDetailOutput"),
        ("packages/acme/style/releases", "ReleasePage"),
        ("packages/acme/style/releases/1.0.0", "ReleaseDetailOutput"),
        ("assistants/acme/helper/bundle", "BundleOutput"),
        ("assistants/acme/helper/lock", "LockOutput"),
        ("me", "MeOutput"),
    ):
        answer = api("get", path, owner).json()
        assert answer.keys() == shapes[shape]["properties"].keys() - LEFT_OUT.get(shape, set()), path
