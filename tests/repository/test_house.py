"""What holds of the project as a whole, whoever adds to it."""

from __future__ import annotations

import hashlib
import inspect
import re
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

from assistants.services import fetching, forks, locks, resolving, starter
from hub.domain.slugs import RESERVED_NAMESPACES
from hub.services import accounts, audit, organizations, secrets, sign_in_links, tokens
from registry.services import packages, publications, releases
from tests.support.environment import ROOT

# Each model answers the question: may its rows be changed and deleted freely, or only through services that audit?
REFUSES_CHANGE = {"hub.AuditEvent", "registry.Release"}
CHANGED_BY_SERVICES = {
    "assistants.Bundle",
    "assistants.Lock",
    "assistants.LockEntry",
    "hub.ApiToken",
    "hub.Membership",
    "hub.Namespace",
    "hub.Organization",
    "hub.User",
    "hub.UserSecret",
    "registry.Package",
    "registry.ReleaseCoordinate",
}

READS_ONLY = {
    "fetching.explanation",
    "fetching.find",
    "fetching.find_now",
    "fetching.readable_bundle",
    "resolving.available",
    "resolving.blocks",
    "resolving.preview",
    "resolving.resolve",
    "secrets.open_box",
    "sign_in_links.find",
    "starter.items",
    "tokens.find_for_reading",
}
# They change rows through other services, or note something that nobody did on purpose.
THROUGH_OTHERS = {
    "forks.fork": "packages.create and releases.publish",
    "locks.lock_release": "runs inside releases.publish",
    "publications.publish_new": "packages.create and releases.publish",
    "starter.load": "packages.create and releases.publish",
    "tokens.find": "notes the time of last use",
}
SERVICES = (accounts, fetching, forks, locks, organizations, packages, publications, releases, resolving)
SERVICES += (secrets, sign_in_links, starter, tokens)


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


def test_every_model_says_how_it_may_be_changed() -> None:
    ours = {
        model._meta.label
        for name in ("hub", "registry", "assistants")
        for model in apps.get_app_config(name).get_models()
    }
    assert ours == REFUSES_CHANGE | CHANGED_BY_SERVICES


def public_functions(module: ModuleType) -> dict[str, Any]:
    name = module.__name__.rpartition(".")[2]
    return {
        f"{name}.{function.__name__}": function
        for function in vars(module).values()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not function.__name__.startswith("_")
    }


@pytest.mark.parametrize("service", SERVICES, ids=lambda module: module.__name__)
def test_every_service_that_changes_something_records_it_in_a_transaction(service: ModuleType) -> None:
    for name, function in public_functions(service).items():
        if name in READS_ONLY or name in THROUGH_OTHERS:
            continue
        source = inspect.getsource(function)
        assert "transaction.atomic()" in source, f"{name} opens no transaction"
        assert "audit.record(" in source or "_record(" in source, f"{name} writes no audit event"


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="outside the transaction"):
        audit.record(None, None, None)  # type: ignore[arg-type]  # it must refuse before it looks at anything


@pytest.mark.django_db
def test_the_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_vendored_files_are_what_their_checksums_say() -> None:
    folder = ROOT / "static" / "vendor"
    lines = (folder / "CHECKSUMS").read_text().splitlines()
    named = {}
    for line in lines:
        digest, name = line.split()
        named[name] = digest
    kept = {path.name for path in folder.iterdir() if path.name != "CHECKSUMS"}
    assert {name for name in kept if name.endswith(".js")} <= set(named)
    for name, digest in named.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_pages_load_nothing_from_elsewhere() -> None:
    resource = re.compile(r"""(?:src|href)\s*=\s*["'](?:https?:)?//|@import\s+(?:url\()?["']?(?:https?:)?//""")
    styles = list((ROOT / "static" / "css").rglob("*.css"))
    for path in [*(ROOT / "templates").rglob("*.html"), *styles]:
        loaded = [line for line in path.read_text().splitlines() if resource.search(line) and "<a " not in line]
        assert not loaded, f"{path.name}: {loaded}"
