"""What holds of the project as a whole, whoever adds to it."""

from __future__ import annotations

import hashlib
import re

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

from hub.domain.slugs import RESERVED_NAMESPACES
from hub.services import audit
from tests.support.environment import ROOT


def first_segments(patterns: list[URLPattern | URLResolver], prefix: str = "") -> set[str]:
    """The first path segment of every address of the site."""
    found = set()
    for pattern in patterns:
        path = prefix + str(pattern.pattern).lstrip("^")
        if "/" in path or isinstance(pattern, URLPattern):
            found.add(path.split("/")[0])
        else:
            found |= first_segments(pattern.url_patterns, path)
    return {segment for segment in found if segment and not segment.startswith("<")}


def test_no_namespace_can_hide_an_address_of_the_site() -> None:
    taken = first_segments(get_resolver().url_patterns)
    assert {"api", "ide", "search", "settings", "registry"} <= taken
    assert {segment.rstrip("$") for segment in taken} - RESERVED_NAMESPACES == set()


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="outside the transaction"):
        audit.record(None, None, None)  # type: ignore[arg-type]  # it must refuse before it looks at anything


@pytest.mark.django_db
def test_the_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize(("folder", "ending"), [("static/vendor", ".js"), ("tests/schemas", ".json")])
def test_vendored_files_are_what_their_checksums_say(folder: str, ending: str) -> None:
    lines = (ROOT / folder / "CHECKSUMS").read_text().splitlines()
    named = {}
    for line in lines:
        digest, name = line.split()
        named[name] = digest
    kept = {path.name for path in (ROOT / folder).iterdir() if path.name != "CHECKSUMS"}
    assert {name for name in kept if name.endswith(ending)} <= set(named)
    assert any("LICENSE" in name for name in kept)
    for name, digest in named.items():
        assert hashlib.sha256((ROOT / folder / name).read_bytes()).hexdigest() == digest


def test_pages_load_nothing_from_elsewhere() -> None:
    resource = re.compile(r"""(?:src|href)\s*=\s*["'](?:https?:)?//|@import\s+(?:url\()?["']?(?:https?:)?//""")
    styles = list((ROOT / "static" / "css").rglob("*.css"))
    for path in [*(ROOT / "templates").rglob("*.html"), *styles]:
        loaded = [line for line in path.read_text().splitlines() if resource.search(line) and "<a " not in line]
        assert not loaded, f"{path.name}: {loaded}"
